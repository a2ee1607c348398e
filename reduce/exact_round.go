package reduce

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// Round returns the correctly rounded value of the sum: round to nearest, ties to
// even, subnormals and overflow included, rounded once.
func Round[T Float](a *Superaccumulator) T {
	if v, ok := a.specialValue(); ok {
		return kernel.Canonical(T(v))
	}
	a.carry()
	magnitude, negative := a.magnitude()
	top := limbCount - 1
	for top >= 0 && magnitude[top] == 0 {
		top--
	}
	if top < 0 {
		if a.count > 0 && !a.notNeg0 {
			return T(math.Copysign(0, -1))
		}
		return 0
	}
	word, e := leading(magnitude, top)
	return roundWord[T](word, e, negative)
}

// specialValue returns the result that infinities and NaN force.
func (a *Superaccumulator) specialValue() (float64, bool) {
	switch {
	case a.special == 0:
		return 0, false
	case a.special == posInf:
		return math.Inf(1), true
	case a.special == negInf:
		return math.Inf(-1), true
	}
	return kernel.NaN[float64](), true
}

// magnitude returns the digits of |a|, which is in canonical form, and its sign.
func (a *Superaccumulator) magnitude() (digits [limbCount]uint64, negative bool) {
	negative = a.limb[limbCount-1] < 0
	borrow := int64(0)
	for i, d := range a.limb {
		if negative {
			d = borrow - d
			borrow = d >> limbBits
			if i < limbCount-1 {
				d &= limbMask
			}
		}
		digits[i] = uint64(d)
	}
	return digits, negative
}

// leading returns the number as word * 2^e with bit 63 of word set, the digits
// below rounded to odd into its last bit.
func leading(digits [limbCount]uint64, top int) (word uint64, e int) {
	at := func(i int) uint64 {
		if i < 0 {
			return 0
		}
		return digits[i]
	}
	d0, d1, d2 := at(top), at(top-1), at(top-2)
	// d0 is below 2^32 (the headroom keeps the top limb small) and not zero.
	hi := d0<<limbBits | d1
	n := uint(bits.LeadingZeros64(hi))
	word = hi << n
	rest := uint64(0)
	if n > 0 {
		// n < 32: the low n bits come from the top of d2.
		word |= d2 >> (limbBits - n)
		rest = d2 << (64 - limbBits + n)
	} else {
		rest = d2
	}
	for i := top - 3; i >= 0; i-- {
		rest |= digits[i]
	}
	if rest != 0 {
		word |= 1
	}
	return word, exponent0 + limbBits*(top-1) - int(n)
}

// roundWord rounds ±word * 2^e to T. Bit 63 of word is set.
func roundWord[T Float](word uint64, e int, negative bool) T {
	precision, minExponent, maxExponent := 24, -149, 128
	if kernel.Is64[T]() {
		precision, minExponent, maxExponent = 53, -1074, 1024
	}
	drop := max(64-precision, minExponent-e) // bits below the last place of the result
	if drop > 64 {
		drop = 65 // less than half of the smallest subnormal
	}
	var m uint64
	if drop < 64 {
		m = word >> drop
	}
	m += roundUp(word, uint(drop), m)
	if bits.Len64(m)+e+drop > maxExponent {
		m, e, drop = 1, 2*maxExponent, 0 // overflow
	}
	v := math.Ldexp(float64(m), min(e+drop, 2000)) // exact in T, or an infinity
	if negative {
		v = -v
	}
	return T(v)
}

// roundUp returns 1 if word, cut after its upper 64-drop bits to m, is nearer to
// m+1 or halfway and m is odd.
func roundUp(word uint64, drop uint, m uint64) uint64 {
	if drop > 64 {
		return 0
	}
	half := uint64(1) << (drop - 1)
	rest := word & (half<<1 - 1) // all of word for drop 64
	if rest > half || rest == half && m&1 == 1 {
		return 1
	}
	return 0
}
