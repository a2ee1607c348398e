package tp_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// mlp runs y = (x*Wup + bup)*Wdown + bdown on the rank: a column-parallel and then
// a row-parallel layer, cut between leaves of 8.
type mlp[T gemm.Float] struct {
	x, up, down      gemm.Matrix[T]
	upBias, downBias []T
}

func newMLP[T gemm.Float](rng *rand.Rand, order reduce.Order) mlp[T] {
	const tokens, width, inner = 3, 10, 60
	matrix := func(rows, cols int) gemm.Matrix[T] { return gemm.Dense(rows, cols, data[T](rng, order, rows*cols)) }
	return mlp[T]{matrix(tokens, width), matrix(width, inner), matrix(inner, width), data[T](rng, order, inner), data[T](rng, order, width)}
}

func (l mlp[T]) forward(ctx context.Context, r *tp.Rank, b gemm.Backend[T], fault tp.Fault) ([]T, error) {
	s := tp.CutAligned(l.up.Cols, 8, r.Size(), r.ID())
	up, err := tp.NewColumnParallel(b, l.up.View(0, l.up.Rows, s.Lo, s.Hi), false, l.upBias[s.Lo:s.Hi])
	if err != nil {
		return nil, err
	}
	place := gemm.Contraction{K: l.down.Rows, From: s.Lo, Leaf: 8}
	down, err := tp.NewRowParallel(b, l.down.View(s.Lo, s.Hi, 0, l.down.Cols), false, place, l.downBias, fault)
	if err != nil {
		return nil, err
	}
	y, err := up.Forward(l.x)
	if err != nil {
		return nil, err
	}
	out, err := down.Forward(ctx, r, y)
	return out.Data, err
}

// results runs the layers on size ranks.
func (l mlp[T]) results(t *testing.T, size int, b gemm.Backend[T], fault tp.Fault) [][]T {
	all := make([][]T, size)
	run(t, size, func(ctx context.Context, r *tp.Rank) (err error) {
		all[r.ID()], err = l.forward(ctx, r, b, fault)
		return err
	})
	return all
}

func TestLinearLayersDoNotDependOnRanks(t *testing.T) {
	t.Run("float32", testLinear[float32])
	t.Run("float64", testLinear[float64])
}

func testLinear[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, order := range orders[T]() {
		if !order.CutInvariant() && order != reduce.Arrival { // integers are the same in any order
			continue
		}
		l, b := newMLP[T](rng, order), native[T](t, order)
		want := l.results(t, 1, b, tp.NoFault)[0]
		for size := 2; size <= 9; size++ { // 8 leaves: nothing for one of nine
			for rank, got := range l.results(t, size, b, tp.NoFault) {
				require.Equal(t, bitsOf(want), bitsOf(got), "%v, rank %d of %d", order, rank, size)
			}
		}
	}
}

func TestLinearRefusesBiasesOfOtherLengths(t *testing.T) {
	b, w := native[float32](t, reduce.Pairwise), gemm.NewMatrix[float32](4, 6)
	_, err := tp.NewColumnParallel(b, w, true, make([]float32, 6))
	require.EqualError(t, err, "tp: bias of 6 for 4 columns")
	_, err = tp.NewRowParallel(b, w, false, gemm.Whole(4, b.Order()), make([]float32, 4), tp.NoFault)
	require.EqualError(t, err, "tp: bias of 4 for 6 columns")
	_, err = tp.NewRowParallel(b, w, false, gemm.Contraction{K: 64, From: 2, Leaf: 32}, nil, tp.NoFault)
	require.ErrorContains(t, err, "terms [2,6) of 64 are not cut between leaves of 32")
}
