package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// folds evaluates a program over two numbers an element, a sum and its correction, for
// all elements of a product, tile by tile: the compensated orders. A step takes ten times
// as long as a fused multiply-add, so that memory is no matter: a tile is evaluated over
// all terms at once.
type folds[T Float] struct {
	fold    kernel.Fold
	program program
	a       Matrix[T] // op(A), rows contiguous
	w       *Weights[T]
	put     func(node, i, j int, h, l []T) // takes values of the node: columns j, j+1, ... of row i
}

// foldRows is the number of rows that a task takes through a panel: a multiple of those of
// all tiles.
const foldRows = 48

// run evaluates on so many goroutines.
func (f *folds[T]) run(threads int) {
	tile := kernel.FoldTile[T]()
	rows := (f.a.Rows + foldRows - 1) / foldRows
	panels := (f.w.n + tile.Cols - 1) / tile.Cols
	each := max(1, rows*panels/(max(1, threads)*tasksEach))
	groups := (panels + each - 1) / each
	parallel.For(threads, rows*groups, func(k int) {
		i, p := k%rows*foldRows, k/rows*each
		f.task(tile, i, min(i+foldRows, f.a.Rows), p, min(p+each, panels))
	})
}

// task evaluates the rows [i0, i1) by the panels [p0, p1).
func (f *folds[T]) task(tile kernel.Tile, i0, i1, p0, p1 int) {
	high := (i1 - i0 + tile.Rows - 1) / tile.Rows
	n := tile.Rows * f.w.k
	nStack := 2 * f.program.depth * tile.Size()
	scratch := take[T](nStack + high*n + tile.Cols*f.w.k)
	defer give(scratch)
	stack, rows, columns := (*scratch)[:nStack], (*scratch)[nStack:][:high*n], (*scratch)[nStack+high*n:]
	for i := range high {
		packRows(rows[i*n:][:n], f.a, i0+i*tile.Rows, i1, 0, tile.Rows)
	}
	for p := p0; p < p1; p++ {
		factors := panelOf(f.w, tile.Cols, p, 0, f.w.k, columns)
		for i := range high {
			for _, b := range f.program.blocks {
				kernel.MicroFold(f.fold, tile, stack, b.depth, rows[i*n:][b.lo*tile.Rows:b.hi*tile.Rows], factors[b.lo*tile.Cols:b.hi*tile.Cols], b.words)
			}
			f.finish(tile, stack, i0+i*tile.Rows, i1, p*tile.Cols)
		}
	}
}

// finish hands on the values of all nodes of the tile at row i and column j.
func (f *folds[T]) finish(tile kernel.Tile, stack []T, i, end, j int) {
	cols := min(tile.Cols, f.w.n-j)
	for node := range f.program.nodes {
		h, l := stack[2*node*tile.Size():], stack[(2*node+1)*tile.Size():]
		for r := range min(tile.Rows, end-i) {
			f.put(node, i+r, j, h[r*tile.Cols:][:cols], l[r*tile.Cols:][:cols])
		}
	}
}

// multiplyFolds sets C from the order's compensated sums of a and w.
func multiplyFolds[T Float](o Options, f finish[T], a Matrix[T], w *Weights[T], c Matrix[T]) {
	t := folds[T]{fold: kernel.PairsFold, program: w.chain, a: a, w: w}
	switch o.Order.Kind() {
	case reduce.KindKahan:
		t.fold = kernel.KahanFold
		t.put = func(_, i, j int, h, _ []T) { f.put(c.Row(i)[j:][:len(h)], h) }
	case reduce.KindNeumaier:
		t.fold = kernel.NeumaierFold
		t.put = func(_, i, j int, h, l []T) {
			for k := range h {
				h[k] = neumaier(h[k], l[k], a.Row(i), w, j+k)
			}
			f.put(c.Row(i)[j:][:len(h)], h)
		}
	default:
		t.program = w.tree
		t.put = func(_, i, j int, h, l []T) {
			for k := range h {
				h[k] = reduce.FinishPair(h[k], l[k])
			}
			f.put(c.Row(i)[j:][:len(h)], h)
		}
	}
	t.run(o.Threads)
}

// neumaier finishes Neumaier's sum of x by column j. Where the correction is not finite,
// something overflowed, and the sum is evaluated as published, branch by branch.
func neumaier[T Float](h, l T, x []T, w *Weights[T], j int) T {
	if kernel.IsFinite(l) {
		return reduce.FinishPair(h, l)
	}
	y, stride := w.column(j)
	return reduce.FoldProducts(reduce.KindNeumaier, x, y, stride)
}

// column returns the factors of column j, of which each is so far from the last.
func (w *Weights[T]) column(j int) (y []T, stride int) {
	return w.panel(j / w.tile.Cols)[j%w.tile.Cols:], w.tile.Cols
}
