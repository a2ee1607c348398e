package tp

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/gemm"
)

// Table is a table of vectors, wherever they lie.
type Table[T Float] interface {
	Dims() (rows, cols int)
	// CopyRow sets dst, which is as long as a row, to row i.
	CopyRow(dst []T, i int) error
}

// MatrixTable returns the table of a matrix's rows, sharing memory.
func MatrixTable[T Float](m gemm.Matrix[T]) Table[T] { return rows[T]{m} }

type rows[T Float] struct{ gemm.Matrix[T] }

func (r rows[T]) Dims() (rows, cols int) { return r.Rows, r.Cols }

func (r rows[T]) CopyRow(dst []T, i int) error {
	copy(dst, r.Row(i))
	return nil
}

// Embedding looks vectors up in a table whose rows are divided among the ranks by
// Cut: a rank reads its own rows only, each when it is wanted.
type Embedding[T Float] struct {
	rows, width int
	table       Table[T]
}

// NewEmbedding takes the whole table, of which it reads nothing yet.
func NewEmbedding[T Float](table Table[T]) *Embedding[T] {
	rows, width := table.Dims()
	return &Embedding[T]{rows, width, table}
}

// Forward returns the vectors of the ids, one a row, on every rank. The owner of a
// row sends it; nobody adds zeros. An id outside the table is an error.
func (e *Embedding[T]) Forward(ctx context.Context, r *Rank, ids []int) (gemm.Matrix[T], error) {
	out := gemm.NewMatrix[T](len(ids), e.width)
	return out, e.ForwardTo(ctx, r, out, ids)
}

// ForwardTo is Forward into out, [ids, width].
func (e *Embedding[T]) ForwardTo(ctx context.Context, r *Rank, out gemm.Matrix[T], ids []int) error {
	if err := e.check(ids); err != nil {
		return err
	}
	if r.Size() == 1 {
		for i, id := range ids {
			if err := e.table.CopyRow(out.Row(i), id); err != nil {
				return err
			}
		}
		return nil
	}
	counts := make([]int, r.Size())
	var own []T
	for _, id := range ids {
		owner := e.owner(r, id)
		counts[owner] += e.width
		if owner == r.id {
			own = append(own, make([]T, e.width)...)
			if err := e.table.CopyRow(own[len(own)-e.width:], id); err != nil {
				return err
			}
		}
	}
	parts, err := gather(ctx, r, own, counts)
	if err != nil {
		return err
	}
	for i, id := range ids {
		owner := e.owner(r, id)
		parts[owner] = parts[owner][copy(out.Row(i), parts[owner]):]
	}
	return nil
}

func (e *Embedding[T]) check(ids []int) error {
	for _, id := range ids {
		if id < 0 || id >= e.rows {
			return fmt.Errorf("id %d outside a vocabulary of %d", id, e.rows)
		}
	}
	return nil
}

// owner returns the rank that holds row id.
func (e *Embedding[T]) owner(r *Rank, id int) int {
	for rank := range r.Size() {
		if id < Cut(e.rows, r.Size(), rank).Hi {
			return rank
		}
	}
	panic(fmt.Sprintf("tp: row %d of %d has no owner", id, e.rows))
}

// GatherColumns returns, on every rank, the matrix of which each rank holds the
// columns Cut(n, size, rank), its rows contiguous. The others read own itself: it is
// not to be changed before they have it, as after the next collective.
func GatherColumns[T Float](ctx context.Context, r *Rank, own gemm.Matrix[T], n int) (gemm.Matrix[T], error) {
	out := gemm.NewMatrix[T](own.Rows, n)
	counts := make([]int, r.Size())
	for rank := range counts {
		counts[rank] = own.Rows * Cut(n, r.Size(), rank).Len()
	}
	parts, err := gather(ctx, r, own.Data, counts)
	if err != nil {
		return out, err
	}
	for rank, part := range parts {
		s := Cut(n, r.Size(), rank)
		for i := range out.Rows {
			copy(out.Row(i)[s.Lo:s.Hi], part[i*s.Len():])
		}
	}
	return out, nil
}
