package gemm

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// addProducts adds the products of each element to its exact sum.
//
// Of float32 they are exact in float64, and DoubleDouble's sums of them, tile by tile, nearly always
// are: h + l holds what is on a lattice of 2^-100 of it (see lattices), which leaves 26 powers of two
// for the sizes of the numbers in a row, and as many in a column. Elements of which that is not
// certain are evaluated by themselves, and so are all of float64.
func (p *Partial[T]) addProducts(o Options, a Matrix[T], w *Weights[T]) {
	if kernel.Is64[T]() {
		p.eachElement(o, a, w, func(at int, x, y []T) { addExact(&p.exact[at], x, y) })
		return
	}
	var columns vectors[T]
	columns.prepare(o.Threads, w.k)
	z, owner := lend[float64](o.Workspace, forExact, makeCertifier[float64])
	z.owner = owner
	defer z.release()
	z.a, z.b = leftOperand[float64]{Matrix: widened(a)}, rightOperand[float64]{b: widenedWeights(w), trans: true}
	place := Whole(w.k, o.Order)
	z.d = float64(place.Leaf + bits.Len(uint(place.leaves(w.k).Len())) + 1)
	z.measure(o.Threads)
	z.folds.order, z.folds.program, z.folds.a, z.folds.b = reduce.DoubleDouble, compileRoot(nil, place, w.k), z.a, z.b
	z.folds.put = func(_, i, j int, h, l []float64) {
		for c := range h {
			sum := &p.exact[i*w.n+j+c]
			if z.isExact(i, j+c) {
				sum.Add(h[c])
				sum.Add(l[c])
				continue
			}
			v := columns.take()
			rightOperand[T]{w: w}.column(j+c, v.data)
			addExact(sum, a.Row(i), v.data)
			v.give()
		}
	}
	z.folds.run(o.Threads)
}

// widened is the matrix in float64.
func widened[T Float](x Matrix[T]) Matrix[float64] {
	out := NewMatrix[float64](x.Rows, x.Cols)
	for i := range x.Rows {
		for k, v := range x.Row(i) {
			out.Row(i)[k] = float64(v)
		}
	}
	return out
}

// widenedWeights is the transpose of the weights in float64.
func widenedWeights[T Float](w *Weights[T]) Matrix[float64] {
	column, out := make([]T, w.k), NewMatrix[float64](w.n, w.k)
	for j := range w.n {
		rightOperand[T]{w: w}.column(j, column)
		for k, v := range column {
			out.Row(j)[k] = float64(v)
		}
	}
	return out
}
