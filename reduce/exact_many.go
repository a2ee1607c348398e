package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// addExact adds the exact terms to a: by blocks cut into slices, where a kernel does it
// and they are not too short, else one by one.
func addExact[T Float](a *Superaccumulator, t terms[T]) {
	if len(t.x) < cutMin {
		addOneByOne(a, t)
		return
	}
	var c cutter[T]
	r := readApart(t)
	for lo, hi, apart, ok := r.next(); ok; lo, hi, apart, ok = r.next() {
		if apart > 0 {
			r.done(c.add(a, t.slice(lo, hi), apart))
		} else {
			c.addAll(a, t.slice(lo, hi))
		}
	}
}

// addAll adds the terms by blocks.
func (c *cutter[T]) addAll(a *Superaccumulator, t terms[T]) {
	for len(t.x) >= cutMin {
		n := min(len(t.x), kernel.MaxSliced)
		if !c.add(a, t.slice(0, n), 0) {
			n = min(max(n, c.resting*kernel.MaxSliced), len(t.x))
			c.resting = max(0, c.resting-(n-1)/kernel.MaxSliced)
			addMany(a, t.slice(0, n))
		}
		t = t.slice(n, len(t.x))
	}
	addOneByOne(a, t)
}

func addOneByOne[T Float](a *Superaccumulator, t terms[T]) {
	for i := range t.x {
		addTerm(a, t, i)
	}
}

// addTerm adds the i-th term.
func addTerm[T Float](a *Superaccumulator, t terms[T], i int) {
	if t.y == nil {
		a.Add(float64(t.x[i]))
	} else {
		a.AddProduct(float64(t.x[i]), float64(t.y[i]))
	}
}

// addMany adds terms by digits, in blocks of as many as these hold; one by one where a block
// is refused.
func addMany[T Float](a *Superaccumulator, t terms[T]) {
	var d kernel.Digits
	for len(t.x) > 0 {
		n := min(len(t.x), kernel.MaxDigits[T](t.kind()))
		block := t.slice(0, n)
		if _, ok := kernel.SumDigits(&d, t.kind(), block.x, block.y); ok {
			a.reserve(int64(n))
			a.aside[negZero] += block.negZeros()
			a.addDigits(&d)
		} else {
			addOneByOne(a, block)
		}
		t = t.slice(n, len(t.x))
	}
}

// negZeros returns how many of the terms, which are finite, are -0, not for being too small.
func (t terms[T]) negZeros() int64 {
	n := int64(0)
	for i, x := range t.x {
		if t.y == nil {
			if x == 0 && math.Signbit(float64(x)) {
				n++
			}
		} else if y := t.y[i]; (x == 0 || y == 0) && math.Signbit(float64(x)) != math.Signbit(float64(y)) {
			n++
		}
	}
	return n
}
