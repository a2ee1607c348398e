package main

import (
	"fmt"
	"math/bits"
)

// beside is the microkernel of eight rows over columns that lie as across says: the lanes of a vector are rows, and
// each factor of a column is taken from where it lies for all of them, so that nothing is transposed. It goes along a few columns
// at a time, to their end, as many as have sums enough to hide the latency of an FMA. The program is that of micro, for n
// leaves, and for m times so many columns, each of whose stacks begins beside the one before; x[k*8 + r] is the factor of term k of
// row r, and a column's sums of all rows lie together: those of column c at dst[c*8]. Columns are s bytes apart, and from the end of
// some to the next is j bytes.
//
// Memory is prefetched into L2 some lines ahead in the order of the way, w lines to a column: v bytes are from the last to the
// first of the next columns; and into L1 one line ahead.
//
// For a line of a column there are as many FMAs as a line has lanes, each with a load of a lane, and for all columns as many
// loads of vectors: two FMAs and two loads of 32 bytes a cycle are 128 cycles a KiB of columns of float32 and 18 of loads.
type beside struct {
	target
	w width
}

const (
	besideRows  = 8
	besideSums  = 8  // vectors
	besideAhead = 16 // lines of each column
)

// hasBeside tells whether there is such a kernel.
func hasBeside(t target) bool { return t.suffix() != "NEON" }

// vector is the bytes of a vector in use, parts how many of them all rows fill, columns how many columns are gone along abreast.
func (k beside) vector() int  { return min(k.vectorBytes(), besideRows*k.w.lane()) }
func (k beside) parts() int   { return besideRows * k.w.lane() / k.vector() }
func (k beside) columns() int { return besideSums / k.parts() }

// step is the terms of a line, rowBytes the factors of a term, pitch a tile of the stack.
func (k beside) step() int     { return line / k.w.lane() }
func (k beside) rowBytes() int { return besideRows * k.w.lane() }
func (k beside) pitch() int {
	_, columns := tile(k.target)
	return besideRows * columns * k.vectorBytes()
}

func emitBeside(t target, w width) string {
	if !hasBeside(t) {
		return ""
	}
	t.setWidth(w)
	k := beside{t, w}
	k.enter(fmt.Sprintf("beside%v", w), []string{"dst", "x", "y", "s", "p", "n", "m", "j", "w", "v"}, 0, 0)
	k.halve(k.vector() < k.vectorBytes())
	k.begin()
	k.label("columns")
	for _, of := range []string{"dst", "x", "p", "n"} {
		k.loadArg(of, of)
	}
	k.label("leaf")
	k.leaf()
	k.countDown("n", "leaf")
	k.turn()
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc beside%v%s(dst, x, y *%s, s int, p *uint64, n, m, j, w, v int)\n", w, t.suffix(), (&pack{w: w}).elements())
}

// begin sets the pointers: u is to the column 3 after that of y, and so is e after z, where memory is prefetched: k lines to go in its
// columns.
func (k beside) begin() {
	for _, of := range []string{"y", "s"} {
		k.loadArg(of, of)
	}
	k.loadArg("t", "v")
	k.loadArg("k", "w")
	k.move("q", "s")
	k.addReg("q", "s")
	k.addReg("q", "s")
	k.move("u", "y")
	k.addReg("u", "q")
	k.move("z", "y")
	k.move("e", "u")
	k.moveImm("i", besideAhead)
	k.label("ahead")
	k.askOn("aheadOn")
	k.countDown("i", "ahead")
}

// askOn moves z to the next line.
func (k beside) askOn(label string) {
	k.addImm("z", line)
	k.addImm("e", line)
	k.countDown("k", label)
	k.addReg("z", "t")
	k.addReg("e", "t")
	k.loadArg("k", "w")
	k.label(label)
}

