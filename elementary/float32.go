package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// The functions here take a float32 as a float64 and give its function with an error
// of about 2^-50, by the shortest way, for settle to round. They share the formulas
// with the vector kernels, which use FMA and other polynomials: correct rounding
// makes the results the same.

// aboveHalf returns the float64 next above x/2, for the functions that are
// x/2 + c*x^2 with a positive c, near 0: with a subnormal result x/2 may be midway
// between two float32, and c*x^2 decides.
func aboveHalf(x float64) float64 {
	y := 0.5 * x
	switch {
	case x > 0:
		return math.Float64frombits(math.Float64bits(y) + 1)
	case x < 0:
		return math.Float64frombits(math.Float64bits(y) - 1)
	}
	return y
}

func tanh32(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-30: // keeps -0
		return x
	case a > 10: // 1 - tanh is below 2^-27
		return math.Copysign(1, x)
	case x != x:
		return x
	}
	i, p := expReduce(2*a, 0)
	s := math.Float64frombits(math.Float64bits(exp2Table[i&(expEntries-1)].h) + uint64(i>>7)<<52)
	m := (s - 1) + float64(s*p) // e^2a - 1
	return math.Copysign(m/(m+2), x)
}

func sigmoid32(x float64) float64 { return 1 / (1 + float64(exp(-x))) }

func silu32(x float64) float64 {
	if math.Abs(x) < 0x1p-40 {
		return aboveHalf(x)
	}
	x = max(x, -200) // the limit, -0, also for -Inf
	return x / (1 + float64(exp(-x)))
}

func geluTanh32(x float64) float64 {
	switch {
	case math.Abs(x) < 0x1p-40:
		return aboveHalf(x)
	case x > 20:
		return x
	case x < -20:
		return math.Copysign(0, -1)
	}
	u := float64(x * (geluB0.h + float64(geluB1.h*float64(x*x))))
	return x / (1 + float64(exp(-u)))
}

// erf32 is x*P(x^2)/Q(x^2); x^2 is exact.
func erf32(x float64) float64 {
	if math.Abs(x) > erfEnd { // 1 - erf is below 2^-25
		return math.Copysign(1, x)
	}
	u := x * x
	return x * (poly12(u, &erfNumerator) / poly12(u, &erfDenominator))
}

// gelu32 is x*(1 - z) for positive x and x*z for negative, z = Q(|x|) being
// exp(-x^2/2) times a smooth function, which is a rational one here.
func gelu32(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-40:
		return aboveHalf(x)
	case x > tailEnd:
		return x
	case x < -tailEnd:
		return math.Copysign(0, -1)
	}
	y := x * exp(float64(-0.5*float64(x*x))) * (poly12(a, &tailNumerator) / poly12(a, &tailDenominator))
	if x > 0 {
		return x - float64(y)
	}
	return y
}

func sin32(x float64) float64 { return quadrantSin32(reduceAngle32(x)) }

func cos32(x float64) float64 {
	r, n := reduceAngle32(x)
	return quadrantSin32(r, n+1)
}

// reduceAngle32 is reduceAngle to 2^-46 or so.
func reduceAngle32(x float64) (r float64, n int) {
	a := math.Abs(x)
	if a <= math.Pi/4 {
		return x, 0
	}
	if a < 0x1p20 {
		m := (float64(x*(2/math.Pi)) + rounder) - rounder
		r = (x - float64(m*halfPiHi)) - float64(m*halfPiLo)
		if math.Abs(r) > 0x1p-24*a {
			return r, int(m)
		}
	}
	s, n := reduceAngle(x)
	return s.h, n
}

// quadrantSin32 returns sin(r + n*pi/2).
func quadrantSin32(r float64, n int) float64 {
	z := r * r
	var y float64
	if n&1 == 0 && z == 0 {
		y = r // keeps -0
	} else if n&1 == 0 {
		y = r + float64(r*z*poly8(z, &sinSeries))
	} else {
		y = 1 - (float64(0.5*z) - float64(z*z*poly8(z, &cosSeries)))
	}
	if n&2 != 0 {
		return -y
	}
	return y
}

// applyFloat32 sets dst[i] to f(x[i]), settled: what the vector kernel of the function
// decides by it, and the few values that it does not one by one.
func applyFloat32(of function, dst, x []float32, f func(float64) float64) {
	for len(x) > 0 {
		n := kernel.Map(programs[of], &constants, dst, x)
		dst, x = dst[n:], x[n:]
		n = min(len(x), kernel.MapGroup)
		for i, v := range x[:n] {
			dst[i] = settle(of, v, f(float64(v)))
		}
		dst, x = dst[n:], x[n:]
	}
}
