package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// folds evaluates the orders whose elements are more than one sum of T (compensated sums, bins)
// for all elements of a product, tile by tile. A step takes five to ten times as long as a fused
// multiply-add, so that memory is no matter: a tile is evaluated over all terms at once. It keeps
// its scratch for the next product.
type folds[T Float] struct {
	order   reduce.Order
	program program // of compensated sums
	a       leftOperand[T]
	b       rightOperand[T]

	// What becomes of the two numbers of each element: put takes those of the node and of columns j, j+1,
	// ... of row i. Where it is nil, those of node 0 are finished into c.
	put    func(node, i, j int, h, l []T)
	finish finish[T]
	c      Matrix[T]

	owner        *Workspace // which the scratch belongs to, or nil
	tile         kernel.Tile
	depth        int // of the stack, in values
	rows, panels int // blocks of rows, and panels
	each         int // panels of a task
	loop         *parallel.Loop
	words        []uint64
	workers      []foldWorker[T]
	spare        vectors[T]
}

// foldWorker is the scratch of a goroutine.
type foldWorker[T Float] struct {
	all  []T
	bins *kernel.BinnedTile
}

// foldRows is the number of rows that a task takes through a panel: a multiple of those of
// all tiles.
const foldRows = 48

// foldsFrom returns what evaluates such products, with the workspace's scratch or that of an
// earlier product.
func foldsFrom[T Float](w *Workspace) *folds[T] {
	f, owner := lend[T](w, forFolds, makeFolds[T])
	f.owner = owner
	return f
}

func makeFolds[T Float]() *folds[T] {
	f := &folds[T]{}
	f.loop = parallel.NewLoop(f.part)
	return f
}

// clear keeps nothing alive but scratch.
func (f *folds[T]) clear() {
	f.program, f.a, f.b, f.put, f.c = program{}, leftOperand[T]{}, rightOperand[T]{}, nil, Matrix[T]{}
}

func (f *folds[T]) release() {
	f.clear()
	owner := f.owner
	f.owner = nil
	takeBack[T](f, owner, forFolds)
}

func (f *folds[T]) bytes() int {
	n := 8*cap(f.words) + f.spare.bytes()
	for _, w := range f.workers {
		n += cap(w.all) * sizeOf[T]()
		if w.bins != nil {
			n += sizeOfBins
		}
	}
	return n
}

// run evaluates on so many goroutines.
func (f *folds[T]) run(threads int) {
	f.depth = 1
	depth := 0
	for _, word := range f.program.words {
		f.depth = max(f.depth, depth+1) // a leaf is evaluated on top, before it completes nodes
		depth += 1 - int(word>>32)
	}
	f.tile = kernel.FoldTile[T]()
	if f.byElement() {
		f.tile.Cols = 1
	}
	f.rows, f.panels = ceil(f.a.rows(), foldRows), ceil(f.b.cols(), f.tile.Cols)
	f.each = max(1, f.rows*f.panels/(max(1, threads)*tasksEach))
	parts := f.rows * ceil(f.panels, f.each)
	f.prepare(max(1, min(threads, parts)))
	f.loop.Run(threads, parts)
}

// prepare makes the scratch of so many goroutines, so that it is no matter which of them take parts.
func (f *folds[T]) prepare(goroutines int) {
	k := f.a.cols()
	f.spare.prepare(goroutines, 2*k)
	if f.byElement() {
		return
	}
	high := ceil(min(foldRows, f.a.rows()), f.tile.Rows)
	for len(f.workers) < goroutines {
		f.workers = append(f.workers, foldWorker[T]{})
	}
	for i := range f.workers[:goroutines] {
		w := &f.workers[i]
		grow(&w.all, 2*f.depth*f.tile.Size()+(high*f.tile.Rows+f.tile.Cols)*k)
		if w.bins == nil && f.order.Kind() == reduce.KindBinned {
			w.bins = new(kernel.BinnedTile)
		}
	}
}

// part evaluates a block of rows by some panels.
func (f *folds[T]) part(worker, part int) {
	i0, p0 := part%f.rows*foldRows, part/f.rows*f.each
	i1, p1 := min(i0+foldRows, f.a.rows()), min(p0+f.each, f.panels)
	if f.byElement() {
		f.dots(i0, i1, p0, p1)
		return
	}
	f.task(&f.workers[worker], i0, i1, p0, p1)
}

