package reduce

import (
	"math"
	"math/bits"

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
	r := readCut(t)
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

// addMany adds terms by entries, if they are products of float64, or by digits, in blocks of as many as these hold; one by one where a
// block is refused.
func addMany[T Float](a *Superaccumulator, t terms[T]) {
	if t.y != nil && kernel.Is64[T]() {
		t = t.slice(addByEntries(a, kernel.Cast[terms[float64]](t)), len(t.x))
	}
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

// addByEntries adds products by entries, in blocks of as many as these hold, and returns how many it has added: all before a block that is
// refused.
func addByEntries(a *Superaccumulator, t terms[float64]) (added int) {
	var e kernel.Entries
	for added < len(t.x) {
		block := t.slice(added, min(len(t.x), added+kernel.MaxEntries))
		marks, zeros, ok := kernel.SumEntries(&e, block.x, block.y)
		if !ok {
			break
		}
		a.reserve(int64(len(block.x)))
		if zeros {
			a.aside[negZero] += block.negZeros()
		}
		a.addEntries(&e, marks)
		added += len(block.x)
	}
	return added
}

// addEntries adds the entries that are marked. It counts no term.
func (a *Superaccumulator) addEntries(e *kernel.Entries, marks uint64) {
	for ; marks != 0; marks &= marks - 1 {
		i := bits.TrailingZeros64(marks)
		for lane, v := range e[i] {
			if v != 0 {
				a.addInt(v, 64*i+kernel.EntryLane*lane+kernel.EntriesExponent)
			}
		}
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
