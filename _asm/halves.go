package main

import "fmt"

// halves is the tower of a target that has the registers to keep the sums of two leaves: it goes over the upper half
// of each tile's rows and then over the lower one, and where a leaf completes no node but the next does, the first
// waits in registers. Half of the sums of leaves are never stored, nor loaded again. Stores are dear: Zen 4 takes 32
// bytes of them a cycle, and those of a whole tile at once hold up FMAs.
//
// The factors of rows lie rs bytes apart, those of terms ts: packed, or as they lie in a matrix, as half of a tile has
// few enough rows for addresses. z and l are places that it keeps for itself. It counts halves where tower counts tiles:
// r, and of those that prefetch w and o. Stacks and C lie as they do for whole tiles.
type halves struct {
	tower
	first, second [][]reg // sums of leaves
	tile          int     // bytes
}

var halvesArgs = append(append([]string{}, towerArgs...), "rs", "ts", "z", "l")

const (
	halvesParameters = towerParameters + ", rs, ts int, z, l *%[1]s"
	halvesArguments  = towerArguments + ", rs, ts, z, l"
)

// hasHalves tells whether there are registers for it.
func hasHalves(t target) bool { return t.registers() == 32 && t.vectorBytes() == 64 }

func (k *halves) name() string { return fmt.Sprintf("halves%v", k.w) }

func emitHalves(t target, w width) string {
	if !hasHalves(t) {
		return ""
	}
	t.setWidth(w)
	rows, columns := tile(t)
	k := &halves{tower: tower{micro{target: t, w: w, rows: rows / 2, columns: columns, walks: true}}}
	k.tile = rows * k.rowBytes()
	k.allocTile()
	k.first = k.acc
	for range k.rows {
		var row []reg
		for range k.columns {
			row = append(row, k.alloc())
		}
		k.second = append(k.second, row)
	}
	k.emit()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(%s)\n", k.name(), t.suffix(), fmt.Sprintf(halvesParameters, k.elements()))
}

func (k *halves) emit() {
	k.enter(k.name(), halvesArgs, 0, 0)
	k.label("half")
	k.askWhere()
	k.begin()
	k.label("leaf")
	k.askResult("leaf")
	nextLeaf(k.target)
	k.ifNotZero("c", "alone")
	k.move("t", "n")
	k.addImm("t", -1)
	k.ifZero("t", "alone")
	k.loadScalar("t", at("p", 0))
	k.shr("t", 32)
	k.ifZero("t", "alone")
	k.sum(k.first, "First")
	k.askResult("second")
	nextLeaf(k.target)
	k.addImm("n", -1)
	k.addImm("c", waits-1)
	k.label("alone")
	k.sum(k.second, "Second")
	k.ifBit("c", waitsBit, false, "single")
	k.addImm("c", -waits)
	for r, row := range k.second {
		for c, acc := range row {
			k.add(acc, k.first[r][c], acc)
		}
	}
	k.label("single")
	k.ifZero("c", "push")
	k.label("join")
	k.followKept("u", "l", "below")
	k.addImm("dst", -k.tile)
	k.each(func(acc reg, m mem) { k.addMem(acc, acc, m) })
	k.countDown("c", "join")
	k.label("push")
	k.ifDone("finish")
	k.each(func(acc reg, m mem) { k.store(m, acc) })
	k.addImm("dst", k.tile)
	k.followKept("l", "u", "above")
	k.countDown("n", "leaf")
	k.jump("next")
	k.label("finish")
	k.finish()
	k.label("next")
	k.nextHalf()
	k.loadArg("s", "h")
	k.ifNotZero("s", "copies")
	k.storeArg("q", "q")
	k.label("copies")
	k.subReg("s", "s")
	k.storeArg("h", "s")
	k.loadArg("n", "r")
	k.addImm("n", -1)
	k.storeArg("r", "n")
	k.ifNotZero("n", "half")
	k.epilogue()
}

// begin loads what a half begins with, and finds the top of its stack.
func (k *halves) begin() {
	for _, name := range []string{"dst", "x", "y", "p", "n", "t", "rs", "ts"} {
		k.loadArg(name, name)
	}
	k.move("x3", "x")
	for range 3 {
		k.addReg("x3", "rs")
	}
	k.loadArg("i", "e")
	k.addReg("i", "dst")
	k.storeArg("l", "i")
	k.loadArg("i", "c")
	k.storeArg("z", "i")
	k.addReg("dst", "t")
	k.followKept("l", "u", "begin")
}

