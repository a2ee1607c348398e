package reduce

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// Round returns the correctly rounded value of the sum: round to nearest, ties to
// even, subnormals and overflow included, rounded once. It panics if a is nil.
func Round[T Float](a *Superaccumulator) T {
	if a == nil {
		panic("reduce: nil rounded: want an exact sum")
	}
	if v, ok := a.specialValue(); ok {
		return kernel.Canonical(T(v))
	}
	a.carry()
	if a.hi == 0 {
		if a.count > 0 && a.count == a.aside[negZero] {
			return T(math.Copysign(0, -1))
		}
		return 0
	}
	word, e := leading(a.limb[:], a.lo, a.hi)
	return roundWord[T](word, e, a.limb[a.hi-1] < 0)
}

// specialValue returns the result that infinities and NaN force.
func (a *Superaccumulator) specialValue() (float64, bool) {
	switch {
	case a.aside[nan] > 0 || a.aside[posInf] > 0 && a.aside[negInf] > 0:
		return kernel.NaN[float64](), true
	case a.aside[posInf] > 0:
		return math.Inf(1), true
	case a.aside[negInf] > 0:
		return math.Inf(-1), true
	}
	return 0, false
}

// leading returns the magnitude of a number of digits from lo to hi-1, all of one sign and the
// first and the last not zero, as word * 2^e with bit 63 of word set, the digits below
// rounded to odd into its last bit.
func leading(digits []int64, lo, hi int) (word uint64, e int) {
	digit := func(i int) uint64 {
		if i < lo {
			return 0
		}
		d := digits[i]
		return uint64(max(d, -d))
	}
	top := hi - 1
	d2 := digit(top - 2)
	high := digit(top)<<limbBits | digit(top-1)
	n := uint(bits.LeadingZeros64(high)) // below 32: the top digit is not zero
	word = high<<n | d2>>(limbBits-n)
	// The lowest digit is not zero either.
	if d2<<(limbBits+n) != 0 || lo < top-2 {
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
	v := float64(m)
	if e += drop; e == -1074 && m < 1<<53 {
		v = math.Float64frombits(m) // of subnormal numbers, which processors multiply by microcode
	} else if -1022 <= e && e <= 1023 && m > 0 {
		v *= math.Float64frombits(uint64(e+1023) << 52) // what Ldexp does, faster
	} else {
		v = math.Ldexp(v, min(e, 2000))
	} // exact in T, or an infinity
	if negative {
		v = -v
	}
	return T(v)
}

// roundLeading rounds a number to T.
func roundLeading[T Float](s kernel.Leading) T {
	hi, lo, negative := uint64(s.Hi), s.Lo, s.Hi < 0
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	e := s.Exponent
	if hi == 0 {
		if lo == 0 {
			return 0
		}
		n := bits.LeadingZeros64(lo)
		return roundWord[T](lo<<n, e-n, negative)
	}
	n := bits.LeadingZeros64(hi)
	word := hi<<n | lo>>1>>(63-n)
	if lo<<n != 0 {
		word |= 1
	}
	return roundWord[T](word, e+64-n, negative)
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
