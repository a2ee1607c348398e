package gemm

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/pages"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Packed is a right operand prepared by a Backend for many products.
type Packed[T Float] interface {
	// Dims returns the rows (terms of the contraction) and columns.
	Dims() (k, n int)
	// Place returns the place of the rows in the contraction.
	Place() Contraction
}

// Weights is op(B), or the part of it that holds the rows From to From+k of a
// contraction, packed in panels of a few columns, k rows each. The last panel is
// padded with zeros, which no result contains.
type Weights[T Float] struct {
	place  Contraction
	order  reduce.Order // in which the rows lie: see packing
	k, n   int
	tile   kernel.Tile // whose columns a panel has
	panels []T
	stored kernel.Storage // of the numbers; unless it is Working, they are in halves
	halves []uint16

	tree  program // of the whole contraction, if the rows are that
	chain program // of a left fold of the rows
}

// Dims returns the rows and columns of op(B).
func (w *Weights[T]) Dims() (k, n int) { return w.k, w.n }

// Place returns the place of the rows in the contraction.
func (w *Weights[T]) Place() Contraction { return w.place }

// panelCount returns the number of panels.
func (w *Weights[T]) panelCount() int { return (w.n + w.tile.Cols - 1) / w.tile.Cols }

// index returns where an element of op(B) lies.
func (w *Weights[T]) index(k, j int) int {
	return (j/w.tile.Cols*w.k+k)*w.tile.Cols + j%w.tile.Cols
}

// at returns an element of op(B).
func (w *Weights[T]) at(k, j int) T {
	i := w.index(k, j)
	if w.stored == kernel.Working {
		return w.panels[i]
	}
	var x [1]float32
	kernel.Widen(w.stored, x[:], w.halves[i:i+1])
	return T(x[0])
}

// bufferSize is the number of elements that panel widens.
func (w *Weights[T]) bufferSize() int {
	if w.stored == kernel.Working {
		return 0
	}
	return w.k * w.tile.Cols
}

// panel returns the p-th panel: as it was packed, or widened in the buffer of bufferSize elements or more.
func (w *Weights[T]) panel(p int, buffer []T) []T {
	size := w.k * w.tile.Cols
	if w.stored == kernel.Working {
		return w.panels[p*size:][:size]
	}
	kernel.Widen(w.stored, kernel.As[float32](buffer[:size]), w.halves[p*size:][:size])
	return buffer[:size]
}

// packAlone is the number of elements that one goroutine packs before others are there.
const packAlone = 1 << 15

// packThreads is how many of so many goroutines are to pack so many elements.
func packThreads(threads, elements int) int {
	if elements < packAlone {
		return 1
	}
	return threads
}

// pack packs op(b) on so many goroutines. Row k of the result is row rows[k] of op(b), or
// row k where rows is nil.
func pack[T Float](threads int, b Matrix[T], trans bool, place Contraction, rows []int) *Weights[T] {
	w := &Weights[T]{place: place}
	w.shape(b.op(trans))
	w.panels = pages.Make[T](w.panelCount() * w.tile.Cols * w.k)
	if w.k > 0 {
		parallel.For(packThreads(threads, len(w.panels)), w.panelCount(), func(p int) { w.packPanel(p, b, trans, rows) })
	}
	return w
}

// shape makes the weights k x n in the active backend's panels, without their numbers.
func (w *Weights[T]) shape(k, n int) {
	w.k, w.n, w.tile = k, n, kernel.MicroTile[T]()
	w.compile()
}

// packPanel packs the p-th panel.
func (w *Weights[T]) packPanel(p int, b Matrix[T], trans bool, rows []int) {
	cols := w.tile.Cols
	panel, present := w.panels[p*cols*w.k:][:cols*w.k], min(cols, w.n-p*cols)
	if rows == nil {
		packRows(panel, cols, b, !trans, p*cols, present, 0, w.k)
		return
	}
	for k, from := range rows {
		packRows(panel[k*cols:][:cols], cols, b, !trans, p*cols, present, from, 1)
	}
}

// compile makes the programs, unless there is no column to evaluate by them.
func (w *Weights[T]) compile() {
	if w.n == 0 {
		return
	}
	w.chain = compileChain(w.chain.words[:0], w.k)
	if w.k > 0 && (w.k == w.place.K || w.place.Growing && w.place.From+w.k == w.place.K) {
		w.tree = compileRoot(w.tree.words[:0], w.place, w.k)
	}
}

// left returns op(a) with contiguous rows. It shares the memory of a where nothing is to be moved.
func left[T Float](a Matrix[T], trans bool) Matrix[T] {
	if !trans {
		return a
	}
	m, k := a.op(trans)
	out := NewMatrix[T](m, k)
	for i := range m {
		row := out.Row(i)
		for c := range row {
			row[c] = a.Data[c*a.Stride+i]
		}
	}
	return out
}

// permutation returns the order of the terms in which Shuffled folds, else nil.
func permutation(order reduce.Order, k int) []int {
	if order.Kind() != reduce.KindShuffled {
		return nil
	}
	return reduce.Permutation(order.Seed(), k)
}

// packing returns what the order says about the places of packed rows: a Shuffled
// order permutes them, by its seed; for all others they lie as they are.
func packing(order reduce.Order) reduce.Order {
	if order.Kind() == reduce.KindShuffled {
		return reduce.Shuffled(order.Seed())
	}
	return reduce.Order{}
}

// checkComplete returns an error unless the weights hold their whole contraction.
func checkComplete[T Float](w Packed[T]) error {
	if k, n := w.Dims(); k != w.Place().K {
		return fmt.Errorf("gemm: weights of %d x %d hold a part of a contraction over %s: want all of it, or Partial", k, n, plural.Of(w.Place().K, "term"))
	}
	return nil
}

// checkProduct returns an error unless a times w has the shape of c.
func checkProduct[T Float](a Matrix[T], w Packed[T], rows, cols int) error {
	if err := a.check("A"); err != nil {
		return err
	}
	k, n := w.Dims()
	if a.Cols != k {
		return fmt.Errorf("gemm: A is %d x %d and the weights are %d x %d: the inner dimensions differ", a.Rows, a.Cols, k, n)
	}
	if rows != a.Rows || cols != n {
		return fmt.Errorf("gemm: C is %d x %d: want %d x %d", rows, cols, a.Rows, n)
	}
	return nil
}
