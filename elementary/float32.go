package elementary

import "math"

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

// sigmoid32 is 1/2 + x/4 - x^3/48 + x^5/480 near 0, where 1/2 + x/4 may be a midpoint
// and the next term, too small for a float64 to hold beside it, decides.
func sigmoid32(x float64) float64 {
	if math.Abs(x) < 0x1p-8 {
		s := fastTwoSum(0.5, float64(0.25*x))
		return toOdd(s.h, s.l-float64(x*float64(x*x)*(1.0/48-float64(x*x*(1.0/480)))))
	}
	return 1 / (1 + float64(exp(-x)))
}

// toOdd returns the positive h + l rounded to odd: where it is not a float64, the
// neighbour whose last bit is 1. That rounds correctly to any shorter format.
func toOdd(h, l float64) float64 {
	s := fastTwoSum(h, l)
	b := math.Float64bits(s.h)
	if s.l == 0 || b&1 != 0 {
		return s.h
	}
	if s.l > 0 {
		return math.Float64frombits(b + 1)
	}
	return math.Float64frombits(b - 1)
}

func silu32(x float64) float64 {
	switch a := math.Abs(x); {
	case a < 0x1p-40:
		return aboveHalf(x)
	case x < -150: // the limit, also for -Inf
		return math.Copysign(0, -1)
	}
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

// gelu32 is max(x, 0) - |x|*Q(|x|), Q being exp(-x^2/2) times the function that
// scaledTail evaluates.
func gelu32(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-40:
		return aboveHalf(x)
	case x > tailEnd:
		return x
	case x < -tailEnd:
		return math.Copysign(0, -1)
	case x != x:
		return x
	}
	t := scaledTail(sum{a, 0})
	z := float64(exp(float64(-0.5*float64(x*x)))) * t.h
	return float64(0.5*(x+a)) - float64(a*z)
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

// quadrantSin32 returns sin(r + n*pi/2). Both series are evaluated and one is chosen
// without a branch, which a processor could not predict.
func quadrantSin32(r float64, n int) float64 {
	z := r * r
	s := math.Float64bits(r * (1 + float64(z*poly8(z, &sinSeries)))) // keeps -0
	c := math.Float64bits(1 - (float64(0.5*z) - float64(z*z*poly8(z, &cosSeries))))
	odd, minus := uint64(n&1), uint64(n&2)
	return math.Float64frombits(s ^ (s^c)&-odd ^ minus<<62)
}

// log32 is log without sums: the leading part is exact, or 0 near 1.
func log32(x float64) float64 {
	if !(x > 0 && x <= math.MaxFloat64) {
		return logEdge(x, log)
	}
	m, e := normalise(x)
	h, l := logParts(m)
	n := float64(e)
	return (float64(n*ln2Grid) + h) + (l + float64(n*ln2GridLo))
}

func log2of32(x float64) float64 {
	if !(x > 0 && x <= math.MaxFloat64) {
		return logEdge(x, log)
	}
	m, e := normalise(x)
	h, l := logParts(m)
	return float64(e) + float64((h+l)*invLn2.h)
}

func log1p32(x float64) float64 {
	if math.Abs(x) < 0x1p-10 {
		return x + float64(x*x*log1pSeries(x))
	}
	return log32(1 + x) // the sum is exact below 2^52
}

// logParts returns log m as h + l, for m as normalise returns it.
func logParts(m float64) (h, l float64) {
	i := int(float64(m*128) + 0.5)
	row := &logTable[i-logFirst]
	z := float64((m - float64(float64(i)*(1.0/128))) * row.inverse)
	return row.h, z + (float64(z*z*log1pSeries(z)) + row.l)
}

// cbrt32 takes one step of Halley's and the series of (1 - r)^(-1/3), with
// r = 1 - y^3/|x| below 2^-12.
func cbrt32(x float64) float64 {
	a := math.Abs(x)
	if x == 0 || a > math.MaxFloat64 || x != x {
		return x
	}
	y := math.Float64frombits(math.Float64bits(a)/3 + 0x2a9f789000000000)
	c := float64(y * y * y)
	y = float64(y * ((c + float64(2*a)) / (float64(2*c) + a)))
	r := (a - float64(y*y*y)) / a
	p := 1.0/3 + float64(r*(2.0/9+float64(r*(14.0/81+float64(r*(35.0/243))))))
	return math.Copysign(y+float64(y*float64(r*p)), x)
}

func rsqrt32(x float64) float64 { return 1 / math.Sqrt(x) }
