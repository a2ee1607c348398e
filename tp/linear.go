package tp

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
)

// ColumnParallel is a rank's share of a linear layer y = x*W + b whose columns are
// divided among the ranks. It needs all of x, gives the rank's columns of y, and
// exchanges nothing.
type ColumnParallel[T Float] struct {
	backend gemm.Backend[T]
	weights gemm.Packed[T]
	bias    []T // of the rank's columns, or nil
}

// NewColumnParallel takes the rank's columns of op(W), all K rows of them, and of
// the bias, which may be nil.
func NewColumnParallel[T Float](b gemm.Backend[T], w gemm.Matrix[T], trans bool, bias []T) (*ColumnParallel[T], error) {
	k, n := w.Rows, w.Cols
	if trans {
		k, n = n, k
	}
	if bias != nil && len(bias) != n {
		return nil, fmt.Errorf("tp: bias of %d for %d columns", len(bias), n)
	}
	packed, err := b.Pack(w, trans, gemm.Whole(k, b.Order()))
	return &ColumnParallel[T]{b, packed, bias}, err
}

// Forward returns the rank's columns of x*W + b: the product, then the bias, a
// separate addition.
func (l *ColumnParallel[T]) Forward(x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	_, n := l.weights.Dims()
	y := gemm.NewMatrix[T](x.Rows, n)
	if err := l.backend.Mul(x, l.weights, y); err != nil {
		return y, err
	}
	addBias(y, l.bias)
	return y, nil
}

// RowParallel is a rank's share of a linear layer y = x*W + b whose rows, the
// terms of the contraction, are divided among the ranks. It needs the rank's
// columns of x and gives all of y, on every rank, through one all-reduce. The bias
// is added once, after it.
type RowParallel[T Float] struct {
	backend gemm.Backend[T]
	weights gemm.Packed[T]
	bias    []T
	fault   Fault
}

// NewRowParallel takes the rank's rows of op(W), which begin at row place.From of all
// place.K, and the whole bias, which may be nil. Cuts between ranks must fall
// between leaves.
func NewRowParallel[T Float](b gemm.Backend[T], w gemm.Matrix[T], trans bool, place gemm.Contraction, bias []T, fault Fault) (*RowParallel[T], error) {
	k, n := w.Rows, w.Cols
	if trans {
		k, n = n, k
	}
	if bias != nil && len(bias) != n {
		return nil, fmt.Errorf("tp: bias of %d for %d columns", len(bias), n)
	}
	if fault.breaksAllReduce() {
		place = gemm.Contraction{K: k, Leaf: place.Leaf} // a rank rounds its part
	}
	packed, err := b.Pack(w, trans, place)
	return &RowParallel[T]{b, packed, bias, fault}, err
}

// Forward returns x*W + b from the rank's columns of x.
func (l *RowParallel[T]) Forward(ctx context.Context, r *Rank, x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	return l.ForwardSeen(ctx, r, x, nil)
}

// ForwardSeen is Forward that shows seen, unless it is nil, what the rank
// contributes to the all-reduce: the product over the rank's terms, finished on its
// own. On one rank nothing is exchanged, and nothing shown. The matrix is only lent.
func (l *RowParallel[T]) ForwardSeen(ctx context.Context, r *Rank, x gemm.Matrix[T], seen func(part gemm.Matrix[T])) (gemm.Matrix[T], error) {
	_, n := l.weights.Dims()
	y := gemm.NewMatrix[T](x.Rows, n)
	if r.Size() == 1 {
		seen = nil
	}
	if l.fault.breaksAllReduce() {
		return y, l.faulty(ctx, r, x, y, seen)
	}
	if r.Size() == 1 {
		if err := l.backend.Mul(x, l.weights, y); err != nil {
			return y, err
		}
	} else if err := l.reduced(ctx, r, x, y, seen); err != nil {
		return y, err
	}
	addBias(y, l.bias)
	return y, nil
}

// reduced sets y to the product over the terms of all ranks.
func (l *RowParallel[T]) reduced(ctx context.Context, r *Rank, x, y gemm.Matrix[T], seen func(part gemm.Matrix[T])) error {
	part, err := l.backend.Partial(x, l.weights)
	if err != nil {
		return err
	}
	if seen != nil {
		alone := gemm.NewMatrix[T](y.Rows, y.Cols)
		part.Alone(alone.Data)
		seen(alone)
	}
	return AllReducePartial(ctx, r, part, y.Data)
}

// addBias adds the bias to each row.
func addBias[T Float](y gemm.Matrix[T], bias []T) {
	if bias == nil {
		return
	}
	for i := range y.Rows {
		kernel.AddTo(y.Row(i), bias)
	}
}
