package gemm

import (
	"sync"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// The order Arrival, leaf by leaf: no tiles, as it is there to be compared with.

// arrive evaluates the Arrival order: the leaves of K are handed out to the
// goroutines, and each adds its leaf's product to the sum as soon as it has it.
// What is added first is left to the scheduler.
func arrive[T Float](o Options, f finish[T], a Matrix[T], w *Weights[T], c Matrix[T]) {
	sum := NewMatrix[T](c.Rows, c.Cols)
	leaves := w.place.leaves(w.k)
	threads := max(1, min(o.Threads, leaves.Len()))
	scratch := make([]Matrix[T], threads)
	var mu sync.Mutex
	parallel.ForWorker(threads, leaves.Len(), func(worker, leaf int) {
		if scratch[worker].Data == nil {
			scratch[worker] = NewMatrix[T](c.Rows, c.Cols)
		}
		part := scratch[worker]
		leafProduct(part, a, w, leaves.Lo+leaf)
		mu.Lock()
		defer mu.Unlock()
		reduce.AddPlain(sum.Data, part.Data)
	})
	for i := range c.Rows {
		row := c.Row(i)
		for j := range row {
			row[j] = f.value(sum.Row(i)[j], row[j])
		}
	}
}

// leafProduct sets part to the product over one leaf.
func leafProduct[T Float](part, a Matrix[T], w *Weights[T], leaf int) {
	buffer := take[T](w.k * kernel.Panel)
	defer give(buffer)
	for p := range w.stripCount() {
		b := w.strip(p, *buffer)
		for i := range a.Rows {
			sa, sb := strip[T]{w.place, a.Row(i), b}.leaf(leaf)
			v := strip[T]{a: sa, b: sb}.chain()
			copy(part.Row(i)[p*kernel.Panel:], v[:])
		}
	}
}

// strip is one row of op(A) against one packed panel of op(B): the terms of
// kernel.Panel elements of the product, those of a part of a contraction.
type strip[T Float] struct {
	place Contraction
	a, b  []T
}

// leaf returns the terms of the leaf with that global index that are present.
func (s strip[T]) leaf(i int) (a, b []T) {
	first := i*s.place.Leaf - s.place.From
	lo, hi := max(first, 0), min(first+s.place.Leaf, len(s.a))
	return s.a[lo:hi], s.b[lo*kernel.Panel : hi*kernel.Panel]
}

// panel holds a number for each column of a strip.
type panel[T Float] [kernel.Panel]T

// chain is the left fold as one chain of fused multiply-adds from +0.
func (s strip[T]) chain() (c panel[T]) {
	kernel.Chain4((*[kernel.Panel]T)(&c), s.a, s.b)
	return c
}

// stripCount returns the number of strips, of kernel.Panel columns each.
func (w *Weights[T]) stripCount() int { return (w.n + kernel.Panel - 1) / kernel.Panel }

// strip returns the s-th strip, packed as a panel: in the buffer, which is k*kernel.Panel
// long, unless panels are strips.
func (w *Weights[T]) strip(s int, buffer []T) []T {
	if w.tile.Cols == kernel.Panel && w.stored == kernel.Working {
		size := w.k * kernel.Panel
		return w.panels[s*size : (s+1)*size]
	}
	for j := range kernel.Panel {
		column := s*kernel.Panel + j
		for k := range w.k {
			if column < w.n {
				buffer[k*kernel.Panel+j] = w.at(k, column)
			} else {
				buffer[k*kernel.Panel+j] = 0
			}
		}
	}
	return buffer
}
