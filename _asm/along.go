package main

import (
	"fmt"
	"math/bits"
)

// along is the microkernel of one row over columns that lie as across says, of which it takes eight at a time: half as many
// streams of memory, interleaved, a block of each: a leaf, or two where a vector has lanes for two leaves of all columns, which lie
// in it column after column. The program is that of micro, for n blocks of leaves of 32 terms, and for m times
// eight columns, each of whose stacks begins beside the one before; x[(b*32 + j)*leaves + l] is the factor of term j of
// leaf l of block b, and columns are s bytes apart.
//
// Memory is prefetched into L1 (near) or into L2 alone, further ahead (far); which suits the processor is for
// the caller to say.
type along struct {
	target
	w   width
	far bool
}

const (
	alongLeaf    = 32   // terms
	alongColumns = 8    // abreast
	alongNear    = 4096 // bytes of all of them by which memory is prefetched
	alongFar     = 32768
	joinVectors  = 4 // of columns in a row of the stack
)

// hasAlong tells whether there is such a kernel.
func hasAlong(t target) bool { return t.suffix() != "NEON" }

// lanes is those of a vector, leaves how many of them are a column's, and vectors those of all columns.
func (k along) lanes() int   { return k.vectorBytes() / k.w.lane() }
func (k along) leaves() int  { return max(1, k.lanes()/alongColumns) }
func (k along) vectors() int { return max(1, alongColumns/k.lanes()) }

// ahead is the blocks of all columns by which memory is prefetched.
func (k along) ahead() int {
	if k.far {
		return alongFar / alongColumns / k.block()
	}
	return alongNear / alongColumns / k.block()
}

func (k along) name() string {
	if k.far {
		return fmt.Sprintf("along%vFar", k.w)
	}
	return fmt.Sprintf("along%vNear", k.w)
}

// group is the terms of 16 bytes, step the bytes of each leaf that are transposed together, block those of a column.
func (k along) group() int { return 16 / k.w.lane() }
func (k along) step() int  { return k.vectorBytes() / 2 }
func (k along) block() int { return alongLeaf * k.w.lane() * k.leaves() }

func emitAlong(t target, w width, far bool) string {
	if !hasAlong(t) {
		return ""
	}
	t.setWidth(w)
	k := along{t, w, far}
	k.enter(k.name(), []string{"dst", "x", "y", "s", "p", "n", "m"}, 0, 0)
	k.begin()
	k.label("columns")
	for _, of := range []string{"dst", "x", "p", "n"} {
		k.loadArg(of, of)
	}
	k.label("block")
	k.ifAtMost("n", 1, "single")
	k.sum(2)
	k.addImm("n", -2)
	k.ifNotZero("n", "block")
	k.jump("turn")
	k.label("single")
	k.sum(1)
	k.label("turn")
	k.turn()
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, x, y *%s, s int, p *uint64, n, m int)\n", k.name(), t.suffix(), (&pack{w: w}).elements())
}

