package main

import (
	"fmt"
	"strings"
)

// fold is what a compensated microkernel does with a term.
type fold int

const (
	pairFold fold = iota // adds the exact product to a pair
	kahanFold
	neumaierFold
)

func (f fold) String() string { return [...]string{"Pairs", "Kahan", "Neumaier"}[f] }

var folds = []fold{pairFold, kahanFold, neumaierFold}

// compensated is a microkernel, as micro is, whose elements are two numbers each: a sum h
// and a correction l. A value on the stack is a tile of h and then one of l. With a and b
// the factors of a term, p = RN(a*b) and e the error of the sum h + p:
//
//	pairs:     q = a*b - p;  h = h + p;  l = (l + q) + e     a node: h = h1 + h2;  l = (l1 + l2) + e
//	neumaier:                h = h + p;  l = l + e
//	kahan:     y = p - l;    t = h + y;  l = (t - h) - y;  h = t
//
// The two folds have no nodes: their programs are one leaf.
type compensated struct {
	target
	w             width
	fold          fold
	rows, columns int // columns in vectors
	h, l          [][]reg
	b             []reg
	a             reg
	free          []reg
}

// tile returns the shape of the tile: its numbers and the factors of a term leave four
// registers or more for what a step needs. Steps are long, so loads do not count.
func (k *compensated) tile() (rows, columns int) {
	switch k.registers() {
	case 16:
		return 2, 2 // 8 registers, and 3
	case 32:
		return 6, 2 // 24, and 3
	}
	return 3, 3 // 18 of NEON's, and 4
}

func emitCompensated(t target, w width, of fold) string {
	k := &compensated{target: t, w: w, fold: of}
	t.setWidth(w)
	k.rows, k.columns = k.tile()
	for r := t.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	k.emit()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, x, y *%s, p *uint64, n int)\n", k.name(), k.suffix(), k.elements())
}

func (k *compensated) name() string { return fmt.Sprintf("micro%v%v", k.fold, k.w) }

func (k *compensated) elements() string {
	_, elements := (&tree{w: k.w}).types()
	return elements
}

func (k *compensated) alloc() reg {
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

func (k *compensated) allocTile() (tile [][]reg) {
	for range k.rows {
		var row []reg
		for range k.columns {
			row = append(row, k.alloc())
		}
		tile = append(tile, row)
	}
	return tile
}

// rowBytes is a row of a tile, tileBytes a tile.
func (k *compensated) rowBytes() int  { return k.columns * k.vectorBytes() }
func (k *compensated) tileBytes() int { return k.rows * k.rowBytes() }

func (k *compensated) emit() {
	k.prologue(k.name(), []string{"dst", "x", "y", "p", "n"}, 0, 0)
	k.h, k.l = k.allocTile(), k.allocTile()
	for range k.columns {
		k.b = append(k.b, k.alloc())
	}
	k.a = k.alloc()
	k.label("leaf")
	k.each(func(h, l reg, _ int) {
		k.zero(h)
		k.zero(l)
	})
	nextLeaf(k.target)
	k.ifZero("i", "joins")
	k.label("term")
	k.term()
	k.countDown("i", "term")
	k.label("joins")
	if k.fold == pairFold {
		k.ifZero("c", "push")
		k.label("join")
		k.addImm("dst", -2*k.tileBytes())
		k.each(k.join)
		k.countDown("c", "join")
	}
	k.label("push")
	k.each(func(h, l reg, off int) {
		k.store(at("dst", off), h)
		k.store(at("dst", k.tileBytes()+off), l)
	})
	k.addImm("dst", 2*k.tileBytes())
	k.countDown("n", "leaf")
	k.epilogue()
}

// each runs code for every element, off being its place in a tile.
func (k *compensated) each(code func(h, l reg, off int)) {
	for r := range k.rows {
		for c := range k.columns {
			code(k.h[r][c], k.l[r][c], r*k.rowBytes()+c*k.vectorBytes())
		}
	}
}

// term takes the next term of all elements.
func (k *compensated) term() {
	for c, b := range k.b {
		k.load(b, at("y", c*k.vectorBytes()))
	}
	for r := range k.rows {
		k.broadcast(k.a, at("x", r*k.w.lane()))
		for c, b := range k.b {
			k.step(k.h[r][c], k.l[r][c], b)
		}
	}
	k.addImm("x", k.rows*k.w.lane())
	k.addImm("y", k.rowBytes())
}

// step takes the product of a and b.
func (k *compensated) step(h, l, b reg) {
	p, q := k.free[0], k.free[1]
	k.mul(p, k.a, b)
	switch k.fold {
	case pairFold:
		k.copy(q, p)
		k.fmsub(q, k.a, b)
		k.add(l, l, q)
		k.addTo(h, p)
		k.add(l, l, p)
	case neumaierFold:
		k.addTo(h, p)
		k.add(l, l, p)
	case kahanFold:
		k.sub(p, p, l)
		k.add(q, h, p)
		k.sub(l, q, h)
		k.sub(l, l, p)
		k.copy(h, q)
	}
}

// join adds the node that waits on the stack.
func (k *compensated) join(h, l reg, off int) {
	p := k.free[0]
	k.load(p, at("dst", off))
	k.addMem(l, l, at("dst", k.tileBytes()+off))
	k.addTo(h, p)
	k.add(l, l, p)
}

// addTo sets h = h + p, and p to the error, by TwoSum. (Sorting the two by VRANGE, for a
// sum of three operations, is slower: that instruction runs on one port alone.)
func (k *compensated) addTo(h, p reg) {
	t, u := k.free[2], k.free[3]
	k.add(t, h, p)
	k.sub(u, t, h)
	k.sub(p, p, u)
	k.sub(u, t, u)
	k.sub(h, h, u)
	k.add(p, h, p)
	k.copy(h, t)
}

// compensatedDispatch writes the function that calls the compensated microkernel.
func compensatedDispatch(text *strings.Builder, w width, backends []string) {
	k := compensated{w: w}
	fmt.Fprintf(text, "\nfunc fold%v(of Fold, stack, a, b *%s, program *uint64, leaves int) {\n", w, k.elements())
	for _, backend := range backends {
		fmt.Fprintf(text, "\tif active == %s {\n\t\tswitch of {\n", backend)
		for _, k.fold = range folds {
			fmt.Fprintf(text, "\t\tcase %sFold:\n\t\t\t%s%s(stack, a, b, program, leaves)\n\t\t\treturn\n", k.fold, k.name(), backend)
		}
		fmt.Fprintf(text, "\t\t}\n\t}\n")
	}
	fmt.Fprintf(text, "\tpanic(noKernel)\n}\n")
}
