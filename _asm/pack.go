package main

import (
	"fmt"
	"math/bits"
)

// pack is the kernels that bring matrices into panels and products out of tiles. They move
// numbers; finish alone computes.
type pack struct {
	target
	w width
}

func (k *pack) elements() string { return map[width]string{f64: "float64", f32: "float32"}[k.w] }

// group is the rows that are transposed together: those of 16 bytes.
func (k *pack) group() int { return 16 / k.w.lane() }

func emitPack(t target, w width) string {
	t.setWidth(w)
	k := &pack{t, w}
	k.gather()
	k.gather16()
	k.copyRows()
	k.finish(false)
	k.finish(true)
	declarations := ""
	for _, kernel := range packKernels {
		declarations += fmt.Sprintf("\n//go:noescape\nfunc %s%v%s(%s)\n", kernel.name, w, t.suffix(), fmt.Sprintf(kernel.parameters, k.elements()))
	}
	return declarations
}

// gather transposes rows of 16 bytes' worth: for n vectors of terms,
//
//	dst[k*t + i] = x[i*s + k], s and t in bytes
func (k *pack) gather() {
	k.prologue(fmt.Sprintf("gather%v", k.w), []string{"dst", "x", "s", "n", "t"}, 0, 0)
	rows := []string{"x", "q", "i", "u"}[:k.group()]
	for i := 1; i < k.group(); i++ {
		k.move(rows[i], rows[i-1])
		k.addReg(rows[i], "s")
	}
	k.move("p", "s")
	k.shl("p", bits.Len(uint(k.group()))-1)
	k.label("vector")
	regs := []reg{0, 1, 2, 3}[:k.group()]
	for i, r := range regs {
		k.load(r, at(rows[i], 0))
		k.prefetchFrom(rows[i], "p", 0) // the rows of the next group
		k.addImm(rows[i], k.vectorBytes())
	}
	if k.group() == 4 {
		k.interleave(4, 5, 0, 1, 4) // rows 0 and 1
		k.interleave(6, 7, 2, 3, 4)
		k.interleave(0, 1, 4, 6, 8) // terms 0 and 1 of each 16 bytes
		k.interleave(2, 3, 5, 7, 8)
	} else {
		k.interleave(2, 3, 0, 1, 8)
		regs = []reg{2, 3}
	}
	for part := range k.vectorBytes() / 16 {
		for _, r := range regs {
			k.storePart(at("dst", 0), r, part)
			k.addReg("dst", "t")
		}
	}
	k.countDown("n", "vector")
	k.epilogue()
}

// gather16 transposes 16 rows, n times 16 bytes of each:
//
//	dst[k*t + i] = x[i*s + k], s and t in bytes
func (k *pack) gather16() {
	way := across{k.target, k.w}
	k.prologue(fmt.Sprintf("gather16%v", k.w), []string{"dst", "x", "s", "n", "t"}, 0, 0)
	k.move("y", "x")
	k.move("u", "t")
	k.move("c", "t")
	k.shl("c", bits.Len(uint(way.group()))-1)
	way.begin()
	k.move("i", "n")
	reload, moved := func() { k.move("i", "n") }, func(int) {}
	take := func(_, groups, group, term, v int, b reg) {
		k.store(at("dst", v*k.vectorBytes()), b)
		k.addReg("dst", "u")
		if group == groups-1 && term == way.group()-1 && v < way.vectors()-1 {
			for range groups { // back to the first term
				k.subReg("dst", "c")
			}
		}
	}
	if k.vectorBytes() < line {
		way.all(reload, moved, 0, take)
	} else {
		way.linesAndRest(func() {
			way.nextLine(func(_, v int, b reg) {
				k.store(at("dst", v*k.vectorBytes()), b)
				if v == way.vectors()-1 {
					k.addReg("dst", "u")
				}
			})
		}, reload, moved, 0, take)
	}
	k.epilogue()
}

// copyRows copies the columns of a panel from n rows:
//
//	dst[k*t + j] = x[k*s + j], s and t in bytes
func (k *pack) copyRows() {
	_, columns := tile(k.target)
	k.prologue(fmt.Sprintf("copyRows%v", k.w), []string{"dst", "x", "s", "n", "t"}, 0, 0)
	k.move("q", "s")
	k.shl("q", 4)
	k.label("row")
	for off := 0; off < columns*k.vectorBytes(); off += line {
		k.prefetchFrom("x", "q", off) // some rows ahead: no processor looks that far
		k.prefetch(at("dst", off+ahead))
	}
	for c := range columns {
		k.load(reg(c), at("x", c*k.vectorBytes()))
	}
	for c := range columns {
		k.store(at("dst", c*k.vectorBytes()), reg(c))
	}
	k.addReg("x", "s")
	k.addReg("dst", "t")
	k.countDown("n", "row")
	k.epilogue()
}

// finish makes elements of n rows of a tile, whose columns are those of a panel:
//
//	dst[i*s + j] = canonical(RN(p[0] * (x[i*t + j] + 0)) [+ RN(p[1] * dst[i*s + j])])
func (k *pack) finish(add bool) {
	name := "finish"
	if add {
		name = "finishAdd"
	}
	_, columns := tile(k.target)
	k.prologue(fmt.Sprintf("%s%v", name, k.w), []string{"dst", "x", "s", "n", "t", "p"}, 0, 0)
	const zero, alpha, beta, nan = 15, 14, 13, 12
	k.zero(zero)
	k.broadcast(alpha, at("p", 0))
	k.broadcast(beta, at("p", k.w.lane()))
	k.broadcast(nan, at("p", 2*k.w.lane()))
	k.label("row")
	for c := range columns {
		v, w := reg(3*c), reg(3*c+1)
		k.load(v, at("x", c*k.vectorBytes()))
		k.target.add(v, v, zero)
		k.mul(v, v, alpha)
		if add {
			k.load(w, at("dst", c*k.vectorBytes()))
			k.mul(w, w, beta)
			k.target.add(v, v, w)
		}
		k.canonical(v, w, nan)
		k.store(at("dst", c*k.vectorBytes()), v)
	}
	k.addReg("x", "t")
	k.addReg("dst", "s")
	k.countDown("n", "row")
	k.epilogue()
}
