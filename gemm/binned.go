package gemm

import (
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

const sizeOfBins = int(unsafe.Sizeof(kernel.BinnedTile{}))

// byElement tells whether a microkernel has no such bins: those of float64, and of four of float32.
func (f *folds[T]) byElement() bool {
	return f.order.Kind() == reduce.KindBinned && (kernel.Is64[T]() || !kernel.HasBinnedTile(f.order.Fold()))
}

// dots sets the rows [i0, i1) of the columns [j0, j1) of C from binned sums: dot products of the
// rows, which kernels cut, and of copies of the columns.
func (f *folds[T]) dots(i0, i1, j0, j1 int) {
	k := f.a.cols()
	v := f.spare.take()
	defer v.give()
	x, y := v.data[:k], v.data[k:]
	for j := j0; j < j1; j++ {
		f.b.column(j, y)
		for i := i0; i < i1; i++ {
			row := f.c.Row(i)
			row[j] = f.finish.value(reduce.Dot(f.order, f.a.row(i, x), y), row[j])
		}
	}
}

// binned evaluates the tile at row i and column j from its packed factors. An element with a
// product that is not finite, or too large for the microkernel, is evaluated by itself.
func (f *folds[T]) binned(w *foldWorker[T], i, end, j int, x, y []T) {
	w.bins.Sum(f.order.Fold(), kernel.As[float32](x), kernel.As[float32](y))
	for r := range min(f.tile.Rows, end-i) {
		row := f.c.Row(i + r)[j:]
		for c := range min(f.tile.Cols, len(row)) {
			v, ok := w.bins.Value(r*f.tile.Cols + c)
			s := T(v)
			if !ok {
				s = f.dot(i+r, j+c)
			}
			row[c] = f.finish.value(s, row[c])
		}
	}
}

// dot evaluates the binned sum of an element.
func (f *folds[T]) dot(i, j int) T {
	v := f.spare.take()
	defer v.give()
	x, y := v.rowAndColumn(f.a, i, f.b, j)
	return reduce.Dot(f.order, x, y)
}
