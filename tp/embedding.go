package tp

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/gemm"
)

// Embedding is a rank's share of a table of vectors, whose rows are divided among
// the ranks by Cut.
type Embedding[T Float] struct {
	rows, width int
	own         gemm.Matrix[T] // the rank's rows
}

// NewEmbedding takes the whole table and keeps the rank's rows of it, sharing
// memory.
func NewEmbedding[T Float](table gemm.Matrix[T], size, rank int) *Embedding[T] {
	return &Embedding[T]{table.Rows, table.Cols, Shard(table, size, rank)}
}

// Shard returns the rank's rows of a table, sharing memory.
func Shard[T Float](table gemm.Matrix[T], size, rank int) gemm.Matrix[T] {
	s := Cut(table.Rows, size, rank)
	return table.View(s.Lo, s.Hi, 0, table.Cols)
}

// Forward returns the vectors of the ids, one a row, on every rank. The owner of a
// row sends it; nobody adds zeros. An id outside the table is an error.
func (e *Embedding[T]) Forward(ctx context.Context, r *Rank, ids []int) (gemm.Matrix[T], error) {
	out := gemm.NewMatrix[T](len(ids), e.width)
	counts := make([]int, r.Size())
	var own []T
	for _, id := range ids {
		if id < 0 || id >= e.rows {
			return out, fmt.Errorf("id %d outside a vocabulary of %d", id, e.rows)
		}
		owner, at := e.owner(r, id)
		counts[owner] += e.width
		if owner == r.id {
			own = append(own, e.own.Row(at)...)
		}
	}
	all, err := AllGather(ctx, r, own, counts)
	if err != nil {
		return out, err
	}
	next := make([]int, r.Size()) // where each rank's next row begins in all
	for rank := 1; rank < len(next); rank++ {
		next[rank] = next[rank-1] + counts[rank-1]
	}
	for i, id := range ids {
		owner, _ := e.owner(r, id)
		copy(out.Row(i), all[next[owner]:next[owner]+e.width])
		next[owner] += e.width
	}
	return out, nil
}

// owner returns the rank that holds row id, and where among its rows.
func (e *Embedding[T]) owner(r *Rank, id int) (rank, at int) {
	for rank := range r.Size() {
		if s := Cut(e.rows, r.Size(), rank); id < s.Hi {
			return rank, id - s.Lo
		}
	}
	panic(fmt.Sprintf("tp: row %d of %d has no owner", id, e.rows))
}

// GatherColumns returns, on every rank, the matrix of which each rank holds the
// columns Cut(n, size, rank), its rows contiguous.
func GatherColumns[T Float](ctx context.Context, r *Rank, own gemm.Matrix[T], n int) (gemm.Matrix[T], error) {
	out := gemm.NewMatrix[T](own.Rows, n)
	counts := make([]int, r.Size())
	for rank := range counts {
		counts[rank] = own.Rows * Cut(n, r.Size(), rank).Len()
	}
	all, err := AllGather(ctx, r, own.Data, counts)
	if err != nil {
		return out, err
	}
	for rank := range counts {
		s := Cut(n, r.Size(), rank)
		for i := range out.Rows {
			copy(out.Row(i)[s.Lo:s.Hi], all[i*s.Len():])
		}
		all = all[counts[rank]:]
	}
	return out, nil
}
