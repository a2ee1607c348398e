package main

import (
	"fmt"
	"math/bits"
)

// mode says what slices are for.
type mode int

const (
	exact  mode = iota // nothing may be left: what is, is reported
	binned             // what the last bin leaves is dropped
)

// slices is the program that cuts the terms of a block into slices. With the
// anchors M[k] = 1.5 * 2^(p-1) * q[k], p being the precision, for every term
//
//	for k ascending: t = x + M[k]; sum[k] += bits of t; x = x - (t - M[k])
//
// t is M[k] plus the multiple of q[k] nearest to x, as long as |x| <= 2^(p-2) q[k], and
// both subtractions are exact. The integers sum[k], less as often the bits of M[k],
// are the sums of the slices in units of q[k].
//
// It writes to dst, at strides of 64 bytes, the vectors of sum[k]; then max |x|; then
// what was left (exact: the or of the last x, which is zero if all slices are whole, and
// not if a term is not finite; binned: NaN if a term is not finite, else 0); then
// min |x| over whole rows. Products of float64 in exact mode are exact pairs p + e, of
// which p is x and e, smaller by 2^-53 than the largest p, needs no first slice.
type slices struct {
	target
	w    width
	term term
	mode mode
	bins int
	free []reg

	anchor, sum    []reg
	max, left, min reg
	zero           reg
}

func emitSlices(t target, w width, of term, m mode, bins int) string {
	k := &slices{target: t, w: w, term: of, mode: m, bins: bins}
	t.setWidth(w)
	for r := t.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	k.emit()
	return k.declaration()
}

func (k *slices) name() string {
	m := [...]string{"exact", "binned"}[k.mode]
	return fmt.Sprintf("%s%s%vx%d", m, k.term, k.w, k.bins)
}

func (k *slices) declaration() string {
	lanes, elements := (&tree{w: k.w}).types()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst *%s, x, y *%s, n int, anchors *%s)\n", k.name(), k.suffix(), lanes, elements, lanes)
}

func (k *slices) alloc() reg {
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

// pairs tells whether the terms are exact products of float64.
func (k *slices) pairs() bool { return k.w == f64 && k.term == product && k.mode == exact }

// slot is the place of the i-th vector of the result.
func slot(i int) mem { return at("dst", 64*i) }

func (k *slices) emit() {
	k.prologue(k.name(), []string{"dst", "x", "y", "n", "anchors"}, 0, 2*rowIn)
	for i := range k.bins {
		k.anchor = append(k.anchor, k.alloc())
		k.sum = append(k.sum, k.alloc())
		k.broadcast(k.anchor[i], at("anchors", i*k.w.lane()))
		k.target.zero(k.sum[i])
	}
	k.max, k.left = k.alloc(), k.alloc()
	k.target.zero(k.max)
	k.target.zero(k.left)
	if k.mode == binned {
		k.zero = k.alloc()
		k.target.zero(k.zero)
	}
	k.min = k.alloc()
	k.broadcast(k.min, at("anchors", k.bins*k.w.lane()))
	k.rows()
	for i, r := range k.sum {
		k.store(slot(i), r)
	}
	k.store(slot(k.bins), k.max)
	k.store(slot(k.bins+1), k.left)
	k.store(slot(k.bins+2), k.min)
	k.epilogue()
}

func (k *slices) rows() {
	lanes := rowIn / k.w.element()
	laneBits := bits.Len(uint(lanes)) - 1
	source := k.vectorBytes() * k.w.element() / k.w.lane()
	k.move("i", "n")
	k.shr("i", laneBits)
	k.ifZero("i", "last")
	k.label("row")
	k.wholeRow(source)
	k.addImm("x", rowIn)
	if k.term == product {
		k.addImm("y", rowIn)
	}
	k.countDown("i", "row")
	k.label("last")
	k.andImm("n", lanes-1)
	k.ifZero("n", "end")
	k.shl("n", bits.Len(uint(k.w.element()))-1)
	k.beginTail("x", "n", 0, false)
	if k.term == product {
		k.beginTail("y", "n", rowIn, false)
	}
	for off := 0; off < rowIn; off += source {
		k.lastVector(off)
	}
	k.label("end")
}

// wholeRow cuts the vectors of a row, as many side by side as there are registers for.
func (k *slices) wholeRow(source int) {
	each := 2
	if k.pairs() || k.w == wide && k.term == product {
		each = 3
	}
	abreast := min(len(k.free)/each, rowIn/source, 4)
	for off := 0; off < rowIn; {
		all := k.free
		var streams [][]string
		for i := 0; i < abreast && off < rowIn; i++ {
			k.free = append([]reg(nil), all[i*each:(i+1)*each]...)
			streams = append(streams, k.capture(func() { k.vector(off) }))
			off += source
		}
		k.free = all
		k.play(streams...)
	}
}

// vector cuts the terms in the vector at off of x (and y).
func (k *slices) vector(off int) {
	v, t := k.alloc(), k.alloc()
	k.fetch(v, at("x", off))
	switch {
	case k.pairs():
		e := k.alloc()
		k.mulMem(t, v, at("y", off))
		k.copy(e, t)
		k.fmsubMem(e, v, at("y", off))
		k.sliceFrom(1, e, v)
		v, t = t, v
	case k.term == product && k.w == wide:
		k.fetch(t, at("y", off))
		k.mul(v, v, t)
	case k.term == product:
		k.mulMem(v, v, at("y", off))
	}
	k.slice(v, t, true)
}

// lastVector cuts the terms in the vector of the ragged row whose bytes begin at off.
func (k *slices) lastVector(off int) {
	all := k.free
	v, t := k.alloc(), k.alloc()
	k.tail(v, t, "x", 0, off, false)
	if k.term == product {
		y := k.alloc()
		k.tail(y, t, "y", rowIn, off, false)
		k.mul(t, v, y)
		if k.pairs() {
			e := k.alloc()
			k.copy(e, t)
			k.fmsub(e, v, y)
			k.sliceFrom(1, e, v)
		}
		v, t = t, v
	}
	k.slice(v, t, false)
	k.free = all
}

func (k *slices) fetch(r reg, m mem) {
	if k.w == wide {
		k.loadWide(r, m)
	} else {
		k.load(r, m)
	}
}

// slice looks at the terms v and cuts them. A row that is filled up with zeros has no
// say in the minimum.
func (k *slices) slice(v, t reg, whole bool) {
	k.abs(t, v)
	k.maximum(k.max, t)
	if whole {
		k.minimum(k.min, t)
	}
	if k.mode == binned {
		k.poison(k.left, v, k.zero)
	}
	if k.bins > 0 {
		k.sliceFrom(0, v, t)
	}
}

// sliceFrom cuts v into slices from the given bin on, with the help of t.
func (k *slices) sliceFrom(bin int, v, t reg) {
	for i := bin; i < k.bins; i++ {
		k.add(t, v, k.anchor[i])
		k.addInt(k.sum[i], t)
		if k.mode == binned && i == k.bins-1 {
			return
		}
		k.sub(t, t, k.anchor[i])
		k.subFrom(v, t)
	}
	k.or(k.left, v)
}
