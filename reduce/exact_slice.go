package reduce

import (
	"math"

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
	tableMin   = 512     // elements that make up for the table's folding
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
		if e := &t[i]; e[0]|e[1] != 0 {
			a.addInt(e[0], 8*i-1075)
			a.addInt(e[1], 8*i-1075+tableSplit)
		}
	}
}

// addExact adds the exact terms to a: by blocks cut into slices, where a kernel does it,
// else by the table, and what is short one by one.
func addExact[T Float](a *Superaccumulator, t terms[T]) {
	var c cutter[T]
	for len(t.x) >= cutMin {
		n := min(len(t.x), kernel.MaxSliced)
		if !c.add(a, t.slice(0, n)) {
			n = min(max(n, c.resting*kernel.MaxSliced), len(t.x), tableMax)
			addByTable(a, t.slice(0, n))
			c.resting = max(0, c.resting-(n-1)/kernel.MaxSliced)
		}
		t = t.slice(n, len(t.x))
	}
	addOneByOne(a, t)
}

// addByTable adds terms by the table where they are many.
func addByTable[T Float](a *Superaccumulator, t terms[T]) {
	switch {
	case len(t.x) < tableMin:
		addOneByOne(a, t)
	case t.y == nil:
		addLong(a, t.x)
	default:
		addLongProducts(a, t.x, t.y)
	}
}

func addOneByOne[T Float](a *Superaccumulator, t terms[T]) {
	for i, x := range t.x {
		if t.y == nil {
			a.Add(float64(x))
		} else {
			a.AddProduct(float64(x), float64(t.y[i]))
		}
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
