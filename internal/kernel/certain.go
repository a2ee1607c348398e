package kernel

import "math"

// RoundCertain returns what all numbers no further than the bound from s + t round to, if
// it is one finite number and not zero. Rounding is monotone; what the two additions of the
// ends lose is added to the bound: of t + bound, and of the sum with s where that is
// rounded again, to float32.
func RoundCertain[T Float](s, t, bound float64) (T, bool) {
	s, t = TwoSum(s, t)
	bound = float64(bound*(1+0x1p-50)) + float64(math.Abs(t)*0x1p-52)
	if !Is64[T]() {
		bound += float64(math.Abs(s) * 0x1p-52)
	}
	lower, upper := T(s+(t-bound)), T(s+(t+bound))
	return lower, lower == upper && lower != 0 && IsFinite(lower)
}
