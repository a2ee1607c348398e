package kernel

import "math"

// TwoSum returns h = RN(a+b) and the e with h + e = a + b exactly, unless h
// overflows or, of a less than two last places of the largest number and b that number, h - a
// does, which leaves a NaN. Six operations, no branch, any magnitudes (Knuth, TAOCP 2, 4.2.2,
// theorem B). Ties round to even, as in every addition: this is not IEEE
// 754-2019 augmentedAddition, which rounds them toward zero.
func TwoSum[T Float](a, b T) (h, e T) {
	h = a + b
	bb := h - a
	e = (a - (h - bb)) + (b - bb)
	return h, e
}

// TwoProd returns p = RN(a*b) and e = RN(a*b - p), with p + e = a*b exactly unless
// p overflows or e underflows (Ogita, Rump and Oishi, 2005, algorithm 3.5; Ogita's
// name TwoProductFMA).
//
// For float32, a*b is exact in float64, and so is a*b - p: both are multiples of
// the last place of a*b, and |a*b - p| <= |a*b|. Rounding that difference to
// float32 is what the fused form does. Where p is infinite, so are both forms.
func TwoProd[T Float](a, b T) (p, e T) {
	if Is64[T]() {
		p = T(a * b)
		return p, T(math.FMA(float64(a), float64(b), -float64(p)))
	}
	d := float64(a) * float64(b)
	p = T(d)
	return p, T(d - float64(p))
}
