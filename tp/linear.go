package tp

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// ColumnParallel is a rank's share of a linear layer y = x*W + b whose columns are
// divided among the ranks. It needs all of x, gives the rank's columns of y, and
// exchanges nothing.
type ColumnParallel[T Float] struct {
	backend gemm.Backend[T]
	weights gemm.Packed[T]
	bias    []T // of the rank's columns, or nil
}

// NewColumnParallel takes the rank's columns of op(W), all K rows of them, [K, n], and
// of the bias, [n], which may be nil. Errors are those of Pack; a bias of another length
// is one.
func NewColumnParallel[T Float](b gemm.Backend[T], w gemm.Matrix[T], trans bool, bias []T) (*ColumnParallel[T], error) {
	k := w.Rows
	if trans {
		k = w.Cols
	}
	packed, err := b.Pack(w, trans, gemm.Whole(k, b.Order()))
	if err != nil {
		return nil, err
	}
	return ColumnParallelOf(b, packed, bias)
}

// ColumnParallelOf is NewColumnParallel of weights that the backend has packed.
func ColumnParallelOf[T Float](b gemm.Backend[T], w gemm.Packed[T], bias []T) (*ColumnParallel[T], error) {
	return &ColumnParallel[T]{b, w, bias}, checkBias(w, bias)
}

func checkBias[T Float](w gemm.Packed[T], bias []T) error {
	if _, n := w.Dims(); bias != nil && len(bias) != n {
		return fmt.Errorf("tp: bias of %d for %s", len(bias), plural.Of(n, "column"))
	}
	return nil
}

// Forward returns the rank's columns, [rows, n], of x*W + b, x being [rows, K]: the
// product, then the bias, a separate addition. Errors are those of the backend's Mul.
func (l *ColumnParallel[T]) Forward(x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	y := gemm.NewMatrix[T](x.Rows, l.Columns())
	return y, l.ForwardTo(y, x)
}

// ForwardTo is Forward into y, which may not share memory with x.
func (l *ColumnParallel[T]) ForwardTo(y, x gemm.Matrix[T]) error {
	if err := l.backend.Mul(x, l.weights, y); err != nil {
		return err
	}
	addBias(y, l.bias)
	return nil
}

// Columns returns the number of the rank's columns.
func (l *ColumnParallel[T]) Columns() int {
	_, n := l.weights.Dims()
	return n
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

// NewRowParallel takes the rank's rows of op(W), [k, N], which begin at row place.From of
// all place.K, and the whole bias, [N], which may be nil. Cuts between ranks must fall
// between leaves. Errors are those of Pack; a bias of another length is one.
func NewRowParallel[T Float](b gemm.Backend[T], w gemm.Matrix[T], trans bool, place gemm.Contraction, bias []T, fault Fault) (*RowParallel[T], error) {
	k := w.Rows
	if trans {
		k = w.Cols
	}
	packed, err := b.Pack(w, trans, RowPlace(place, k, fault))
	if err != nil {
		return nil, err
	}
	return RowParallelOf(b, packed, bias, fault)
}

// RowPlace returns the place at which a rank packs its k rows, which are those of place: the
// same but for a fault that has the rank round its part.
func RowPlace(place gemm.Contraction, k int, fault Fault) gemm.Contraction {
	if fault.breaksAllReduce() {
		return gemm.Contraction{K: k, Leaf: place.Leaf}
	}
	return place
}

// RowParallelOf is NewRowParallel of weights that the backend has packed, at their RowPlace.
func RowParallelOf[T Float](b gemm.Backend[T], w gemm.Packed[T], bias []T, fault Fault) (*RowParallel[T], error) {
	return &RowParallel[T]{b, w, bias, fault}, checkBias(w, bias)
}

// Forward returns x*W + b, [rows, N], from the rank's columns of x, [rows, k]. Besides
// errors of the backend it returns those of AllReducePartial, which name the rank.
func (l *RowParallel[T]) Forward(ctx context.Context, r *Rank, x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	return l.ForwardSeen(ctx, r, x, nil)
}

// ForwardSeen is Forward that shows seen, unless it is nil, what the rank
// contributes to the all-reduce: the product over the rank's terms, finished on its
// own. On one rank nothing is exchanged, and nothing shown. The matrix is only lent.
func (l *RowParallel[T]) ForwardSeen(ctx context.Context, r *Rank, x gemm.Matrix[T], seen func(part gemm.Matrix[T])) (gemm.Matrix[T], error) {
	y := gemm.NewMatrix[T](x.Rows, l.Columns())
	return y, l.ForwardTo(ctx, r, y, x, seen)
}

// ForwardTo is ForwardSeen into y.
func (l *RowParallel[T]) ForwardTo(ctx context.Context, r *Rank, y, x gemm.Matrix[T], seen func(part gemm.Matrix[T])) error {
	if r.Size() == 1 {
		seen = nil
	}
	if l.fault.breaksAllReduce() {
		return l.faulty(ctx, r, x, y, seen)
	}
	if r.Size() == 1 {
		if err := l.backend.Mul(x, l.weights, y); err != nil {
			return err
		}
	} else if err := l.reduced(ctx, r, x, y, seen); err != nil {
		return err
	}
	addBias(y, l.bias)
	return nil
}

// Columns returns the number of columns of y.
func (l *RowParallel[T]) Columns() int {
	_, n := l.weights.Dims()
	return n
}

// reduced sets y to the product over the terms of all ranks.
func (l *RowParallel[T]) reduced(ctx context.Context, r *Rank, x, y gemm.Matrix[T], seen func(part gemm.Matrix[T])) error {
	part, err := l.part(r, x)
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

// part returns the product over the rank's terms: in memory of the rank, if the backend is one
// that can. The others have read what it held, as they have sent the sums that they made of it.
func (l *RowParallel[T]) part(r *Rank, x gemm.Matrix[T]) (*gemm.Partial[T], error) {
	b, ok := l.backend.(interface {
		PartialTo(p *gemm.Partial[T], a gemm.Matrix[T], w gemm.Packed[T]) error
	})
	if !ok {
		return l.backend.Partial(x, l.weights)
	}
	p := &memoryOf[T](r).part
	return p, b.PartialTo(p, x, l.weights)
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
