package main

import "fmt"

// micro is the microkernel of matrix products: it evaluates nodes of the canonical
// tree for a tile of the product, rows x columns elements side by side. The panels of A
// and B hold, for each term k in turn, the factors of all rows and of all columns.
//
// The tree comes as a program of one word a leaf, in ascending order: the number of its
// terms, and in the upper half how many nodes it completes. The stack holds the values of
// nodes that wait for their right siblings, tile after tile:
//
//	for each leaf:  c = +0; for its k ascending: c = FMA(a[k], b[k], c)
//	                as often as it completes a node: c = pop() + c
//	                push(c)
//
// What is left on the stack, one tile for each node, is the result.
type micro struct {
	target
	w             width
	rows, columns int // columns in vectors
	acc           [][]reg
	b             []reg
	free          []reg
}

// unrolledTerms is the number of terms that the inner loop takes at a time.
const unrolledTerms = 4

// tile returns the shape of the tile: as many accumulators as registers allow beside
// the factors of one term. Two fused multiply-adds a cycle of four cycles latency keep
// eight accumulators busy; more rows and columns spare loads.
func (k *micro) tile() (rows, columns int) {
	switch k.registers() {
	case 16:
		return 6, 2 // 12, with 2 vectors of B and 2 of A
	case 32:
		return 12, 2 // 24, with 2 and 6
	}
	return 8, 3 // 24 of NEON's, with 3 and 4
}

func emitMicro(t target, w width) string {
	k := &micro{target: t, w: w}
	t.setWidth(w)
	k.rows, k.columns = k.tile()
	for r := t.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	k.emit()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, x, y *%s, p *uint64, n int)\n", k.name(), k.suffix(), k.elements())
}

func (k *micro) name() string { return fmt.Sprintf("micro%v", k.w) }

func (k *micro) elements() string { return map[width]string{f64: "float64", f32: "float32"}[k.w] }

func (k *micro) alloc() reg {
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

// rowBytes is a row of a tile.
func (k *micro) rowBytes() int { return k.columns * k.vectorBytes() }

func (k *micro) emit() {
	k.prologue(k.name(), []string{"dst", "x", "y", "p", "n"}, 0, 0)
	for range k.rows {
		var row []reg
		for range k.columns {
			row = append(row, k.alloc())
		}
		k.acc = append(k.acc, row)
	}
	for range k.columns {
		k.b = append(k.b, k.alloc())
	}
	k.label("leaf")
	k.each(func(acc reg, _ mem) { k.target.zero(acc) })
	k.loadScalar("c", at("p", 0))
	k.move("i", "c")
	k.shl("i", 32)
	k.shr("i", 32)
	k.shr("c", 32)
	k.addImm("p", 8)
	k.move("t", "i")
	k.shr("i", 2)
	k.ifZero("i", "few")
	k.label("terms")
	k.terms(unrolledTerms)
	k.countDown("i", "terms")
	k.label("few")
	k.andImm("t", unrolledTerms-1)
	k.ifZero("t", "joins")
	k.label("term")
	k.terms(1)
	k.countDown("t", "term")
	k.label("joins")
	k.ifZero("c", "push")
	k.label("join")
	k.addImm("dst", -k.rows*k.rowBytes())
	k.each(func(acc reg, m mem) { k.addMem(acc, acc, m) })
	k.countDown("c", "join")
	k.label("push")
	k.each(func(acc reg, m mem) { k.store(m, acc) })
	k.addImm("dst", k.rows*k.rowBytes())
	k.countDown("n", "leaf")
	k.epilogue()
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
	for step := range n {
		for c, b := range k.b {
			k.load(b, at("y", step*k.rowBytes()+c*k.vectorBytes()))
		}
		for r, row := range k.acc {
			a := k.free[r%len(k.free)]
			k.broadcast(a, at("x", (step*k.rows+r)*k.w.lane()))
			for c, acc := range row {
				k.fmadd(acc, a, k.b[c])
			}
		}
	}
	k.addImm("x", n*k.rows*k.w.lane())
	k.addImm("y", n*k.rowBytes())
}
