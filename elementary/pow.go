package elementary

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// Pow returns x^y, correctly rounded, with the special values of IEEE 754's pow:
// Pow(x, 0) and Pow(1, y) are 1, also where the other is NaN; a negative x needs an
// integer y, or gives NaN; zeros and infinities of x keep their sign where y is an odd
// integer.
//
// There are too many pairs to run them all. The proof is by steps whose errors are
// bounded. In float64, log x is a sum with a relative error below 2^-60 (see log), so
// the exponent, at most 104 where the result is neither 0 nor infinite, errs by less
// than 2^-53, and the result by less than 2^-51 of itself. Where that does not decide
// the rounding, for one pair in 2^23, the result is a midpoint exactly, which exactPow
// finds, or it is evaluated again, to 128 bits and more until they decide: they must,
// as the true value is no midpoint.
//
// Cost: a logarithm and an exponential.
func Pow(x, y float32) float32 {
	if r, ok := powSpecial(x, y); ok {
		return r
	}
	a := math.Abs(float64(x))
	r := powMagnitude(a, float64(y))
	if x < 0 && isOdd(float64(y)) {
		return -r
	}
	return r
}

// PowSlice sets dst[i] = Pow(x[i], y[i]). dst may be x or y, and all three must have
// one length.
func PowSlice(dst, x, y []float32) {
	checkSlices("Pow", dst, x)
	checkSlices("Pow", dst, y)
	for i, v := range x {
		dst[i] = Pow(v, y[i])
	}
}

// isOdd tells whether the float32 y is an odd integer.
func isOdd(y float64) bool {
	return math.Abs(y) < 1<<24 && y == math.Trunc(y) && int64(y)&1 != 0
}

func powSpecial(x, y float32) (r float32, ok bool) {
	a, v := math.Abs(float64(x)), float64(y)
	switch {
	case x == 1 || y == 0:
		return 1, true
	case x != x || y != y:
		return kernel.NaN[float32](), true
	case math.IsInf(v, 0):
		if a == 1 {
			return 1, true
		}
		if (a > 1) == (v > 0) {
			return y * y, true // +Inf
		}
		return 0, true
	case a == 0 || a > math.MaxFloat64:
		r = 0
		if (a == 0) != (v > 0) {
			r = float32(math.Inf(1))
		}
		if isOdd(v) {
			r = float32(math.Copysign(float64(r), float64(x)))
		}
		return r, true
	case x < 0 && v != math.Trunc(v):
		return kernel.NaN[float32](), true
	}
	return 0, false
}

// powMagnitude is x^y for finite positive x.
func powMagnitude(x, y float64) float32 {
	m, e := normalise(x)
	s := withExponent(logSum(m, 0), e)
	p := times(y, fastTwoSum(s.h, s.l))
	switch { // far beyond the largest float32, or below half the least
	case p.h > 89:
		return float32(math.Inf(1))
	case p.h < -105:
		return 0
	}
	g, k := expSum(fastTwoSum(p.h, p.l))
	c := pow2(k)
	z := float64(g.h*c) + float64(g.l*c)
	if !nearMidpoint(z, 16) {
		return float32(z)
	}
	if r, ok := exactPow(x, y); ok {
		return float32(r)
	}
	return bigPow(x, y)
}

// nearMidpoint tells whether the positive z, a finite float64 or a little beyond the
// largest float32, is within so many ulps of the midpoint of two float32. Below 2^-126
// those lie where they do from there to 2^-125.
func nearMidpoint(z float64, ulps uint64) bool {
	if z < 0x1p-126 {
		z += 0x1p-126
	}
	return (math.Float64bits(z)+ulps-1<<28)&(1<<29-1) < 2*ulps
}

// exactPow returns x^y where it is a number of at most 25 bits, as a midpoint is; it
// must lie within the range of float32, or near. With x = m*2^e and m odd, m^y must be
// an integer of so few bits; where y is no integer, x must be a square as often as y
// can be doubled until it is.
func exactPow(x, y float64) (r float64, ok bool) {
	b := math.Float64bits(x)
	m, e := b&(1<<52-1)|1<<52, int(b>>52)-1075
	z := bits.TrailingZeros64(m)
	m, e = m>>z, e+z
	for y != math.Trunc(y) {
		root := uint64(math.Sqrt(float64(m))) // m is below 2^24
		if e&1 != 0 || root*root != m {
			return 0, false
		}
		m, e, y = root, e/2, 2*y
	}
	if m != 1 && (y < 0 || y > 16) { // 3^17 has 27 bits
		return 0, false
	}
	power := uint64(1)
	if m != 1 {
		for range int(y) {
			power *= m
			if power >= 1<<25 {
				return 0, false
			}
		}
	}
	return math.Ldexp(float64(power), e*int(y)), true
}
