package main

import (
	"fmt"
	"math/bits"
)

// plainLoop is the program that kernels are measured against: it adds n >= 1 terms up in
// whatever order is fastest, with eight vectors of running sums; or, as load, it only
// reads them, which is the floor of any sum. Products are fused with their additions.
type plainLoop struct {
	target
	w    width
	term term
	load bool
}

const unrolled = 8

func (k *plainLoop) name() string {
	if k.load {
		return fmt.Sprintf("load%s%v", [...]string{plain: "", product: "Both"}[k.term], k.w)
	}
	return fmt.Sprintf("plain%s%v", k.term, k.w)
}

func emitPlain(t target, w width, of term, load bool) string {
	k := &plainLoop{t, w, of, load}
	t.setWidth(w)
	k.emit()
	lanes, elements := (&tree{w: w}).types()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(x, y *%s, n int) (ret %s)\n", k.name(), k.suffix(), elements, lanes)
}

func (k *plainLoop) emit() {
	vector := k.vectorBytes()
	k.prologue(k.name(), []string{"x", "y", "n"}, k.w.lane(), 2*rowIn)
	for r := range unrolled {
		k.zero(reg(r))
	}
	value, other, spare := reg(unrolled), reg(unrolled+1), reg(unrolled+2)
	element := bits.Len(uint(k.w.element())) - 1
	k.move("i", "n")
	k.shr("i", bits.Len(uint(unrolled*vector))-1-element)
	k.ifZero("i", "vectors")
	k.label("loop")
	for r := range unrolled {
		k.term1(reg(r), value, r*vector)
	}
	k.advance(unrolled * vector)
	k.countDown("i", "loop")
	k.label("vectors")
	k.move("i", "n")
	k.shr("i", bits.Len(uint(vector))-1-element)
	k.andImm("i", unrolled-1)
	k.ifZero("i", "last")
	k.label("vector")
	k.term1(0, value, 0)
	k.advance(vector)
	k.countDown("i", "vector")
	k.label("last")
	k.andImm("n", vector/k.w.element()-1)
	k.ifZero("n", "join")
	k.shl("n", element)
	k.beginTail("x", "n", 0, false)
	if k.term == product {
		k.beginTail("y", "n", rowIn, false)
	}
	k.tail(value, spare, "x", 0, 0, false)
	if k.term == product {
		k.tail(other, spare, "y", rowIn, 0, false)
		k.mul(value, value, other)
	}
	k.add(1, 1, value)
	k.label("join")
	for step := unrolled / 2; step > 0; step /= 2 {
		for r := range step {
			k.add(reg(r), reg(r), reg(r+step))
		}
	}
	k.across()
	k.result("ret", 24, 0)
	k.epilogue()
}

func (k *plainLoop) advance(by int) {
	k.addImm("x", by)
	if k.term == product {
		k.addImm("y", by)
	}
}

// term1 adds the terms at off to register r.
func (k *plainLoop) term1(r, value reg, off int) {
	switch {
	case k.load:
		k.target.load(value, at("x", off))
		if k.term == product {
			k.target.load(value, at("y", off))
		}
	case k.term == product:
		k.target.load(value, at("x", off))
		k.fmaddMem(r, value, at("y", off))
	default:
		k.addMem(r, r, at("x", off))
	}
}

// across adds up the lanes of register 0, half to half.
func (k *plainLoop) across() {
	for bytes := k.vectorBytes(); bytes > k.w.lane(); bytes /= 2 {
		k.upper(1, 0, bytes)
		k.add(0, 0, 1)
	}
}
