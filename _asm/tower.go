package main

import "fmt"

// tower is the microkernel for r tiles of the largest shape above one another: that of micro for
// each, over the same factors of columns. The own stacks of tiles lie d bytes apart, their factors of
// rows a bytes. Where c is not nil, the node that is left is no longer pushed but finished, by the
// numbers at f, into the rows of C, s bytes apart:
//
//	for each tile:  micro
//	                c[i*s + j] = canonical(RN(f[0] * (pop()[i][j] + 0)))
//
// While the first w tiles are at work, memory from q on is prefetched, a line k bytes after the one before
// with each few terms: the columns that come next. When o of these tiles are left, it goes on j bytes further.
// Of C, v rows are prefetched with each leaf.
// Where h is not 0, the columns are not at y yet but at b, the terms h bytes apart: the first tile
// takes them from there and stores them at y.
type tower struct{ micro }

var towerArgs = []string{"dst", "x", "y", "q", "p", "n", "t", "e", "u", "d", "a", "r", "c", "s", "f", "w", "b", "h", "k", "v", "o", "j"}

func (k *tower) name() string { return fmt.Sprintf("tower%v", k.w) }

func emitTower(t target, w width) string {
	t.setWidth(w)
	rows, columns := tile(t)
	k := &tower{micro{target: t, w: w, rows: rows, columns: columns, walks: true, copies: true}}
	k.emit()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(%s)\n", k.name(), t.suffix(), fmt.Sprintf(towerParameters, k.elements()))
}

const towerParameters = "dst, x, y, q *%[1]s, p *uint64, n, t, e int, u *%[1]s, d, a, r int, c *%[1]s, s int, f *%[1]s, w int, b *%[1]s, h, k, v, o, j int"

const towerArguments = "dst, x, y, q, p, n, t, e, u, d, a, r, c, s, f, w, b, h, k, v, o, j"

func (k *tower) emit() {
	k.enter(k.name(), towerArgs, 0, 0)
	k.allocTile()
	k.label("tile")
	k.askWhere()
	for _, name := range []string{"dst", "x", "y", "p", "n", "t", "e", "u"} {
		k.loadArg(name, name)
	}
	k.begin()
	k.loadArg("z", "c")
	k.label("leaf")
	k.askResult()
	k.leaf()
	k.label("push")
	k.ifDone("finish")
	k.push()
	k.countDown("n", "leaf")
	k.jump("next")
	k.label("finish")
	k.finish()
	k.label("next")
	k.step("dst", "d")
	k.step("x", "a")
	k.loadArg("s", "h")
	k.ifNotZero("s", "first")
	k.storeArg("q", "q")
	k.label("first")
	k.subReg("s", "s")
	k.storeArg("h", "s")
	k.loadArg("n", "r")
	k.addImm("n", -1)
	k.storeArg("r", "n")
	k.ifNotZero("n", "tile")
	k.epilogue()
}

// ifDone jumps after the last leaf of a tile that is to be finished.
func (k *tower) ifDone(label string) {
	k.move("i", "n")
	k.addImm("i", -1)
	k.ifNotZero("i", "wait")
	k.loadArg("c", "c")
	k.ifNotZero("c", label)
	k.label("wait")
}

// step takes a pointer to the next tile.
func (k *tower) step(pointer, by string) {
	k.loadArg("i", pointer)
	k.loadArg("t", by)
	k.addReg("i", "t")
	k.storeArg(pointer, "i")
}

// askResult prefetches some rows of C with each leaf: all at once would keep loads waiting.
func (k *tower) askResult() {
	k.loadArg("i", "v")
	k.ifZero("i", "asked")
	k.loadArg("t", "s")
	k.label("ask")
	for off := 0; off < k.rowBytes(); off += line {
		k.prefetchResult(at("z", off))
	}
	k.addReg("z", "t")
	k.countDown("i", "ask")
	k.label("asked")
}

// askWhere chooses what q points to in this tile and how far k takes it, and loads s: the way between
// terms where columns are copied, else 0. A tile that is to prefetch nothing prefetches
// what L1 has.
func (k *tower) askWhere() {
	k.loadArg("s", "h")
	k.loadArg("i", "w")
	k.subReg("k", "k")
	k.ifZero("s", "copied")
	k.loadArg("q", "b")
	k.jump("asks")
	k.label("copied")
	k.ifNotZero("i", "walks")
	k.loadArg("q", "y")
	k.jump("asks")
	k.label("walks")
	k.addImm("i", -1)
	k.storeArg("w", "i")
	k.loadArg("q", "q")
	k.loadArg("k", "k")
	k.loadArg("t", "o")
	k.ifEqual("i", "t", "turn")
	k.jump("asks")
	k.label("turn")
	k.loadArg("t", "j")
	k.addReg("q", "t")
	k.label("asks")
}

