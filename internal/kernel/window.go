package kernel

import (
	"math/bits"
	"unsafe"
)

// The portable windows hold the sum of float64 numbers, or of products, as one integer, of two words or three, if all exponents are
// from top down to top-63. Terms that are 0 are in any window. The words have no carries to wait for, and nothing to be cleared or
// searched: for exponents near to each other they take half of the time of chunks, of few terms a third.
//
// A number of the biased exponent e, m < 2^53, is moved up by 63-d, d = top-e, in units of 2^(top-63-1075): less than 2^116, so that as many
// terms as there may be in a slice of 2^11 are less than 2^127. A product has m < 2^106 and units of 2^(top-63-2150), and three words.
// m has the sign of its term: words of a negative one are those of the complement.

const (
	fractionMask = 1<<52 - 1
	hiddenBit    = 1 << 52
	exponentMask = 0x7ff // of an infinity or NaN; and the mask of exponents
)

// words returns the numbers' representations.
func words(x []float64) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// windowAbout returns the exponent below which a window about the first number has no terms. It returns false if that is that of subnormal numbers, or
// if it is obvious that numbers are beyond.
func windowAbout(x []uint64) (bottom uint64, ok bool) {
	bottom = x[0]>>52&exponentMask - 32
	return bottom, bottom-1 < exponentMask-65 && !beyond(x[len(x)-1], bottom) && !beyond(x[len(x)/2], bottom)
}

// beyond tells whether a number is not in the window.
func beyond(b, bottom uint64) bool { return b>>52&exponentMask-bottom >= 64 && b<<1 != 0 }

// windowNumbers sums numbers of exponents from bottom on, which is 1 or more. It returns false if one is beyond the window, or not finite.
func windowNumbers(x []uint64, bottom uint64) (s Leading, ok bool) {
	hi, lo := uint64(0), uint64(0)
	for _, b := range x {
		if up := b>>52&exponentMask - bottom; up < 64 {
			sign := uint64(int64(b) >> 63)
			m := (b&fractionMask | hiddenBit ^ sign) - sign
			var carry uint64
			lo, carry = bits.Add64(lo, m<<(up&63), 0)
			hi, _ = bits.Add64(hi, uint64(int64(m)>>1>>(^up&63)), carry)
		} else if b<<1 != 0 {
			return s, false
		}
	}
	return Leading{int64(hi), lo, int(bottom) - 1075}, true
}

// windowLow sums numbers in the window of the least. It returns false if one is beyond.
func windowLow(x []uint64) (s Leading, ok bool) {
	hi, lo, low := int64(0), uint64(0), int64(0) // low of subnormal numbers
	for _, b := range x {
		e, m, sign := b>>52&exponentMask, int64(b&fractionMask), int64(b)>>63
		if e == 0 {
			low += (m ^ sign) - sign
		} else if e < 64 {
			m = (m | hiddenBit ^ sign) - sign
			var carry uint64
			lo, carry = bits.Add64(lo, uint64(m)<<((e-1)&63), 0)
			hi += m>>1>>((64-e)&63) + int64(carry)
		} else {
			return s, false
		}
	}
	hi, lo = add128(hi, lo, low)
	return Leading{hi, lo, -1074}, true
}

// windowProducts sums products in a window about the first. It returns false if one is beyond, or a factor is not finite.
func windowProducts(x, y []uint64) (s Leading, ok bool) {
	y = y[:len(x)]
	top := max(x[0]>>52&exponentMask, 1) + max(y[0]>>52&exponentMask, 1) + 31
	var w0, w1, w2 uint64
	for i, b := range x {
		c := y[i]
		e, f := b>>52&exponentMask, c>>52&exponentMask
		d := top - (e + f)
		m, n := b&fractionMask|hiddenBit, c&fractionMask|hiddenBit
		if d >= 64 || e-1 >= exponentMask-1 || f-1 >= exponentMask-1 {
			if e == exponentMask || f == exponentMask {
				return s, false
			}
			if b<<1 == 0 || c<<1 == 0 {
				continue
			}
			if e == 0 { // subnormal: no hidden bit, and the exponent 1
				m -= hiddenBit
				d--
			}
			if f == 0 {
				n -= hiddenBit
				d--
			}
			if d >= 64 {
				return s, false
			}
		}
		sign := uint64(int64(b^c) >> 63)
		hi, lo := bits.Mul64(m, n)
		up := ^d & 63
		var carry uint64
		w0, carry = bits.Add64(w0, lo<<up^sign, sign&1)
		w1, carry = bits.Add64(w1, hi<<up|lo>>1>>(d&63)^sign, carry)
		w2, _ = bits.Add64(w2, hi>>1>>(d&63)^sign, carry)
	}
	exponent := int(top) - 63 - 2150
	if int64(w2) == int64(w1)>>63 {
		return Leading{int64(w1), w0, exponent}, true
	}
	if w0 != 0 {
		w1 |= 1 // rounded to odd
	}
	return Leading{int64(w2), w1, exponent + 64}, true
}
