package main

import "fmt"

// along is the microkernel of one row over columns that lie as across says, of which it takes eight at a time: half as many
// streams of memory, 256 bytes of each in turn, which is a block: two leaves of float32, one of float64. The lanes of a vector are
// a column's leaves, column after column. The program is that of micro, for n blocks of leaves of 32 terms, and for m times
// eight columns, each of whose stacks begins beside the one before; x[(b*32 + j)*leaves + l] is the factor of term j of
// leaf l of block b, and columns are s bytes apart.
type along struct {
	target
	w width
}

const (
	alongLeaf    = 32  // terms
	alongColumns = 8   // abreast
	alongBlock   = 256 // bytes of each
	alongAhead   = 4   // blocks by which memory is asked for ahead
	alongStep    = 32  // bytes of each leaf that are transposed together
	joinVectors  = 4   // of columns in a row of the stack
)

// hasAlong tells whether there is such a kernel: for vectors of four parts.
func hasAlong(t target) bool { return t.vectorBytes() == 64 }

// lanes is those of a vector, leaves how many of them are a column's, and group the terms of 16 bytes.
func (k along) lanes() int  { return k.vectorBytes() / k.w.lane() }
func (k along) leaves() int { return k.lanes() / alongColumns }
func (k along) group() int  { return 16 / k.w.lane() }

func emitAlong(t target, w width) string {
	if !hasAlong(t) {
		return ""
	}
	t.setWidth(w)
	k := along{t, w}
	k.enter(fmt.Sprintf("along%v", w), []string{"dst", "x", "y", "s", "p", "n", "m"}, 0, 0)
	k.begin()
	k.label("columns")
	for _, of := range []string{"dst", "x", "p", "n"} {
		k.loadArg(of, of)
	}
	k.label("block")
	k.sum()
	k.countDown("n", "block")
	k.turn()
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc along%v%s(dst, x, y *%s, s int, p *uint64, n, m int)\n", w, t.suffix(), (&pack{w: w}).elements())
}

// begin sets the pointers: u is to the column 3 after that of y, and so is e after z, where memory is asked for. z has k blocks
// to go in its columns; t is the way from their end to the next eight.
func (k along) begin() {
	k.loadArg("y", "y")
	k.loadArg("s", "s")
	k.loadArg("i", "n")
	k.move("q", "s")
	k.addReg("q", "s")
	k.addReg("q", "s")
	k.move("t", "s")
	k.shl("t", 3)
	k.move("c", "i")
	k.shl("c", 8)
	k.subReg("t", "c")
	k.move("u", "y")
	k.addReg("u", "q")
	k.move("z", "y")
	k.move("e", "u")
	k.move("k", "i")
	for i := range alongAhead {
		k.askOn(fmt.Sprint("ahead", i))
	}
}

// turn moves on to the next eight columns.
func (k along) turn() {
	k.addReg("y", "t")
	k.addReg("u", "t")
	k.loadArg("c", "dst")
	k.addImm("c", alongColumns*k.w.lane())
	k.storeArg("dst", "c")
	k.loadArg("c", "m")
	k.addImm("c", -1)
	k.storeArg("m", "c")
	k.ifNotZero("c", "columns")
}

// askOn moves z to the next block.
func (k along) askOn(label string) {
	k.addImm("z", alongBlock)
	k.addImm("e", alongBlock)
	k.countDown("k", label)
	k.addReg("z", "t")
	k.addReg("e", "t")
	k.move("k", "i")
	k.label(label)
}

// column is the place of a column: that of the first pointer is 0, of the second 3.
func (k along) column(first, third string, c, off int) mem {
	m := mem{base: first, off: off}
	switch c {
	case 0:
	case 3, 6:
		m.index, m.scale = "q", c/3
	case 5, 7:
		m.base, m.index, m.scale = third, "s", c-3
	default:
		m.index, m.scale = "s", c
	}
	return m
}

// sum evaluates a block.
func (k along) sum() {
	const acc, factor, other = 0, 13, 14
	k.zero(acc)
	asked, size := 0, k.w.lane()*k.leaves()
	for off := 0; off < alongBlock/k.leaves(); off += alongStep {
		ask := func() {
			for range 2 {
				k.prefetch(k.column("z", "e", asked/alongBlock, asked%alongBlock))
				asked += line
			}
		}
		row := func(r int) mem { return k.column("y", "u", r/k.leaves(), off+r%k.leaves()*alongLeaf*k.w.lane()) }
		k.next(row, ask, func(term int, b reg) {
			from := at("x", (off/k.w.lane()+term)*size)
			if k.leaves() == 1 {
				k.fmaddBroadcast(acc, b, from)
				return
			}
			k.setWidth(f64) // two of them
			k.broadcast(factor, from)
			k.setWidth(k.w)
			k.fmadd(acc, b, factor)
		})
	}
	k.askOn("asked")
	k.addImm("y", alongBlock)
	k.addImm("u", alongBlock)
	k.addImm("x", alongLeaf*size)
	if k.leaves() == 1 {
		k.push(acc, 0)
		return
	}
	k.unpair(other, acc)
	k.halve(true)
	k.push(other, 0)
	k.push(acc, 1)
	k.halve(false)
}

// push completes nodes with the sums of a leaf and pushes what comes of it.
func (k along) push(acc reg, leaf int) {
	const row = joinVectors * 64
	join, push := fmt.Sprint("join", leaf), fmt.Sprint("push", leaf)
	k.loadScalar("c", at("p", 8*leaf))
	if leaf == k.leaves()-1 {
		k.addImm("p", 8*k.leaves())
	}
	k.shr("c", 32)
	k.ifZero("c", push)
	k.label(join)
	k.addImm("dst", -row)
	k.addMem(acc, acc, at("dst", 0))
	k.countDown("c", join)
	k.label(push)
	k.store(at("dst", 0), acc)
	k.addImm("dst", row)
}

// next hands on the transpose of 32 bytes of as many rows as there are lanes: a vector of all rows for each term. Loads of
// halves spare half the shuffles between 16 bytes of a vector. Before every four rows it calls ask.
func (k along) next(row func(r int) mem, ask func(), take func(term int, b reg)) {
	const a, b, c = 1, 5, 9 // the first of up to four registers each
	n := k.group()
	for i := range n {
		a, b, c := reg(a+i), reg(b+i), reg(c+i)
		ask()
		k.loadHalf(a, row(i), 0)
		k.loadHalf(a, row(n+i), 1)
		k.loadHalf(b, row(2*n+i), 0)
		k.loadHalf(b, row(3*n+i), 1)
		k.pickParts(c, a, b, 0, 2)
		k.pickParts(a, a, b, 1, 3)
	}
	for half, first := range []reg{c, a} {
		for i, r := range (across{k.target, k.w}).transpose(first, b) {
			take(half*n+i, r)
		}
	}
}

// alongDispatch writes the function that calls it.
func alongDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc along%v(dst, x, y *%s, s int, p *uint64, n, m int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if hasAlong(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\talong%v%[1]s(dst, x, y, s, p, n, m)\n\t\treturn\n\t}\n", t.suffix(), w)
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
