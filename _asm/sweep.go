package main

import (
	"fmt"
	"math/bits"
)

// sweep is the microkernel of one row over columns that lie as the matrix does, row by row: it goes along eight rows, or
// four, at a time, over all columns, as memory does, and keeps the sums of a leaf in memory meanwhile. The program is that
// of micro, for n leaves; m is the columns in steps, whose rows are s bytes apart and w bytes long, as is a row
// of the stack:
//
//	for each leaf:  c = +0; for its k ascending: c = FMA(x[k], y[k*s + j], c)
//	                as often as it completes a node: c = pop() + c
//	                push(c)
//
// For 512 bytes of y, eight rows take ten loads and stores, four twelve, and sums of a few KiB stay in L1.
type sweep struct {
	target
	w    width
	rows int // at a time: as many streams
}

const (
	sweepStep  = 128  // bytes of each row
	sweepAhead = 4096 // bytes ahead in the order of the way, by which memory is prefetched
)

// sweepRows lists the rows of the kernels that there are.
var sweepRows = []int{8, 4}

func (k sweep) name() string { return fmt.Sprintf("sweep%d%v", k.rows, k.w) }

// hasSweep tells whether there is such a kernel.
func hasSweep(t target) bool { return t.suffix() != "NEON" }

func emitSweep(t target, w width) string {
	if !hasSweep(t) {
		return ""
	}
	t.setWidth(w)
	declarations := ""
	for _, rows := range sweepRows {
		k := sweep{t, w, rows}
		k.emit()
		declarations += fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, x, y *%s, s int, p *uint64, n, m, w int)\n", k.name(), t.suffix(), (&pack{w: w}).elements())
	}
	return declarations
}

func (k sweep) emit() {
	k.enter(k.name(), []string{"dst", "x", "y", "s", "p", "n", "m", "w"}, 0, 0)
	k.begin()
	k.label("leaf")
	k.leaf()
	k.loadArg("n", "n")
	k.addImm("n", -1)
	k.storeArg("n", "n")
	k.ifNotZero("n", "leaf")
	k.epilogue()
}

// log is the logarithm of the rows.
func (k sweep) log() int { return bits.Len(uint(k.rows)) - 1 }

// begin sets the pointers: q is 3s, t is to row 4 from y on; z and e are to the same rows where memory is
// prefetched, which has k steps to go in them. u is w.
func (k sweep) begin() {
	for _, of := range []string{"dst", "x", "y", "s", "p"} {
		k.loadArg(of, of)
	}
	k.loadArg("u", "w")
	k.move("q", "s")
	k.addReg("q", "s")
	k.addReg("q", "s")
	k.move("t", "y")
	k.addReg("t", "q")
	k.addReg("t", "s")
	k.move("z", "y")
	k.move("e", "t")
	k.loadArg("k", "m")
	for i := range sweepAhead / sweepStep / k.rows {
		k.askOn(fmt.Sprint("ahead", i))
	}
}

// askOn moves z to the next step, with the scalar i.
func (k sweep) askOn(label string) {
	k.addImm("z", sweepStep)
	k.addImm("e", sweepStep)
	k.countDown("k", label)
	k.loadArg("k", "s")
	k.shl("k", k.log())
	k.subReg("k", "u")
	k.addReg("z", "k")
	k.addReg("e", "k")
	k.loadArg("k", "m")
	k.label(label)
}