// followKept is follow between places that are kept in memory.
func (k *halves) followKept(end, to, label string) {
	k.loadArg("t", end)
	k.ifEqual("dst", "t", "at"+label)
	k.jump(label)
	k.label("at" + label)
	k.loadArg("dst", to)
	k.label(label)
}

// askResult is that of tower, of what z says.
func (k *halves) askResult(label string) {
	k.loadArg("i", "v")
	k.ifZero("i", label+"Asked")
	k.loadArg("t", "z")
	k.loadArg("c", "s")
	k.label(label + "Ask")
	for off := 0; off < k.rowBytes(); off += line {
		k.prefetchResult(at("t", off))
	}
	k.addReg("t", "c")
	k.countDown("i", label+"Ask")
	k.storeArg("z", "t")
	k.label(label + "Asked")
}

// waits in the number of nodes that a leaf completes says that the leaf before waits for it.
const (
	waitsBit = 30
	waits    = 1 << waitsBit
)

// sum adds up a leaf of i terms.
func (k *halves) sum(acc [][]reg, tag string) {
	k.acc = acc
	k.each(func(acc reg, _ mem) { k.zero(acc) })
	k.move("t", "i")
	k.ifZero("s", "stored"+tag)
	k.ifZero("t", "summed"+tag)
	k.label("copy" + tag)
	for off := 0; off < k.rowBytes(); off += line {
		k.prefetch(mem{base: "q", off: off, index: "s", scale: copyAhead})
	}
	for c, b := range k.b {
		k.load(b, at("q", c*k.vectorBytes()))
		k.store(k.place(0, c), b)
	}
	k.addReg("q", "s")
	k.multiply()
	k.addImm("y", k.rowBytes())
	k.countDown("t", "copy"+tag)
	k.jump("summed" + tag)
	k.label("stored" + tag)
	k.shr("i", 2)
	k.ifZero("i", "few"+tag)
	k.label("terms" + tag)
	k.terms(4)
	k.countDown("i", "terms"+tag)
	k.label("few" + tag)
	k.andImm("t", 3)
	k.ifZero("t", "summed"+tag)
	k.label("term" + tag)
	k.terms(1)
	k.countDown("t", "term"+tag)
	k.label("summed" + tag)
}

// terms adds so many terms.
func (k *halves) terms(n int) {
	k.askNext(n)
	for step := range n {
		for c, b := range k.b {
			k.load(b, k.place(step, c))
		}
		k.multiply()
	}
	k.addImm("y", n*k.rowBytes())
}

// multiply adds a term, of which the factors of columns are loaded. A third of the rows multiply by a register: Zen 4 does
// best with none or few, others have two loads for two FMAs.
func (k *halves) multiply() {
	for r, row := range k.acc {
		m := at([]string{"x", "x3"}[r/3], 0)
		if r%3 > 0 {
			m.index, m.scale = "rs", r%3
		}
		if r%4 != 0 {
			for c, acc := range row {
				k.fmaddBroadcast(acc, k.b[c], m)
			}
			continue
		}
		a := k.free[r/4]
		k.broadcast(a, m)
		for c, acc := range row {
			k.fmadd(acc, a, k.b[c])
		}
	}
	k.addReg("x", "ts")
	k.addReg("x3", "ts")
}

// nextHalf takes the pointers to the other half of the tile, or to the next tile.
func (k *halves) nextHalf() {
	half := k.rows * k.rowBytes()
	k.loadArg("n", "r")
	k.loadArg("t", "rs") // six rows of it
	k.shl("t", 1)
	k.move("s", "t")
	k.addReg("t", "s")
	k.addReg("t", "s")
	k.loadArg("x", "x")
	k.loadArg("dst", "dst")
	k.loadArg("u", "u")
	k.ifBit("n", 0, true, "lower")
	k.addReg("x", "t")
	k.addImm("dst", half)
	k.addImm("u", half)
	k.jump("upper")
	k.label("lower")
	k.subReg("x", "t")
	k.loadArg("t", "a")
	k.addReg("x", "t")
	k.loadArg("t", "d")
	k.addReg("dst", "t")
	k.addImm("dst", -half)
	k.addImm("u", -half)
	k.label("upper")
	k.storeArg("x", "x")
	k.storeArg("dst", "dst")
	k.storeArg("u", "u")
}

// halvesDispatch writes the function that calls it. It returns false where there is none.
func halvesDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc halves%v(%s) bool {\n", w, fmt.Sprintf(halvesParameters, (&micro{w: w}).elements()))
	for _, t := range targets {
		if hasHalves(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\thalves%v%s(%s)\n\t\treturn true\n\t}\n", t.suffix(), w, t.suffix(), halvesArguments)
		}
	}
	return text + "\treturn false\n}\n"
}
