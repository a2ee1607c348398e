package main

import "fmt"

// along sums leaves of columns that lie as across says, of which it takes eight: half as many streams of memory, 256 bytes of
// each in turn, which is a block: two leaves of float32, one of float64. The lanes of a vector are a column's leaves, column
// after column. For b < n blocks, l < leaves and c < 8,
//
//	dst[(b*leaves + l)*t + c] = chain of x[(b*32 + j)*leaves + l] * y[c*s + (b*leaves + l)*32 + j] over j < 32 from +0, s and t in bytes
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
	joinVectors  = 4   // of columns, for which leaves are joined together
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
	k.prologue(fmt.Sprintf("along%v", w), []string{"dst", "x", "y", "s", "n", "t"}, 0, 0)
	k.begin()
	k.label("block")
	k.sum()
	k.countDown("n", "block")
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc along%v%s(dst, x, y *%s, s, n, t int)\n", w, t.suffix(), (&pack{w: w}).elements())
}

// begin sets the pointers: p is to the column 3 after that of y, and so is e after z, where memory is asked for. z has k blocks
// to go in its columns; u is the way from their end to the next eight.
func (k along) begin() {
	k.move("q", "s")
	k.addReg("q", "s")
	k.addReg("q", "s")
	k.move("u", "s")
	k.shl("u", 3)
	k.move("i", "n")
	k.shl("i", 8)
	k.subReg("u", "i")
	k.move("i", "n")
	k.move("p", "y")
	k.addReg("p", "q")
	k.move("z", "y")
	k.move("e", "p")
	k.move("k", "n")
	for i := range alongAhead {
		k.askOn(fmt.Sprint("ahead", i))
	}
}

// askOn moves z to the next block.
func (k along) askOn(label string) {
	k.addImm("z", alongBlock)
	k.addImm("e", alongBlock)
	k.countDown("k", label)
	k.addReg("z", "u")
	k.addReg("e", "u")
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

// sum sums a block.
func (k along) sum() {
	const acc, factor = 0, 13
	k.zero(acc)
	ask, size := 0, k.w.lane()*k.leaves()
	for off := 0; off < alongBlock/k.leaves(); off += alongStep {
		quad := func() { // of rows
			for range 2 {
				k.prefetch(k.column("z", "e", ask*line/alongBlock, ask*line%alongBlock))
				ask++
			}
		}
		row := func(r int) mem { return k.column("y", "p", r/k.leaves(), off+r%k.leaves()*alongLeaf*k.w.lane()) }
		k.next(row, quad, func(term int, b reg) {
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
	k.addImm("p", alongBlock)
	k.addImm("x", alongLeaf*size)
	if k.leaves() == 1 {
		k.store(at("dst", 0), acc)
	} else {
		k.storePairs(at("dst", 0), mem{base: "dst", index: "t", scale: 1}, acc)
		k.addReg("dst", "t")
	}
	k.addReg("dst", "t")
}

// next hands on the transpose of 32 bytes of as many rows as there are lanes: a vector of all rows for each term. Loads of
// halves spare half the shuffles between 16 bytes of a vector. Before every four rows it calls quad.
func (k along) next(row func(r int) mem, quad func(), take func(term int, b reg)) {
	const a, b, c = 1, 5, 9 // the first of up to four registers each
	n := k.group()
	for i := range n {
		a, b, c := reg(a+i), reg(b+i), reg(c+i)
		quad()
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
	text := fmt.Sprintf("\nfunc along%v(dst, x, y *%s, s, n, t int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if hasAlong(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\talong%v%[1]s(dst, x, y, s, n, t)\n\t\treturn\n\t}\n", t.suffix(), w)
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
