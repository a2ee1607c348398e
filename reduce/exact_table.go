package reduce

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// Long slices go through a table of binned integers before they reach the limbs
// (the idea of Neal, 2015, section 4, with the split moved from the end of the sum
// into the loop, so that the table is small and never full). An entry stands for
// eight neighbouring exponents. The significand, moved up by the exponent's low
// three bits, is an integer below 2^60; negated where x is negative, its low 30
// bits and the rest, a signed number of 31 bits, are added to a pair of int64,
// which take 2^33 of them.
const (
	tableMin   = 512     // terms that make up for the table's folding
	tableMax   = 1 << 30 // elements that fit before it must be folded; two entries each
	tableSplit = 30
)

type table [2048 / 8][2]int64

// add adds the number of that representation, which is normal.
func (t *table) add(b uint64) {
	m := int64((b&(1<<52-1) | 1<<52) << (b >> 52 & 7))
	s := int64(b) >> 63
	m = (m ^ s) - s
	e := &t[b>>55&0xff]
	e[0] += m & (1<<tableSplit - 1)
	e[1] += m >> tableSplit
}

// fold adds the table to the limbs of a.
func (t *table) fold(a *Superaccumulator) {
	for i := range t {
		e := &t[i]
		if e[0]|e[1] == 0 {
			continue
		}
		// e[0] + 2^30 e[1] in 128 bits: hi is its upper half, rounded down.
		lo, carry := bits.Add64(uint64(e[0]), uint64(e[1])<<tableSplit, 0)
		hi := e[1]>>(64-tableSplit) + e[0]>>63 + int64(carry)
		if hi == int64(lo)>>63 {
			a.addInt(int64(lo), 8*i-1075)
			continue
		}
		negative := hi < 0
		if negative {
			lo, carry = bits.Sub64(0, lo, 0)
			hi = -hi - int64(carry)
		}
		a.addBits(uint64(hi), lo, 8*i-1075, negative)
	}
}

// addLong adds up to tableMax elements.
func addLong[T Float](a *Superaccumulator, x []T) {
	var t table
	others := 0
	for _, v := range x {
		b := math.Float64bits(float64(v))
		if b>>52&0x7ff-1 >= 0x7fe { // zero, subnormal, infinite or NaN
			a.Add(float64(v))
			others++
			continue
		}
		t.add(b)
	}
	a.reserve(int64(len(x) - others))
	t.fold(a)
}

// addLongProducts adds up to tableMax products. Where neither part of TwoProd can
// overflow or underflow, the two are the product; with |p| >= 2^-900, the error is
// zero or at least 2^-900-106.
func addLongProducts[T Float](a *Superaccumulator, x, y []T) {
	var t table
	others := 0
	for i, v := range x {
		v, w := float64(v), float64(y[i])
		p := v * w
		b := math.Float64bits(p)
		if b>>52&0x7ff-(1023-900) >= 2047-(1023-900) {
			a.AddProduct(v, w)
			others++
			continue
		}
		t.add(b)
		if kernel.Is64[T]() {
			if e := math.FMA(v, w, -p); e != 0 {
				t.add(math.Float64bits(e))
			}
		}
	}
	a.reserve(int64(len(x) - others))
	t.fold(a)
}