// leaf evaluates a leaf and pushes it.
func (k sweep) leaf() {
	k.loadScalar("c", at("p", 0))
	k.move("n", "c")
	k.shr("n", 32) // nodes
	k.shl("c", 32)
	k.shr("c", 32+k.log()) // so many rows at a time
	k.addImm("p", 8)
	k.ifZero("c", "none")
	k.several("first", true, false)
	k.addImm("c", -1)
	k.ifZero("c", "rest")
	k.label("several")
	k.move("i", "c") // the last, of a leaf that completes a node and has no other terms
	k.addImm("i", -1)
	k.ifNotZero("i", "more")
	k.ifZero("n", "more")
	k.loadScalar("i", at("p", -8))
	k.andImm("i", k.rows-1)
	k.ifNotZero("i", "more")
	k.subReg("dst", "u")
	k.several("last", false, true)
	k.addImm("n", -1)
	k.jump("joins")
	k.label("more")
	k.several("next", false, false)
	k.countDown("c", "several")
	k.jump("rest")
	k.label("none")
	k.columns("clear", func(v reg, off int) { k.zero(v) }, nil)
	k.label("rest")
	k.loadScalar("c", at("p", -8))
	k.andImm("c", k.rows-1)
	k.ifZero("c", "joins")
	k.label("one")
	k.broadcast(8, at("x", 0))
	k.addImm("x", k.w.lane())
	k.columns("row", func(v reg, off int) {
		k.load(v, at("dst", off))
		k.fmaddMem(v, 8, at("y", off))
	}, func() { k.addImm("y", sweepStep) })
	k.subReg("y", "u")
	k.addReg("y", "s")
	k.countDown("c", "one")
	k.move("t", "y")
	k.addReg("t", "q")
	k.addReg("t", "s")
	k.label("joins")
	k.ifZero("n", "push")
	k.label("join")
	k.subReg("dst", "u")
	k.columns("node", func(v reg, off int) {
		k.load(v, mem{base: "dst", off: off, index: "u", scale: 1})
		k.addMem(v, v, at("dst", off))
	}, nil)
	k.countDown("n", "join")
	k.label("push")
	k.addReg("dst", "u")
}

// several adds the terms of several rows to the sums at dst, or to +0, and with joins takes the sums from one row of the
// stack above and adds them to those at dst.
func (k sweep) several(label string, first, joins bool) {
	for r := range k.rows {
		k.broadcast(8+reg(r), at("x", r*k.w.lane()))
	}
	k.addImm("x", k.rows*k.w.lane())
	k.columns(label, func(v reg, off int) {
		switch {
		case first:
			k.zero(v)
		case joins:
			k.load(v, mem{base: "dst", off: off, index: "u", scale: 1})
		default:
			k.load(v, at("dst", off))
		}
		for r := range k.rows {
			k.fmaddMem(v, 8+reg(r), k.row("y", "t", r, off))
			if off%line == 0 {
				k.prefetch(k.row("z", "e", r, off))
			}
		}
		if joins {
			k.addMem(v, v, at("dst", off))
		}
	}, func() {
		k.addImm("y", sweepStep)
		k.addImm("t", sweepStep)
		k.askOn("asked" + label)
	})
	k.loadArg("i", "s")
	k.shl("i", k.log())
	k.subReg("i", "u")
	k.addReg("y", "i")
	k.addReg("t", "i")
}

// row is the place of row r: that of the first pointer is 0, of the second 4.
func (k sweep) row(first, fifth string, r, off int) mem {
	m := mem{base: first, off: off}
	if r >= 4 {
		m.base = fifth
	}
	switch r % 4 {
	case 1, 2:
		m.index, m.scale = "s", r%4
	case 3:
		m.index, m.scale = "q", 1
	}
	return m
}

// columns goes over all columns, for each vector of which code finds what to store at dst, off bytes from where it is,
// and comes back; it calls on after each step.
func (k sweep) columns(label string, code func(v reg, off int), on func()) {
	k.loadArg("i", "m")
	k.label(label + "s")
	for off := 0; off < sweepStep; off += k.vectorBytes() {
		v := reg(off / k.vectorBytes())
		code(v, off)
		k.store(at("dst", off), v)
	}
	k.addImm("dst", sweepStep)
	if on != nil {
		on()
	}
	k.countDown("i", label+"s")
	k.subReg("dst", "u")
}

// sweepDispatch writes the functions that call it.
func sweepDispatch(w width, targets []target) string {
	text := ""
	for _, rows := range sweepRows {
		name := sweep{w: w, rows: rows}.name()
		text += fmt.Sprintf("\nfunc %s(dst, x, y *%s, s int, p *uint64, n, m, w int) {\n", name, (&pack{w: w}).elements())
		for _, t := range targets {
			if hasSweep(t) {
				text += fmt.Sprintf("\tif active == %s {\n\t\t%s%[1]s(dst, x, y, s, p, n, m, w)\n\t\treturn\n\t}\n", t.suffix(), name)
			}
		}
		text += "\tpanic(noKernel)\n}\n"
	}
	return text
}