// sumCopied is sum, with the factors of columns from q on, the terms s bytes apart, which it copies to y.
func (k *micro) sumCopied() {
	k.move("t", "i")
	k.ifZero("t", "joins")
	k.label("copy")
	for off := 0; off < k.rowBytes(); off += line {
		k.prefetch(mem{base: "q", off: off, index: "s", scale: copyAhead})
	}
	for c, b := range k.b {
		k.load(b, at("q", c*k.vectorBytes()))
		k.store(k.place(0, c), b)
	}
	k.addReg("q", "s")
	k.multiply(0)
	k.addImm("x", k.rows*k.w.lane())
	k.addImm("y", k.stepBytes())
	k.countDown("t", "copy")
	k.jump("joins")
	k.label("stored")
}

// copyAhead is how many terms ahead columns that are copied are prefetched.
const copyAhead = 8

// finish finishes the tile into C and goes on to the rows of the next.
func (k *tower) finish() {
	k.loadArg("t", "f")
	k.loadArg("s", "s")
	if k.embeds() {
		k.finishByTable()
		return
	}
	zero, spare, alpha, nan := k.b[0], k.b[1], k.free[0], k.free[1]
	k.zero(zero)
	k.broadcast(alpha, at("t", 0))
	k.broadcast(nan, at("t", 2*k.w.lane()))
	k.eachRow(func(v reg, m mem) {
		k.add(v, v, zero)
		k.mul(v, v, alpha)
		k.canonical(v, spare, nan)
		k.store(m, v)
	})
}

// finishByTable is finish where an instruction chooses by the kind of a number. If f[0] is 1, and f[1] is
// therefore +0, it also makes +0 of -0, and nothing is to be added or multiplied: those take the ports of
// FMAs.
func (k *tower) finishByTable() {
	zero, alpha, nan, table := k.b[0], k.b[1], k.b[0], k.b[1]
	k.moveImm("u", plusZero)
	k.loadScalar("i", at("t", 0))
	k.moveImm("x", map[width]int{f32: 0x3f800000, f64: 0x3ff0000000000000}[k.w])
	k.ifEqual("i", "x", "unscaled")
	k.zero(zero)
	k.broadcast(alpha, at("t", 0))
	k.each(func(v reg, _ mem) {
		k.add(v, v, zero)
		k.mul(v, v, alpha)
	})
	k.moveImm("u", canonicalNaN)
	k.label("unscaled")
	k.broadcastScalar(table, "u")
	k.broadcast(nan, at("t", 2*k.w.lane()))
	n := 0
	k.eachRow(func(v reg, m mem) {
		chosen := k.free[n%len(k.free)]
		n++
		k.copy(chosen, nan)
		k.choose(chosen, v, table)
		k.store(m, chosen)
	})
}

// Tables of choose: of four bits each for quiet and signalling NaNs (0), zeros (2), 1, infinities and other numbers.
const (
	canonicalNaN = 0x11111100 // of NaN, what is chosen from
	plusZero     = 0x11111800 // and of zeros, +0
)

// eachRow runs code for every accumulator and its place in C.
func (k *tower) eachRow(code func(acc reg, m mem)) {
	for _, row := range k.acc {
		for i, v := range row {
			code(v, at("c", i*k.vectorBytes()))
		}
		k.addReg("c", "s")
	}
	k.storeArg("c", "c")
}

// askNext prefetches a line at q.
func (k *micro) askNext(terms int) {
	if !k.walks || terms == 1 {
		return
	}
	k.prefetch(at("q", 0))
	k.addReg("q", "k")
}

func towerDispatch(w width, targets []target) string {
	element := (&micro{w: w}).elements()
	text := fmt.Sprintf("\nfunc tower%v(%s) {\n", w, fmt.Sprintf(towerParameters, element))
	for _, t := range targets {
		text += fmt.Sprintf("\tif active == %s {\n\t\ttower%v%s(%s)\n\t\treturn\n\t}\n", t.suffix(), w, t.suffix(), towerArguments)
	}
	return text + "\tpanic(noKernel)\n}\n"
}
