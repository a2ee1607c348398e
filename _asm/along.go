package main

import (
	"fmt"
	"math/bits"
)

// along sums leaves of columns that lie as across says, where the lanes of a vector are leaves of one column: of a block of
// so many leaves, for l < lanes and c < 16,
//
//	dst[l*t + c] = chain of x[j*lanes + l] * y[c*s + l*32 + j] over j < 32 from +0, s and t in bytes
//
// and of n blocks, one after the other in dst, x and y. It reads memory in order, column after column: across reads 16 streams,
// often a power of two apart. The sums of a column come as vectors, which go to u and are transposed from there.
type along struct{ across }

const (
	alongLeaf   = 32   // terms
	alongAhead  = 4096 // how far ahead in bytes memory is asked for, within columns: a multiple of a block
	alongStep   = 32   // bytes of each leaf that are transposed together
	joinVectors = 4    // of columns, for which leaves are joined together
)

// hasAlong tells whether there is such a kernel: for vectors of four parts.
func hasAlong(t target) bool { return t.vectorBytes() == 64 }

func (k along) lanes() int { return k.vectorBytes() / k.w.lane() }

// block is the bytes of a block of a column.
func (k along) block() int { return k.vectorBytes() * alongLeaf }

// sums is the bytes of the sums of a block of all columns.
func (k along) sums() int { return k.vectorBytes() * acrossColumns }

func emitAlong(t target, w width) string {
	if !hasAlong(t) {
		return ""
	}
	t.setWidth(w)
	k := along{across{t, w}}
	k.prologue(fmt.Sprintf("along%v", w), []string{"dst", "x", "y", "s", "n", "u", "t"}, 0, 0)
	k.sum()
	k.turn()
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc along%v%s(dst, x, y *%s, s, n int, u *%[3]s, t int)\n", w, t.suffix(), (&pack{w: w}).elements())
}

// sum sums the leaves of column after column. s becomes the way from the end of a column to the next; z asks for memory
// ahead, and has k blocks to go in its column.
func (k along) sum() {
	const acc = 0
	k.move("t", "n")
	k.shl("t", bits.Len(uint(k.block()))-1)
	k.subReg("s", "t")
	k.move("z", "y")
	k.move("k", "n")
	for i := range alongAhead / k.block() {
		k.askOn(fmt.Sprint("ahead", i))
	}
	k.moveImm("c", acrossColumns)
	k.move("e", "u")
	k.label("column")
	k.move("p", "x")
	k.move("q", "e")
	k.move("i", "n")
	k.label("block")
	k.zero(acc)
	for off := 0; off < k.block()/k.lanes(); off += alongStep {
		for ask := range k.lanes() * alongStep / line {
			k.prefetch(at("z", off*k.lanes()+ask*line))
		}
		k.next("y", off, k.block()/k.lanes(), func(term int, b reg) {
			k.fmaddMem(acc, b, at("p", (off/k.w.lane()+term)*k.vectorBytes()))
		})
	}
	k.store(at("q", 0), acc)
	k.addImm("q", k.sums())
	k.addImm("p", k.block())
	k.addImm("y", k.block())
	k.askOn("asked")
	k.countDown("i", "block")
	k.addReg("y", "s")
	k.addImm("e", k.vectorBytes())
	k.countDown("c", "column")
}

// askOn moves z to the next block.
func (k along) askOn(label string) {
	k.addImm("z", k.block())
	k.countDown("k", label)
	k.addReg("z", "s")
	k.move("k", "n")
	k.label(label)
}

// turn transposes the sums.
func (k along) turn() {
	k.loadArg("t", "t")
	k.label("turn")
	for v := range k.vectors() {
		k.move("q", "dst")
		for off := 0; off < k.vectorBytes(); off += alongStep {
			k.next("u", v*k.lanes()*k.vectorBytes()+off, k.vectorBytes(), func(_ int, b reg) {
				k.store(at("q", v*k.vectorBytes()), b)
				k.addReg("q", "t")
			})
		}
	}
	k.move("dst", "q")
	k.addImm("u", k.sums())
	k.countDown("n", "turn")
}

// next hands on the transpose of 32 bytes of as many rows as there are lanes, s bytes apart, from off on: a vector of all
// rows for each term. Loads of halves spare half the shuffles between 16 bytes of a vector.
func (k along) next(base string, off, s int, take func(term int, b reg)) {
	const a, b, c = 1, 5, 9 // the first of up to four registers each
	row := func(r int) mem { return at(base, off+r*s) }
	n := k.group()
	for i := range n {
		a, b, c := reg(a+i), reg(b+i), reg(c+i)
		k.loadHalf(a, row(i), 0)
		k.loadHalf(a, row(n+i), 1)
		k.loadHalf(b, row(2*n+i), 0)
		k.loadHalf(b, row(3*n+i), 1)
		k.pickParts(c, a, b, 0, 2)
		k.pickParts(a, a, b, 1, 3)
	}
	for half, first := range []reg{c, a} {
		for i, r := range k.transpose(first, b) {
			take(half*n+i, r)
		}
	}
}

// alongDispatch writes the function that calls it.
func alongDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc along%v(dst, x, y *%s, s, n int, u *%[2]s, t int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if hasAlong(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\talong%v%[1]s(dst, x, y, s, n, u, t)\n\t\treturn\n\t}\n", t.suffix(), w)
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
