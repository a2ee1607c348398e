package main

import (
	"fmt"
	"math/bits"
)

// micro is the microkernel of matrix products: it evaluates nodes of the canonical
// tree for a tile of the product, rows x columns elements side by side. The panel of A
// holds for each term k in turn the factors of all rows; those of all columns begin s
// bytes after those of the term before.
//
// The tree comes as a program of one word a leaf, in ascending order: the number of its
// terms, and in the upper half how many nodes it completes. The stack holds the values of
// nodes that wait for their right siblings, tile after tile:
//
//	for each leaf:  c = +0; for its k ascending: c = FMA(a[k], b[k], c)
//	                as often as it completes a node: c = pop() + c
//	                push(c)
//
// What is left on the stack, one tile for each node, is the result. The stack lies in two
// places: the e bytes from dst on stay for the next program, and what is above them begins
// at u and is scratch, the same for all tiles, which L1 holds. So much as t
// bytes wait there already.
type micro struct {
	target
	w             width
	rows, columns int // columns in vectors
	stored        storage
	spread        bool // over panels that lie s bytes apart
	runs          bool // some terms of each in turn: see runsOf
	walks         bool // memory is prefetched from q on, a little with each few terms
	across        bool // columns lie as across says
	joins         bool // leaves are summed already: those of all columns at y, leaf after leaf
	copies        bool // columns are copied to y from elsewhere, where s is not 0
	matrix        bool // columns lie as a matrix does, row by row, s bytes apart
	acc           [][]reg
	b             []reg
	upper         reg // the upper half of every 4 bytes, if pairs
	free          []reg
}

// storage is the type in memory of the factors of the columns.
type storage string

const (
	working  storage = ""
	bfloat16 storage = "BF16" // the upper half of a float32
	float16  storage = "FP16"
)

// unrolled is the number of terms that the inner loop takes at a time: fewer in a tower, which
// prefetches that often.
func (k *micro) unrolled() int {
	if k.embeds() && !k.walks {
		return 8
	}
	return 4
}

// embeds tells whether an instruction can multiply by a lane of memory. Three of four rows of a
// tile have it so: with two vectors of columns that spares an instruction for a load, and
// processors are short of both where two threads share a core, of instructions more often.
func (k *micro) embeds() bool { return k.vectorBytes() == 64 }

// streamRows is the number of rows up to which a product is bound by the memory that B
// comes from: there, it is prefetched.
const streamRows = 8

// tile returns the shape of the largest tile: as many accumulators as registers allow
// beside the factors of one term. Two fused multiply-adds a cycle of four cycles latency
// keep eight accumulators busy; more rows and columns spare loads.
func tile(t target) (rows, columns int) {
	switch t.registers() {
	case 16:
		return 6, 2 // 12, with 2 vectors of B and 2 of A
	case 32:
		return 12, 2 // 24, with 2 and 6
	}
	return 8, 3 // 24 of NEON's, with 3 and 4
}

// tileRows lists the rows of the tiles that there are, for the last rows of a product.
var tileRows = map[string][]int{"AVX2": {1, 2, 4, 6}, "AVX512": {1, 2, 4, 8, 12}, "NEON": {1, 2, 4, 8}}

// wideColumns is the columns, in vectors, of the tile of one row over factors that lie as
// the matrix does, row by row: long enough runs of memory, where there is no sweep.
const wideColumns = 8

// spreadPanels is the panels of the tile of one row over several of them: more streams of
// memory than one are prefetched further ahead.
const spreadPanels = 4

// micros lists the microkernels for a type.
func micros(t target, w width) (all []micro) {
	_, columns := tile(t)
	for _, rows := range tileRows[t.suffix()] {
		all = append(all, micro{target: t, w: w, rows: rows, columns: columns})
	}
	if !hasSweep(t) {
		all = append(all, micro{target: t, w: w, rows: 1, columns: wideColumns})
	}
	for _, rows := range tileRows[t.suffix()] {
		if rows > 1 && hasSweep(t) {
			all = append(all, micro{target: t, w: w, rows: rows, columns: columns, matrix: true})
		}
	}
	all = append(all, spreads(t, w, working)...)
	all = append(all, micro{target: t, w: w, rows: 1, columns: across{t, w}.vectors(), across: true})
	if hasAlong(t) {
		all = append(all, micro{target: t, w: w, rows: 1, columns: joinVectors, joins: true})
	}
	if w == f32 {
		for _, s := range []storage{bfloat16, float16} {
			all = append(all, spreads(t, w, s)...)
			for _, rows := range tileRows[t.suffix()] {
				if rows <= streamRows {
					all = append(all, micro{target: t, w: w, rows: rows, columns: columns, stored: s})
				}
			}
		}
	}
	return all
}

