package kernel

import (
	"math"
	"unsafe"
)

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

// MaxCertain is the number of terms that SumCertain takes.
const MaxCertain = 128

// SumCertain returns the sum of 1 to MaxCertain terms of float64, Plain or RoundedProduct: Rounded once, in v, and the same if
// it is changed by up to spread times the largest magnitude, spread being 2^-40 at most. NotRounded: that is not certain. It
// has Refused where there is no kernel, where a term is not finite, and where the largest is below 2^-701.
//
// The terms are split at q = 2^(E-45), the largest being less than 2^E: their nearest multiples of q are summed exactly, and what these leave, at
// most q/2, plainly, and in SumFew the errors of exact products, at most 2^-53 2^E = q/2^8, but not those of products of q/2 or less: so, with u = 2^-53 and n = 128,
// n u q/2 is lost. The sum of magnitudes of the others is at most A = n (1/2 + 2^-8) q < 65 q; it passes 37 additions at most (up to 32 in a
// lane, and 5 that join them), which lose less than 1.01 * 37 u A; and to add the bound to t, and to take it away, another u (A + 2^12 u q). All that is less than
// 2^12 u q = 2^-86 2^E. (An error of less than 2^-1074 may be lost besides: nothing beside that.)
func SumCertain[T Float](of Terms, x, y []T, spread float64) (v T, state int) {
	if active < AVX2 || !Is64[T]() || len(x) > MaxCertain {
		return 0, Refused
	}
	p, q := (*float64)(unsafe.Pointer(unsafe.SliceData(x))), (*float64)(unsafe.Pointer(unsafe.SliceData(y)))
	scale := 2*spread + 0x1p-85 // of 2^(E-1)
	var f float64
	switch {
	case active == AVX2 && of == Plain:
		f, state = certainSumF64AVX2(p, q, len(x), scale)
	case active == AVX2:
		f, state = certainDotRoundedF64AVX2(p, q, len(x), scale)
	case of == Plain:
		f, state = certainSumF64AVX512(p, q, len(x), scale)
	default:
		f, state = certainDotRoundedF64AVX512(p, q, len(x), scale)
	}
	return T(f), state
}
