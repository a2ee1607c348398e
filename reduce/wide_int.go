package reduce

import "math/bits"

// int128 is a two's complement of 128 bits.
type int128 struct {
	lo uint64
	hi int64
}

// add adds v.
func (a *int128) add(v int64) { a.addLong(int128{uint64(v), v >> 63}) }

// addLong adds b.
func (a *int128) addLong(b int128) {
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, b.lo, 0)
	a.hi += b.hi + int64(carry)
}

// within tells whether |a| <= n * 2^shift, for n from 0 and shift below 64.
func (a int128) within(n int64, shift uint) bool {
	if a.hi < 0 {
		var borrow uint64
		a.lo, borrow = bits.Sub64(0, a.lo, 0)
		a.hi = -a.hi - int64(borrow) // the least of all becomes a high word above all
	}
	hi, lo := uint64(n)>>(64-shift), uint64(n)<<shift
	return uint64(a.hi) < hi || uint64(a.hi) == hi && a.lo <= lo
}

// int256 is a two's complement of 256 bits, the lowest word first.
type int256 [4]uint64

// shift multiplies by 2^n, n below 64.
func (a *int256) shift(n uint) {
	for i := 3; i > 0; i-- {
		a[i] = a[i]<<n | a[i-1]>>(64-n)
	}
	a[0] <<= n
}

// add adds b.
func (a *int256) add(b int128) {
	sign := uint64(b.hi >> 63)
	var carry uint64
	for i, w := range [4]uint64{b.lo, uint64(b.hi), sign, sign} {
		a[i], carry = bits.Add64(a[i], w, carry)
	}
}

// leading returns |a| as word * 2^e with bit 63 of word set, the bits below rounded to
// odd into its last bit, and the sign; or a word of 0 for zero.
func (a int256) leading() (word uint64, e int, negative bool) {
	if negative = int64(a[3]) < 0; negative {
		borrow := uint64(0)
		for i, w := range a {
			a[i], borrow = bits.Sub64(0, w, borrow)
		}
	}
	top := 3
	for top > 0 && a[top] == 0 {
		top--
	}
	if a[top] == 0 {
		return 0, 0, false
	}
	n := uint(bits.LeadingZeros64(a[top]))
	word, e = a[top]<<n, 64*top-int(n)
	rest := uint64(0)
	for i, w := range a[:top] {
		if i == top-1 {
			word |= w >> 1 >> (63 - n)
			w <<= n
		}
		rest |= w
	}
	if rest != 0 {
		word |= 1
	}
	return word, e, negative
}
