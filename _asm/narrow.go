package main

import (
	"fmt"
	"strings"
)

// narrow is the kernels that make elements of float32 from a tile of float64. The columns of
// a panel of float64 are two vectors: one of float32.
type narrow struct {
	target
	narrower
}

// narrower is a target that has them.
type narrower interface {
	// narrow sets d to the lanes of lo and hi, rounded to float32.
	narrow(d, lo, hi, spare reg)
}

var narrowKernels = []struct{ name, parameters, arguments string }{
	{"finishWide", "dst *float32, x *float64, s, n, t int, p *float32", "dst, x, s, n, t, p"},
	{"finishWideAdd", "dst *float32, x *float64, s, n, t int, p *float32", "dst, x, s, n, t, p"},
	{"certify", "dst *float32, x, y, p *float64, u *uint64", "dst, x, y, p, u"},
}

func emitNarrow(t target) (declarations string) {
	n, ok := t.(narrower)
	if !ok {
		return ""
	}
	k := &narrow{t, n}
	k.finish(false)
	k.finish(true)
	k.certify()
	for _, kernel := range narrowKernels {
		declarations += fmt.Sprintf("\n//go:noescape\nfunc %s%s(%s)\n", kernel.name, t.suffix(), kernel.parameters)
	}
	return declarations
}

// finish is pack.finish of sums that are rounded to float32 first. It prefetches as many rows below
// meanwhile: a tower's next tile finds them in the cache.
func (k *narrow) finish(add bool) {
	name := "finishWide"
	if add {
		name = "finishWideAdd"
	}
	k.setWidth(f32)
	k.prologue(name, []string{"dst", "x", "s", "n", "t", "p"}, 0, 0)
	const zero, alpha, beta, nan = 15, 14, 13, 12
	k.zero(zero)
	k.broadcast(alpha, at("p", 0))
	k.broadcast(beta, at("p", 4))
	k.broadcast(nan, at("p", 8))
	k.move("i", "n")
	k.moveImm("q", 0)
	k.label("below")
	k.addReg("q", "s")
	k.countDown("i", "below")
	k.label("row")
	k.prefetchFrom("dst", "q", 0)
	k.load(0, at("x", 0))
	k.load(1, at("x", k.vectorBytes()))
	k.narrow(2, 0, 1, 3)
	k.add(2, 2, zero)
	k.mul(2, 2, alpha)
	if add {
		k.load(3, at("dst", 0))
		k.mul(3, 3, beta)
		k.add(2, 2, 3)
	}
	k.canonical(2, 3, nan)
	k.store(at("dst", 0), 2)
	k.addReg("x", "t")
	k.addReg("dst", "s")
	k.countDown("n", "row")
	k.epilogue()
}

// certify sets, for the columns of a panel, with the factors alpha and scale at p,
//
//	bound = scale*y; lower, upper = float32(alpha*x - bound), float32(alpha*x + bound); dst = lower
//
// and the words at u: ones where the two are equal and finite, and in the next vector ones
// where lower is a zero.
func (k *narrow) certify() {
	k.setWidth(f64)
	k.prologue("certify", []string{"dst", "x", "y", "p", "u"}, 0, 0)
	const alpha, scale = 15, 14
	k.broadcast(alpha, at("p", 0))
	k.broadcast(scale, at("p", 8))
	for c := range 2 {
		v, bound := reg(2*c), reg(2*c+1)
		k.load(v, at("x", c*k.vectorBytes()))
		k.load(bound, at("y", c*k.vectorBytes()))
		k.mul(v, v, alpha)
		k.mul(bound, bound, scale)
		k.sub(reg(4+c), v, bound)
		k.add(reg(6+c), v, bound)
	}
	k.setWidth(f32)
	k.narrow(8, 4, 5, 0)
	k.narrow(9, 6, 7, 0)
	k.store(at("dst", 0), 8)
	k.equal(0, 8, 9)
	k.sub(1, 8, 8)
	k.isPlusZero(2, 1) // a number less itself, unless it is no number
	k.and(0, 2)
	k.store(at("u", 0), 0)
	k.abs(8, 8)
	k.isPlusZero(1, 8)
	k.store(at("u", k.vectorBytes()), 1)
	k.epilogue()
}

// narrowDispatch writes the functions that call them, which return false where there is none.
func narrowDispatch(text *strings.Builder, targets []target) {
	for _, kernel := range narrowKernels {
		fmt.Fprintf(text, "\nfunc %s(%s) bool {\n", kernel.name, kernel.parameters)
		for _, t := range targets {
			if _, ok := t.(narrower); ok {
				fmt.Fprintf(text, "\tif active == %s {\n\t\t%s%s(%s)\n\t\treturn true\n\t}\n", t.suffix(), kernel.name, t.suffix(), kernel.arguments)
			}
		}
		fmt.Fprintf(text, "\treturn false\n}\n")
	}
}