// turn moves on to the next columns.
func (k beside) turn() {
	k.loadArg("c", "j")
	k.addReg("y", "c")
	k.addReg("u", "c")
	k.loadArg("c", "dst")
	k.addImm("c", k.columns()*k.rowBytes())
	k.storeArg("dst", "c")
	k.loadArg("c", "m")
	k.addImm("c", -1)
	k.storeArg("m", "c")
	k.ifNotZero("c", "columns")
}

// leaf evaluates a leaf and pushes it.
func (k beside) leaf() {
	k.each(func(acc reg, _ mem) { k.zero(acc) })
	k.loadScalar("i", at("p", 0))
	k.shl("i", 32)
	k.shr("i", 32+bits.Len(uint(k.step()))-1)
	k.ifZero("i", "few")
	k.label("line")
	k.line()
	k.countDown("i", "line")
	k.label("few")
	k.loadScalar("i", at("p", 0))
	k.andImm("i", k.step()-1)
	k.ifZero("i", "joins")
	k.label("term")
	k.terms(1, func(int) {})
	k.countDown("i", "term")
	k.label("joins")
	k.loadScalar("c", at("p", 0))
	k.addImm("p", 8)
	k.shr("c", 32)
	k.ifZero("c", "push")
	k.label("join")
	k.addImm("dst", -k.pitch())
	k.each(func(acc reg, m mem) { k.addMem(acc, acc, m) })
	k.countDown("c", "join")
	k.label("push")
	k.each(func(acc reg, m mem) { k.store(m, acc) })
	k.addImm("dst", k.pitch())
}

// each runs code for every vector of sums and its place in the stack.
func (k beside) each(code func(acc reg, m mem)) {
	for i := range besideSums {
		code(reg(i), at("dst", i*k.vector()))
	}
}

// line adds the terms of a line of each column.
func (k beside) line() {
	k.terms(k.step(), func(term int) {
		for c := term * k.columns() / k.step(); c < (term+1)*k.columns()/k.step(); c++ {
			k.prefetchSecond(k.column("z", "e", c, 0))
			k.prefetch(k.column("y", "u", c, line))
		}
	})
	k.askOn("asked")
}

// terms adds so many terms to all sums, and calls ask before each. The factors of rows are loaded before all if there are registers.
func (k beside) terms(n int, ask func(term int)) {
	const factor, spare = besideSums, 4
	first, held := reg(besideSums), k.registers() >= besideSums+n*k.parts() && k.registers() == 32
	if !held {
		first += spare
	}
	load := func(term int, r reg) {
		for part := range k.parts() {
			k.load(r+reg(part), at("x", term*k.rowBytes()+part*k.vector()))
		}
	}
	for term := range n {
		if held {
			load(term, first+reg(term*k.parts()))
		}
	}
	for term := range n {
		ask(term)
		a := first + reg(term*k.parts())
		if !held {
			a = first + reg(term%2*k.parts())
			load(term, a)
		}
		for c := range k.columns() {
			m := k.column("y", "u", c, term*k.w.lane())
			if k.vectorBytes() == 64 {
				k.fmaddBroadcast(reg(c), a, m)
				continue
			}
			b := reg(factor + c%spare)
			k.broadcast(b, m)
			for part := range k.parts() {
				k.fmadd(reg(c*k.parts()+part), a+reg(part), b)
			}
		}
	}
	k.addImm("x", n*k.rowBytes())
	k.addImm("y", n*k.w.lane())
	k.addImm("u", n*k.w.lane())
}

// column is the place of a column: that of the first pointer is 0, of the second 3.
func (k beside) column(first, third string, c, off int) mem {
	return along{}.column(first, third, c, off)
}

// besideDispatch writes the function that calls it.
func besideDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc beside%v(dst, x, y *%s, s int, p *uint64, n, m, j, w, v int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if hasBeside(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\tbeside%v%[1]s(dst, x, y, s, p, n, m, j, w, v)\n\t\treturn\n\t}\n", t.suffix(), w)
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
