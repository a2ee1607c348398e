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
		return kernel.NaN[float64]()
	}
	m := expLessOne(2 * a)
	return math.Copysign(m/(m+2), x)
}

func expm1of32(x float64) float64 {
	if !(math.Abs(x) > 0x1p-30 && x < 90) {
		switch {
		case x >= 90:
			return math.Inf(1)
		case x != x:
			return kernel.NaN[float64]()
		}
		return x // keeps -0
	}
	return expLessOne(max(x, -40))
}

// exp32 is exp by a shorter series.
func exp32(x float64) float64 {
	if !(math.Abs(x) < 708) {
		return expEdge(x)
	}
	i, r := expReduce(x)
	row := &exp2Table[i&(expEntries-1)]
	s := timesPow2(row.h, i>>7)
	return s + float64(s*expPoly(r, row.l))
}

// expLessOne returns e^x - 1.
func expLessOne(x float64) float64 {
	i, r := expReduce(x)
	row := &exp2Table[i&(expEntries-1)]
	s := timesPow2(row.h, i>>7)
	return (s - 1) + float64(s*expPoly(r, row.l))
}

// sigmoid32 is 1/2 + x/4 - x^3/48 + x^5/480 near 0, where 1/2 + x/4 may be a midpoint
// and the next term, too small for a float64 to hold beside it, decides.
func sigmoid32(x float64) float64 {
	if math.Abs(x) < 0x1p-8 {
		s := fastTwoSum(0.5, float64(0.25*x))
		return toOdd(s.h, s.l-float64(x*float64(x*x)*(1.0/48-float64(x*x*(1.0/480)))))
	}
	return 1 / (1 + float64(exp32(-x)))
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
	case x != x:
		return kernel.NaN[float64]()
	}
	return x / (1 + float64(exp32(-x)))
}

func geluTanh32(x float64) float64 {
	switch {
	case math.Abs(x) < 0x1p-40:
		return aboveHalf(x)
	case x > 20:
		return x
	case x < -20:
		return math.Copysign(0, -1)
	case x != x:
		return kernel.NaN[float64]()
	}
	u := float64(x * (geluB0.h + float64(geluB1.h*float64(x*x))))
	return x / (1 + float64(exp32(-u)))
}

// erf32 is x*P(x^2)/Q(x^2); x^2 is exact.
func erf32(x float64) float64 {
	if !(math.Abs(x) <= erfEnd) { // 1 - erf is below 2^-25
		if x != x {
			return kernel.NaN[float64]()
		}
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
		return kernel.NaN[float64]()
	}
	row, middle := tailRow(a)
	d := a - middle
	t := row.h + float64(d*(row.slope+float64(d*poly12(d, &row.c))))
	i, r := expReduce(float64(-0.5 * float64(x*x)))
	power := &exp2Table[i&(expEntries-1)]
	s, p := timesPow2(power.h, i>>7), expPoly(r, power.l)
	return float64(0.5*(x+a)) - float64(a*float64(t*(s+float64(s*p))))
}

// sin32 takes n half turns off: x = r + n*pi.
func sin32(x float64) float64 {
	t := float64(x*(1/math.Pi)) + rounder
	r, ok := lessQuarters(x, 2*(t-rounder))
	if !ok {
		return sin(x)
	}
	return alternate(sine32(r), math.Float64bits(t))
}

// cos32 takes n + 1/2 half turns off, and is -sin r, or sin r where n is odd.
func cos32(x float64) float64 {
	t := (float64(x*(1/math.Pi)) - 0.5) + rounder
	r, ok := lessQuarters(x, 2*(t-rounder)+1)
	if !ok {
		return cos(x)
	}
	return alternate(sine32(r), math.Float64bits(t)+1)
}

// lessQuarters returns r = x - m*pi/2, if |x| is so small and r so large that
// this way errs by less than 2^-54 of it.
func lessQuarters(x, m float64) (r float64, ok bool) {
	r = (x - float64(m*halfPiHi)) - float64(m*halfPiLo)
	a := math.Abs(x)
	return r, a < 0x1p20 && math.Abs(r) >= 0x1p-24*a
}

// sine32 returns sin r for |r| <= pi/2; it keeps -0.
func sine32(r float64) float64 {
	z := r * r
	return r * (1 + float64(z*poly8(z, &sineSeries)))
}

// alternate returns y, or -y for odd n.
func alternate(y float64, n uint64) float64 {
	return math.Float64frombits(math.Float64bits(y) ^ n<<63)
}

// log32 is log without sums: the leading part is exact, or 0 near 1.
func log32(x float64) float64 {
	if !(x > 0 && x <= math.MaxFloat64) {
		return logEdge(x, log)
	}
	h, l, n := logParts(x)
	return (float64(n*ln2Grid) + h) + (l + float64(n*ln2GridLo))
}

func log2of32(x float64) float64 {
	if !(x > 0 && x <= math.MaxFloat64) {
		return logEdge(x, log)
	}
	h, l, n := logParts(x)
	return n + float64((h+l)*invLn2.h)
}

func log1p32(x float64) float64 {
	if math.Abs(x) < 0x1p-10 {
		return x + float64(x*x*log1pSeries32(x))
	}
	u := 1 + x // exact below 2^52
	if !(u > 0 && u <= math.MaxFloat64) {
		return logEdge(u, log)
	}
	h, l, n := logParts(u)
	return (float64(n*ln2Grid) + h) + (l + float64(n*ln2GridLo))
}

// logParts returns log x, for positive normal x, as h + l + n*ln 2. Adding logRounder
// rounds to a multiple of 1/128.
func logParts(x float64) (h, l, n float64) {
	m, e := normalise(x)
	t := m + logRounder
	row := &logTable[math.Float64bits(t)&255-logFirst]
	z := float64((m - (t - logRounder)) * row.inverse)
	return row.h, z + (float64(z*z*log1pSeries32(z)) + row.l), float64(e)
}

const logRounder = rounder / 128

// log1pSeries32 is log1pSeries but for its last term, at most 2^-54 of z.
func log1pSeries32(z float64) float64 {
	w := z * z
	p := (-0.5 + float64(z*(1.0/3))) + float64(w*(-0.25+float64(z*0.2)))
	return p + float64(w*w*((-1.0/6)+float64(z*(1.0/7))))
}

// cbrt32 takes one step of Halley's and the series of (1 - r)^(-1/3), with
// r = 1 - y^3/|x| below 2^-12.
func cbrt32(x float64) float64 {
	a := math.Abs(x)
	if !(a > 0 && a <= math.MaxFloat64) {
		if x != x {
			return kernel.NaN[float64]()
		}
		return x
	}
	y := math.Float64frombits(math.Float64bits(a)/3 + 0x2a9f789000000000)
	c := float64(y * y * y)
	y = float64(y * ((c + float64(2*a)) / (float64(2*c) + a)))
	r := (a - float64(y*y*y)) / a
	p := 1.0/3 + float64(r*(2.0/9+float64(r*(14.0/81+float64(r*(35.0/243))))))
	return math.Copysign(y+float64(y*float64(r*p)), x)
}

func rsqrt32(x float64) float64 {
	if !(x >= 0) {
		return kernel.NaN[float64]()
	}
	return 1 / math.Sqrt(x)
}