// spreads lists the microkernels of one row over several panels.
func spreads(t target, w width, of storage) (all []micro) {
	_, columns := tile(t)
	k := micro{target: t, w: w, rows: 1, columns: spreadPanels * columns, spread: true, stored: of}
	all = append(all, k)
	if hasSweep(t) {
		k.runs = true
		all = append(all, k)
	}
	return all
}

// emitMicros prints the microkernels for a type and returns their declarations.
func emitMicros(t target, w width) (declarations string) {
	for _, k := range micros(t, w) {
		t.setWidth(w)
		k.emit()
		factors := k.elements()
		if k.stored != working {
			factors = "uint16"
		}
		declarations += fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, x *%s, y *%s, s, q int, p *uint64, n, t, e int, u *%s)\n",
			k.name(), k.suffix(), k.elements(), factors, k.elements())
	}
	return declarations
}

func (k *micro) name() string {
	switch {
	case k.runs:
		return fmt.Sprintf("runs%v%s", k.w, k.stored)
	case k.spread:
		return fmt.Sprintf("spread%v%s", k.w, k.stored)
	case k.across:
		return fmt.Sprintf("across%v", k.w)
	case k.joins:
		return fmt.Sprintf("join%v", k.w)
	}
	name := "micro"
	if k.matrix {
		name = "rows"
	}
	return fmt.Sprintf("%s%dx%d%v%s", name, k.rows, k.columns, k.w, k.stored)
}

func (k *micro) elements() string { return map[width]string{f64: "float64", f32: "float32"}[k.w] }

