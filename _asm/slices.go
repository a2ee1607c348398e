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

	anchor, sum        []reg
	max, left, min     reg
	zero, value, spare reg
	inTail             bool
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

// hasOne tells whether there is a register for a constant that lets the multipliers
// take over a subtraction. With four bins and 16 registers there is not.
func (k *slices) hasOne() bool { return k.bins > 0 && k.bins < 4 }

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
	k.needAbs(k.alloc())
	if k.hasOne() {
		k.needOne(k.alloc())
	}
	k.value, k.spare = k.alloc(), k.alloc()
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
	k.label("row")
	k.ifZero("i", "last")
	for off := 0; off < rowIn; off += source {
		k.fetch(k.value, at("x", off))
		if k.term == product {
			k.fetchOnto(at("y", off))
		}
		k.slice()
	}
	k.addImm("x", rowIn)
	if k.term == product {
		k.addImm("y", rowIn)
	}
	k.addImm("i", -1)
	k.jump("row")
	k.label("last")
	k.inTail = true
	k.andImm("n", lanes-1)
	k.ifZero("n", "end")
	k.shl("n", bits.Len(uint(k.w.element()))-1)
	if k.term != product {
		k.beginTail("x", "n", 0, false)
		for off := 0; off < rowIn; off += source {
			k.tail(k.value, k.spare, "x", 0, off, false)
			k.slice()
		}
		k.label("end")
		return
	}
	y := k.alloc()
	k.beginTail("x", "n", 0, false)
	k.beginTail("y", "n", rowIn, false)
	for off := 0; off < rowIn; off += source {
		k.tail(k.value, k.spare, "x", 0, off, false)
		k.tail(y, k.spare, "y", rowIn, off, false)
		k.multiply(y)
		k.slice()
	}
	k.label("end")
}

func (k *slices) fetch(r reg, m mem) {
	if k.w == wide {
		k.loadWide(r, m)
	} else {
		k.load(r, m)
	}
}

// fetchOnto multiplies the value by the factors at m.
func (k *slices) fetchOnto(m mem) {
	if k.w != wide && !k.pairs() {
		k.mulMem(k.value, k.value, m)
		return
	}
	y := k.alloc()
	k.fetch(y, m)
	k.multiply(y)
	k.free = append(k.free, y)
}

// multiply makes of the value and y the product; of a pair, e goes to y.
func (k *slices) multiply(y reg) {
	k.mul(k.spare, k.value, y)
	if !k.pairs() {
		k.value, k.spare = k.spare, k.value
		return
	}
	e := k.alloc()
	k.copy(e, k.spare)
	k.fmsub(e, k.value, y)
	k.sliceFrom(1, e)
	k.free = append(k.free, e)
	k.value, k.spare = k.spare, k.value
}

func (k *slices) slice() {
	k.abs(k.spare, k.value)
	k.maximum(k.max, k.spare)
	if !k.inTail {
		k.minimum(k.min, k.spare)
	}
	if k.mode == binned {
		k.poison(k.left, k.value, k.zero)
	}
	if k.bins > 0 {
		k.sliceFrom(0, k.value)
	}
}

// sliceFrom cuts v into slices from the given bin on.
func (k *slices) sliceFrom(bin int, v reg) {
	t := k.spare
	if k.pairs() && bin > 0 {
		t = k.alloc()
		defer func() { k.free = append(k.free, t) }()
	}
	for i := bin; i < k.bins; i++ {
		k.add(t, v, k.anchor[i])
		k.addInt(k.sum[i], t)
		if k.mode == binned && i == k.bins-1 {
			return
		}
		k.sub(t, t, k.anchor[i])
		if k.hasOne() {
			k.subFrom(v, t)
		} else {
			k.sub(v, v, t)
		}
	}
	k.or(k.left, v)
}
