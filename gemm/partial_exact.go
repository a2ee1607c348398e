package gemm

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// widenedAtOnce is the number of weights, or the terms of one panel if those are more, that are
// widened to float64 at once.
const widenedAtOnce = 1 << 18

// addProducts adds the products of each element to its exact sum.
//
// Of float32 they are exact in float64, and DoubleDouble's sums of them, tile by tile, nearly always
// are: h + l holds what is on a lattice of 2^-100 of it (see lattices), which leaves 26 powers of two
// for the sizes of the numbers in a row, and as many in a column. Elements of which that is not
// certain are evaluated by themselves, and so are all of float64.
func addProducts[T Float](p *Partial[T], o Options, a Matrix[T], w *Weights[T]) {
	if kernel.Is64[T]() {
		eachElement(o, a, w, func(at int, x, y []T) { addExact(&p.exact[at], x, y) })
		return
	}
	z, owner := lend[float64](o.Workspace, forExact, makeCertifier[float64])
	z.owner = owner
	defer z.release()
	place := Whole(w.k, o.Order)
	z.program, z.words = extendedProgram(z.words, reduce.DoubleDouble, place, w.k, rightOperand[float64]{})
	z.d = float64(place.Leaf + bits.Len(uint(place.leaves(w.k).Len())) + 1)
	z.a = leftOperand[float64]{Matrix: widenMatrix(&z.left, a)}
	panels := max(1, widenedAtOnce/(w.k*w.tile.Cols))
	for first := 0; first < w.panelCount(); first += panels {
		addPanels(p, o, z, a, w, first, min(first+panels, w.panelCount()))
	}
}

// addPanels is addProducts for the columns of the panels [first, last), in which z finds what is exact.
func addPanels[T Float](p *Partial[T], o Options, z *certifier[float64], a Matrix[T], w *Weights[T], first, last int) {
	j0 := first * w.tile.Cols
	z.b = rightOperand[float64]{b: widenPanels(z, o.Threads, w, first, last), trans: true}
	z.measure(o.Threads)
	f := z.folds
	f.order, f.program, f.a, f.b = reduce.DoubleDouble, z.program, z.a, z.b
	f.put = func(_, i, j int, h, l []float64) {
		for c := range h {
			sum := &p.exact[i*w.n+j0+j+c]
			if z.isExact(i, j+c) {
				sum.Add(h[c])
				sum.Add(l[c])
				continue
			}
			column := take[T](w.k)
			rightOperand[T]{w: w}.column(j0+j+c, *column)
			addExact(sum, a.Row(i), *column)
			give(column)
		}
	}
	f.run(o.Threads)
}

// widenMatrix is the matrix in float64, in the scratch.
func widenMatrix[T Float](scratch *[]float64, x Matrix[T]) Matrix[float64] {
	out := Dense(x.Rows, x.Cols, grow(scratch, x.Rows*x.Cols))
	for i := range x.Rows {
		row := out.Row(i)
		for k, v := range x.Row(i) {
			row[k] = float64(v)
		}
	}
	return out
}

// widenPanels has the columns of the panels [first, last) as rows, in float64, in the scratch of z.
func widenPanels[T Float](z *certifier[float64], threads int, w *Weights[T], first, last int) Matrix[float64] {
	cols := w.tile.Cols
	n := min(last*cols, w.n) - first*cols
	out := Dense(n, w.k, grow(&z.right, n*w.k))
	z.stored.prepare(threads, w.bufferSize())
	parallel.For(packThreads(threads, n*w.k), last-first, func(p int) {
		v := z.stored.take()
		defer v.give()
		panel := w.panel(first+p, kernel.As[T](v.data))
		for j := p * cols; j < min((p+1)*cols, n); j++ {
			row := out.Row(j)
			for k := range row {
				row[k] = float64(panel[k*cols+j-p*cols])
			}
		}
	})
	return out
}