func (k *micro) alloc() reg {
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

// rowBytes is a row of a tile.
func (k *micro) rowBytes() int { return k.columns * k.vectorBytes() }

// storedBytes is the factors of all columns.
func (k *micro) storedBytes() int {
	if k.stored != working {
		return k.rowBytes() / 2
	}
	return k.rowBytes()
}

func (k *micro) emit() {
	k.prologue(k.name(), []string{"dst", "x", "y", "s", "q", "p", "n", "t", "e", "u"}, 0, 0)
	k.allocTile()
	if k.spread {
		k.move("q", "s")
		k.addReg("q", "s")
		k.addReg("q", "s")
	}
	k.begin()
	if k.across {
		across{k.target, k.w}.begin()
	}
	if k.pairs() {
		k.upper = k.alloc()
		k.upperHalves(k.upper)
	}
	k.label("leaf")
	k.leaf()
	k.label("push")
	k.push()
	k.countDown("n", "leaf")
	k.epilogue()
}

// allocTile allocates the registers of a tile and of the factors of its columns.
func (k *micro) allocTile() {
	for r := k.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	for range k.rows {
		var row []reg
		for range k.columns {
			row = append(row, k.alloc())
		}
		k.acc = append(k.acc, row)
	}
	least := 1
	if k.runs {
		least = k.unrolled()
	}
	for range k.columns {
		if len(k.free) > least && !k.across {
			k.b = append(k.b, k.alloc())
		}
	}
}

// begin finds the top of the stack.
func (k *micro) begin() {
	k.addReg("e", "dst")
	k.addReg("dst", "t")
	k.follow("e", "u", "begin")
}

// leaf evaluates the next leaf and the nodes that it completes, in registers. It jumps to push
// or falls through.
func (k *micro) leaf() {
	if !k.joins {
		k.each(func(acc reg, _ mem) { k.target.zero(acc) })
	}
	k.loadScalar("c", at("p", 0))
	if !k.joins {
		k.move("i", "c")
		k.shl("i", 32)
		k.shr("i", 32)
	}
	k.shr("c", 32)
	k.addImm("p", 8)
	switch {
	case k.joins:
		k.loadSums()
	case k.across:
		k.sumAcross()
	default:
		k.sum()
	}
	if k.pairs() {
		k.unpairAll()
	}
	k.ifZero("c", "push")
	k.label("join")
	k.follow("u", "e", "below")
	k.addImm("dst", -k.rows*k.rowBytes())
	k.each(func(acc reg, m mem) { k.addMem(acc, acc, m) })
	k.countDown("c", "join")
}

// push pushes the node.
func (k *micro) push() {
	k.each(func(acc reg, m mem) { k.store(m, acc) })
	k.addImm("dst", k.rows*k.rowBytes())
	k.follow("e", "u", "above")
}

// sum adds the terms of which the scalar i holds the number.
func (k *micro) sum() {
	if k.copies {
		k.ifZero("s", "stored")
		k.sumCopied()
	}
	k.move("t", "i")
	k.shr("i", bits.Len(uint(k.unrolled()))-1)
	k.ifZero("i", "few")
	k.label("terms")
	k.terms(k.unrolled())
	k.countDown("i", "terms")
	k.label("few")
	k.andImm("t", k.unrolled()-1)
	k.ifZero("t", "joins")
	k.label("term")
	k.terms(1)
	k.countDown("t", "term")
	k.label("joins")
}

// nextLeaf loads the next word of the program: a leaf of i terms, and c nodes that it completes.
func nextLeaf(k target) {
	k.loadScalar("c", at("p", 0))
	k.move("i", "c")
	k.shl("i", 32)
	k.shr("i", 32)
	k.shr("c", 32)
	k.addImm("p", 8)
}

// sumAcross is sum for a multiple of 16 bytes' terms.
func (k *micro) sumAcross() {
	way := across{k.target, k.w}
	a := k.alloc()
	groups := func() { k.shr("i", bits.Len(uint(way.group()))-1) }
	groups()
	way.all(func() {
		k.loadScalar("i", at("p", -8))
		k.shl("i", 32)
		k.shr("i", 32)
		groups()
	}, func(bytes int) { k.addImm("x", bytes) }, k.free[len(k.free)-1], func(off, _, _, term, v int, b reg) {
		k.broadcast(a, at("x", off+term*k.w.lane()))
		k.fmadd(k.acc[0][v], a, b)
	})
}

// loadSums loads the sums of a leaf.
func (k *micro) loadSums() {
	for c, acc := range k.acc[0] {
		k.load(acc, at("y", c*k.vectorBytes()))
	}
	k.addImm("y", k.rowBytes())
}

// follow takes the top of the stack from the end of one of its places to the other.
func (k *micro) follow(end, to, label string) {
	k.ifEqual("dst", end, "at"+label)
	k.jump(label)
	k.label("at" + label)
	k.move("dst", to)
	k.label(label)
}

// each runs code for every accumulator and its place in a tile.
func (k *micro) each(code func(acc reg, m mem)) {
	for r, row := range k.acc {
		for c, acc := range row {
			code(acc, at("dst", r*k.rowBytes()+c*k.vectorBytes()))
		}
	}
}

// terms adds so many terms to all elements.
func (k *micro) terms(n int) {
	if k.runs {
		k.runsOf(n)
		return
	}
	k.askNext(n)
	for step := range n {
		for off := 0; off < k.storedBytes() && !k.walks; off += line {
			k.ask(step, off)
		}
		if k.rows == 1 {
			k.row(step)
		} else {
			k.block(step)
		}
		if k.strided() {
			k.addReg("y", "s")
		}
	}
	k.addImm("x", n*k.rows*k.w.lane())
	if !k.strided() {
		k.addImm("y", n*k.stepBytes())
	}
}

// stepBytes is the way from a term's factors to the next's.
func (k *micro) stepBytes() int {
	if k.spread {
		return k.storedBytes() / spreadPanels
	}
	return k.storedBytes()
}

// spreadAhead is how far ahead in bytes each of several streams is prefetched.
const spreadAhead = 1024

// ask prefetches a line of factors ahead of those in use, off bytes into those of a term.
func (k *micro) ask(step, off int) {
	m := k.place(step, off*k.columns/k.storedBytes())
	switch {
	case k.spread:
		m.off += spreadAhead
		k.prefetch(m)
	case k.matrix: // rows are often a power of two apart, and so in the same few sets of L1
		k.prefetchSecondFrom("y", "q", m.off)
	case k.rows <= streamRows:
		k.prefetchFrom("y", "q", m.off)
	default:
		m.off += ahead
		k.prefetch(m)
	}
}

// strided tells whether the factors of the columns lie s bytes apart. Those of other tiles
// lie next to those of the term before: constant offsets spare instructions.
func (k *micro) strided() bool { return k.matrix || k.columns == wideColumns && !k.spread }

// place is where the factors of a vector of columns begin.
func (k *micro) place(step, c int) mem {
	off := c * k.storedBytes() / k.columns
	switch {
	case k.spread:
		panel := c * spreadPanels / k.columns
		m := at("y", off+(step-panel)*k.stepBytes())
		if panel > 0 {
			m.index, m.scale = []string{"s", "s", "q"}[panel-1], []int{1, 2, 1}[panel-1]
		}
		return m
	case k.strided():
		return at("y", off)
	}
	return at("y", off+step*k.storedBytes())
}

// row adds a term to a tile of one row.
func (k *micro) row(step int) {
	a := k.free[len(k.free)-1]
	k.broadcast(a, at("x", step*k.w.lane()))
	k.columnsOf(step, a, 0, k.columns)
}

// columnsOf adds a term, times a, to n vectors of columns from c on of a tile of one row.
func (k *micro) columnsOf(step int, a reg, c, n int) {
	for end := c + n; c < end; c++ {
		switch acc := k.acc[0][c]; {
		case k.stored == working:
			k.fmaddMem(acc, a, k.place(step, c))
		case k.pairs():
			even, odd := k.b[c], k.b[c+1]
			k.load(odd, k.place(step, c))
			k.splitBfloat16(even, odd, k.upper)
			k.fmadd(acc, a, even)
			c++
			k.fmadd(k.acc[0][c], a, odd)
		default:
			b := k.b[c%len(k.b)]
			k.loadStored(b, k.place(step, c))
			k.fmadd(acc, a, b)
		}
	}
}

// runsOf adds so many terms, all of them to one panel before the next, so that each panel is read by long runs. There is no
// software prefetch: on processors of AMD the hardware prefetcher keeps up, and prefetch instructions cost a fifth of the speed
// from L3.
func (k *micro) runsOf(n int) {
	factors := k.free[len(k.free)-n:]
	for step, a := range factors {
		k.broadcast(a, at("x", step*k.w.lane()))
	}
	each := k.columns / spreadPanels
	for c := 0; c < k.columns; c += each {
		for step, a := range factors {
			k.columnsOf(step, a, c, each)
		}
	}
	k.addImm("x", n*k.w.lane())
	k.addImm("y", n*k.stepBytes())
}

// pairs tells whether two vectors of columns stored as bfloat16 are loaded as one, those of even number and those of odd number
// apart, as the halves of 4 bytes are: that takes one instruction for each, not a shuffle besides. Their sums are put in order
// at the end of a leaf.
func (k *micro) pairs() bool { return k.spread && k.stored == bfloat16 && k.vectorBytes() == 64 }

// unpairAll puts the columns of pairs in order.
func (k *micro) unpairAll() {
	for c := 0; c < k.columns; c += 2 {
		k.mergePairs(k.acc[0][c], k.acc[0][c+1], k.b[0], k.b[1], k.b[2], c == 0)
	}
}

// block adds a term to a tile of several rows.
func (k *micro) block(step int) {
	for c, b := range k.b {
		k.loadStored(b, k.place(step, c))
	}
	k.multiply(step)
}

// multiply adds a term, of which the factors of columns are loaded.
func (k *micro) multiply(step int) {
	for r, row := range k.acc {
		m := at("x", (step*k.rows+r)*k.w.lane())
		if k.embeds() && r%4 != 0 {
			for c, acc := range row {
				k.fmaddBroadcast(acc, k.b[c], m)
			}
			continue
		}
		a := k.free[r%len(k.free)]
		k.broadcast(a, m)
		for c, acc := range row {
			k.fmadd(acc, a, k.b[c])
		}
	}
}

// loadStored loads the factors of a vector of columns.
func (k *micro) loadStored(b reg, m mem) {
	switch k.stored {
	case working:
		k.load(b, m)
	case bfloat16:
		k.loadBfloat16(b, m)
	case float16:
		k.loadFloat16(b, m)
	}
}