// begin sets the pointers: u is to the column 3 after that of y, and so is e after z, where memory is prefetched. z has k blocks
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
	k.shl("c", bits.Len(uint(k.block()))-1)
	k.subReg("t", "c")
	k.move("u", "y")
	k.addReg("u", "q")
	k.move("z", "y")
	k.move("e", "u")
	k.move("k", "i")
	for i := range k.ahead() {
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
	k.addImm("z", k.block())
	k.addImm("e", k.block())
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

// sum evaluates one block or two interleaved: the sums of a block wait for one another, those of two less.
func (k along) sum(blocks int) {
	const factor, other = 13, 14
	asked, size := 0, k.w.lane()*k.leaves()
	ask := func() {
		if asked == alongColumns*k.block() {
			k.askOn("askedfirst")
			asked = 0
		}
		if m := k.column("z", "e", asked/k.block(), asked%k.block()); k.far {
			k.prefetchSecond(m)
		} else {
			k.prefetch(m)
		}
		asked += line
	}
	acc := [][]reg{{0, 14}, {15, 12}}[:blocks] // of each block and vector
	if k.vectorBytes() == 32 {
		acc = [][]reg{{0, 14}, {9, 10}}[:blocks]
	}
	for _, acc := range acc {
		for v := range k.vectors() {
			k.zero(acc[v])
		}
	}
	for off := 0; off < k.block()/k.leaves(); off += k.step() {
		for b := range blocks {
			for v := range k.vectors() {
				row := func(r int) mem {
					return k.column("y", "u", (v*k.lanes()+r)/k.leaves(), b*k.block()+off+r%k.leaves()*alongLeaf*k.w.lane())
				}
				k.next(row, ask, func(term int, r reg) {
					k.multiply(acc[b][v], r, factor, at("x", (b*alongLeaf+off/k.w.lane()+term)*size))
				})
			}
		}
	}
	k.askOn(fmt.Sprint("asked", blocks))
	k.addImm("y", blocks*k.block())
	k.addImm("u", blocks*k.block())
	k.addImm("x", blocks*alongLeaf*size)
	for b, acc := range acc {
		of := fmt.Sprint(blocks, "of", b)
		if k.leaves() == 1 {
			k.push(acc[:k.vectors()], 0, of)
			continue
		}
		k.unpair(other, acc[0])
		k.halve(true)
		k.push([]reg{other}, 0, of)
		k.push([]reg{acc[0]}, 1, of)
		k.halve(false)
	}
}

// multiply adds the product of a term of all columns.
func (k along) multiply(acc, b, factor reg, x mem) {
	switch {
	case k.leaves() == 2: // two factors in turn
		k.setWidth(f64)
		k.broadcast(factor, x)
		k.setWidth(k.w)
		k.fmadd(acc, b, factor)
	case k.vectorBytes() == 64:
		k.fmaddBroadcast(acc, b, x)
	default:
		k.broadcast(factor, x)
		k.fmadd(acc, b, factor)
	}
}

// push completes nodes with the sums of a leaf and pushes what comes of it.
func (k along) push(acc []reg, leaf int, of string) {
	row := joinVectors * k.vectorBytes()
	join, push := fmt.Sprint("join", leaf, "of", of), fmt.Sprint("push", leaf, "of", of)
	k.loadScalar("c", at("p", 8*leaf))
	if leaf == k.leaves()-1 {
		k.addImm("p", 8*k.leaves())
	}
	k.shr("c", 32)
	k.ifZero("c", push)
	k.label(join)
	k.addImm("dst", -row)
	for v, acc := range acc {
		k.addMem(acc, acc, at("dst", v*k.vectorBytes()))
	}
	k.countDown("c", join)
	k.label(push)
	for v, acc := range acc {
		k.store(at("dst", v*k.vectorBytes()), acc)
	}
	k.addImm("dst", row)
}

// next hands on the transpose of half a vector's bytes of as many rows as there are lanes: a vector of all rows for each term.
// For every line that it takes it calls ask.
func (k along) next(row func(r int) mem, ask func(), take func(term int, b reg)) {
	const a, b, c = 1, 5, 9 // the first of up to four registers each
	n := k.group()
	if k.vectorBytes() == 32 {
		for i := range n {
			if i%2 == 0 {
				ask()
			}
			k.loadPart(a+reg(i), row(i), 0)
			k.loadPart(a+reg(i), row(n+i), 1)
		}
		for i, r := range (across{k.target, k.w}).transpose(a, b) {
			take(i, r)
		}
		return
	}
	for i := range n { // loads of halves spare half the shuffles between 16 bytes of a vector
		a, b, c := reg(a+i), reg(b+i), reg(c+i)
		ask()
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
	text := fmt.Sprintf("\nfunc along%v(far bool, dst, x, y *%s, s int, p *uint64, n, m int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if !hasAlong(t) {
			continue
		}
		for _, far := range []bool{true, false} {
			when := "active == " + t.suffix()
			if far {
				when += " && far"
			}
			text += fmt.Sprintf("\tif %s {\n\t\t%s%s(dst, x, y, s, p, n, m)\n\t\treturn\n\t}\n", when, along{w: w, far: far}.name(), t.suffix())
		}
	}
	return text + "\tpanic(noKernel)\n}\n"
}
