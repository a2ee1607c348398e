package kernel

import "unsafe"

// A window is a number in fixed point that holds sums of few numbers with exponents near to each
// other: two or three words of 56 bits, signed, so that up to 128 numbers leave no carry to take. The
// significand of a number with the biased exponent e, m < 2^53, is moved down by d = top - e, 0 <= d <= limit:
//
//	word 0 has the unit 2^(top-1075), word k that of word k-1 times 2^-56
//
// and no bits are below the last word. With two words the limit is 56, and more by the zeros that all
// m end in: 29 of float32, 5 of their products. Exact products of float64 are two numbers, the rounded
// product and its error, the last bit of which is 106 below the first of the product or higher: with three words
// the limit is 56 as well. The error is less than the last bit of the other, so that both together add no
// more to a word than one number may.
const (
	MaxFew     = 128
	fewInThree = 16
	wordBits   = 56
	// With a top of less, a number that is 0 or subnormal would be in the window, or the error of
	// a product be no number; with more, what is not finite.
	leastTop = 300
	mostTop  = 2046
)

// What SumFew says of its results.
const (
	fewRounded = iota
	fewNotRounded
	fewRefused
)

// SumFew returns the exact sum of 1 to MaxFew terms, which are Plain or Product: rounded once, in
// v; or if ready is false, in s, or instead a number that rounds as it does, 0 only for 0. It returns ok = false where
// terms are not finite, or rounded would not be, where there is no kernel, and where exponents are not near to each other, unless wide is asked for.
func SumFew[T Float](of Terms, x, y []T, wide bool) (v T, s Leading, ready, ok bool) {
	if active != AVX512 {
		return 0, s, false, false
	}
	words, limit := fewWindow[T](of, len(x))
	top, digits := 0, 0
	if e := pivot(of, x, y) + limit/2; leastTop <= e && e <= mostTop && (of == Product || !far(x, e, limit)) {
		top = e
	}
	if wide {
		digits = 1
	}
	p, q := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	var state int
	var f float64
	if Is64[T]() {
		f, s.Hi, s.Lo, s.Exponent, state = fewF64(of, words, (*float64)(p), (*float64)(q), len(x), top, limit, digits)
	} else {
		f, s.Hi, s.Lo, s.Exponent, state = fewWide(of, words, (*float32)(p), (*float32)(q), len(x), top, limit, digits)
	}
	return T(f), s, state == fewRounded, state != fewRefused
}

// fewWindow returns the number of words of a window, and its limit. Few numbers are worth a third.
func fewWindow[T Float](of Terms, n int) (words, limit int) {
	switch {
	case Is64[T]() && of == Product:
		return 3, wordBits
	case Is64[T]() && n <= fewInThree:
		return 3, 2 * wordBits
	case Is64[T]():
		return 2, wordBits
	case of == Product:
		return 2, wordBits + 5
	}
	return 2, wordBits + 29
}

// far tells whether the second term is obviously not in the window.
func far[T Float](x []T, top, limit int) bool {
	if len(x) < 2 || x[1] == 0 {
		return false
	}
	e := int(Bits(float64(x[1])) >> 52 & 0x7ff)
	return uint(top-e) > uint(limit)
}

// pivot returns the biased exponent, in float64, of the first of a few terms that is not 0; 0 if there is none.
func pivot[T Float](of Terms, x, y []T) int {
	for i, v := range x[:min(len(x), 8)] {
		p := float64(v)
		if of == Product {
			p *= float64(y[i])
		}
		if p != 0 {
			return int(Bits(p) >> 52 & 0x7ff)
		}
	}
	return 0
}