// task evaluates the rows [i0, i1) by the panels [p0, p1).
func (f *folds[T]) task(w *foldWorker[T], i0, i1, p0, p1 int) {
	k, high := f.a.cols(), ceil(i1-i0, f.tile.Rows)
	n, nStack := f.tile.Rows*k, 2*f.depth*f.tile.Size()
	stack, rows, columns := w.all[:nStack], w.all[nStack:][:high*n], w.all[nStack+high*n:][:f.tile.Cols*k]
	for t := range high {
		i := i0 + t*f.tile.Rows
		packRows(rows[t*n:][:n], f.tile.Rows, f.a.Matrix, f.a.trans, i, min(f.tile.Rows, i1-i), 0, k)
	}
	for p := p0; p < p1; p++ {
		factors := f.b.panel(f.tile.Cols, p, columns)
		for t := range high {
			i, x := i0+t*f.tile.Rows, rows[t*n:][:n]
			if f.order.Kind() == reduce.KindBinned {
				f.binned(w, i, i1, p*f.tile.Cols, x, factors)
				continue
			}
			kernel.MicroFold(foldOf(f.order), f.tile, stack, 0, x, factors, f.program.words)
			f.give(stack, i, i1, p*f.tile.Cols)
		}
	}
}

// foldOf returns the fold of the order's microkernel.
func foldOf(order reduce.Order) kernel.Fold {
	switch order.Kind() {
	case reduce.KindKahan:
		return kernel.KahanFold
	case reduce.KindNeumaier:
		return kernel.NeumaierFold
	}
	return kernel.PairsFold
}

// give hands on the values of all nodes of the tile at row i and column j.
func (f *folds[T]) give(stack []T, i, end, j int) {
	cols := min(f.tile.Cols, f.b.cols()-j)
	for node := range f.program.nodes {
		h, l := stack[2*node*f.tile.Size():], stack[(2*node+1)*f.tile.Size():]
		for r := range min(f.tile.Rows, end-i) {
			h, l := h[r*f.tile.Cols:][:cols], l[r*f.tile.Cols:][:cols]
			if f.put != nil {
				f.put(node, i+r, j, h, l)
			} else {
				f.finishRow(i+r, j, h, l)
			}
		}
	}
}

// finishRow finishes the sums of columns j, j+1, ... of row i, leaving them in h.
func (f *folds[T]) finishRow(i, j int, h, l []T) {
	switch f.order.Kind() {
	case reduce.KindNeumaier:
		for k := range h {
			h[k] = f.neumaier(h[k], l[k], i, j+k)
		}
	case reduce.KindDoubleDouble:
		for k := range h {
			h[k] = reduce.FinishPair(h[k], l[k])
		}
	}
	f.finish.put(f.c.Row(i)[j:][:len(h)], h)
}

// neumaier finishes Neumaier's sum of an element, whose correction was formed by TwoSum, without a
// branch. Where that is not finite, something overflowed, and the sum is evaluated as published,
// branch by branch. That need not be the sum: TwoSum(-1.5*u, largest), u the last place of the
// largest number, is largest - u, but takes -1.5*u from it on the way, which is an infinity.
func (f *folds[T]) neumaier(h, l T, i, j int) T {
	if kernel.IsFinite(l) {
		return reduce.FinishPair(h, l)
	}
	v := f.spare.take()
	defer v.give()
	x, y := v.rowAndColumn(f.a, i, f.b, j)
	return reduce.FoldProducts(reduce.KindNeumaier, x, y, 1)
}

// multiplyFolds sets C from the order's sums of a and b.
func multiplyFolds[T Float](o Options, fin finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	f := foldsFrom[T](o.Workspace)
	defer f.release()
	if o.Order.Kind() != reduce.KindBinned {
		f.program, f.words = extendedProgram(f.words, o.Order, place, a.cols(), b)
	}
	f.order, f.a, f.b, f.c, f.finish = o.Order, a, b, c, fin
	f.run(o.Threads)
}
