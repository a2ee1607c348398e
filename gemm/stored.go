package gemm

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/pages"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// Stored is the type in which weights are stored: a product widens them on the way in,
// exactly, and computes in float32.
type Stored uint8

const (
	BFloat16 Stored = Stored(kernel.BFloat16) // the upper half of a float32
	Float16  Stored = Stored(kernel.Float16)  // IEEE 754 binary16
)

func (s Stored) String() string {
	return map[Stored]string{BFloat16: "bfloat16", Float16: "float16"}[s]
}

// StoredMatrix is a row-major matrix of numbers of 16 bits. Element (i, j) is
// Data[i*Stride+j].
type StoredMatrix struct {
	Rows, Cols, Stride int
	Data               []uint16
}

// PackStored prepares op(b), the rows [place.From, place.From+rows) of a contraction, without
// widening it: it takes half the memory of float32, and a product of few rows half the
// time, as memory bounds it. The bits of a product are those of the widened weights, in
// every order but Shuffled, which is an error. Native multiplies by them in that order. It packs on
// so many goroutines, at most; 0 means 1.
func PackStored(order reduce.Order, threads int, of Stored, b StoredMatrix, trans bool, place Contraction) (Packed[float32], error) {
	if of != BFloat16 && of != Float16 {
		return nil, fmt.Errorf("gemm: weights stored as type %d: want BFloat16 or Float16", of)
	}
	if threads < 0 {
		return nil, fmt.Errorf("gemm: %d threads: want 0 or more", threads)
	}
	shape := Matrix[float32]{Rows: b.Rows, Cols: b.Cols, Stride: b.Stride}
	if err := shape.checkLen("B", len(b.Data)); err != nil {
		return nil, err
	}
	k, cols := shape.op(trans)
	if err := place.check(k); err != nil {
		return nil, err
	}
	if permutation(order, k) != nil {
		return nil, fmt.Errorf("gemm: stored weights in order %v: want one that folds the terms as they lie", order)
	}
	w := &Weights[float32]{place: place, order: packing(order), stored: kernel.Storage(of)}
	w.shape(k, cols)
	w.halves = pages.Make[uint16](w.panelCount() * w.tile.Cols * k)
	if k > 0 {
		parallel.For(packThreads(threads, len(w.halves)), w.panelCount(), func(p int) { w.packStored(p, b, trans) })
	}
	return w, nil
}

// packStored packs the p-th panel, which is zero.
func (w *Weights[T]) packStored(p int, b StoredMatrix, trans bool) {
	cols, j := w.tile.Cols, p*w.tile.Cols
	panel, present := w.halves[j*w.k:][:cols*w.k], min(cols, w.n-j)
	for k := range w.k {
		row := panel[k*cols:][:present]
		if !trans {
			copy(row, b.Data[k*b.Stride+j:])
			continue
		}
		for i := range row {
			row[i] = b.Data[(j+i)*b.Stride+k]
		}
	}
}
