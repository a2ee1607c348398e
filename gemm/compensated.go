package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// folds evaluates a program over two numbers an element, a sum and its correction, for
// all elements of a product, tile by tile: the compensated orders. A step takes five to ten
// times as long as a fused multiply-add, so that memory is no matter: a tile is evaluated
// over all terms at once.
type folds[T Float] struct {
	fold    kernel.Fold
	program program
	a       leftOperand[T]
	b       rightOperand[T]
	put     func(node, i, j int, h, l []T) // takes values of the node: columns j, j+1, ... of row i

	depth int // of the stack, in values
}

// foldRows is the number of rows that a task takes through a panel: a multiple of those of
// all tiles.
const foldRows = 48

// run evaluates on so many goroutines.
func (f *folds[T]) run(threads int) {
	depth := 0
	for _, word := range f.program.words {
		f.depth = max(f.depth, depth+1) // a leaf is evaluated on top, before it completes nodes
		depth += 1 - int(word>>32)
	}
	tile := kernel.FoldTile[T]()
	rows, panels := ceil(f.a.rows(), foldRows), ceil(f.b.cols(), tile.Cols)
	each := max(1, rows*panels/(max(1, threads)*tasksEach))
	parallel.For(threads, rows*ceil(panels, each), func(k int) {
		i, p := k%rows*foldRows, k/rows*each
		f.task(tile, i, min(i+foldRows, f.a.rows()), p, min(p+each, panels))
	})
}

// task evaluates the rows [i0, i1) by the panels [p0, p1).
func (f *folds[T]) task(tile kernel.Tile, i0, i1, p0, p1 int) {
	k, high := f.a.cols(), ceil(i1-i0, tile.Rows)
	n, nStack := tile.Rows*k, 2*f.depth*tile.Size()
	scratch := take[T](nStack + high*n + tile.Cols*k)
	defer give(scratch)
	stack, rows, columns := (*scratch)[:nStack], (*scratch)[nStack:][:high*n], (*scratch)[nStack+high*n:]
	for t := range high {
		i := i0 + t*tile.Rows
		packRows(rows[t*n:][:n], tile.Rows, f.a.Matrix, f.a.trans, i, min(tile.Rows, i1-i), 0, k)
	}
	for p := p0; p < p1; p++ {
		factors := f.b.panel(tile.Cols, p, columns)
		for t := range high {
			kernel.MicroFold(f.fold, tile, stack, 0, rows[t*n:][:n], factors, f.program.words)
			f.finish(tile, stack, i0+t*tile.Rows, i1, p*tile.Cols)
		}
	}
}

// finish hands on the values of all nodes of the tile at row i and column j.
func (f *folds[T]) finish(tile kernel.Tile, stack []T, i, end, j int) {
	cols := min(tile.Cols, f.b.cols()-j)
	for node := range f.program.nodes {
		h, l := stack[2*node*tile.Size():], stack[(2*node+1)*tile.Size():]
		for r := range min(tile.Rows, end-i) {
			f.put(node, i+r, j, h[r*tile.Cols:][:cols], l[r*tile.Cols:][:cols])
		}
	}
}

// multiplyFolds sets C from the order's compensated sums of a and b.
func multiplyFolds[T Float](o Options, f finish[T], p program, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	t := folds[T]{fold: kernel.PairsFold, program: p, a: a, b: b}
	switch o.Order.Kind() {
	case reduce.KindKahan:
		t.fold = kernel.KahanFold
		t.put = func(_, i, j int, h, _ []T) { f.put(c.Row(i)[j:][:len(h)], h) }
	case reduce.KindNeumaier:
		t.fold = kernel.NeumaierFold
		t.put = func(_, i, j int, h, l []T) {
			for k := range h {
				h[k] = neumaier(h[k], l[k], a, i, b, j+k)
			}
			f.put(c.Row(i)[j:][:len(h)], h)
		}
	default:
		t.put = func(_, i, j int, h, l []T) {
			for k := range h {
				h[k] = reduce.FinishPair(h[k], l[k])
			}
			f.put(c.Row(i)[j:][:len(h)], h)
		}
	}
	t.run(o.Threads)
}

// neumaier finishes Neumaier's sum of an element. Where the correction is not finite,
// something overflowed, and the sum is evaluated as published, branch by branch.
func neumaier[T Float](h, l T, a leftOperand[T], i int, b rightOperand[T], j int) T {
	if kernel.IsFinite(l) {
		return reduce.FinishPair(h, l)
	}
	x, y, buffer := vectors(a, i, b, j)
	defer vectorPool[T]().Put(buffer)
	return reduce.FoldProducts(reduce.KindNeumaier, x, y, 1)
}
