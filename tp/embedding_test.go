package tp_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

func TestEmbeddingIsTheTable(t *testing.T) {
	t.Run("float32", testEmbedding[float32])
	t.Run("float64", testEmbedding[float64])
}

func testEmbedding[T gemm.Float](t *testing.T) {
	const rows, width = 11, 3
	table := gemm.Dense(rows, width, numbers[T](rand.New(rand.NewPCG(13, 14)), rows*width))
	table.Data[0], table.Data[5] = -kernel.NaN[T](), -T(0) // copies keep their bits
	ids := []int{10, 0, 3, 3, 9, 0, 10}
	for size := 1; size <= 13; size++ { // more ranks than rows, too
		run(t, size, func(ctx context.Context, r *tp.Rank) error {
			got, err := tp.NewEmbedding(tp.MatrixTable(table)).Forward(ctx, r, ids)
			if err != nil {
				return err
			}
			for i, id := range ids {
				if err := sameBits(got.Row(i), table.Row(id)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestGatherColumns(t *testing.T) {
	const rows, n = 3, 7
	whole := gemm.Dense(rows, n, numbers[float32](rand.New(rand.NewPCG(15, 16)), rows*n))
	for size := 1; size <= 8; size++ {
		run(t, size, func(ctx context.Context, r *tp.Rank) error {
			s := tp.Cut(n, size, r.ID())
			own := gemm.NewMatrix[float32](rows, s.Len())
			for i := range rows {
				copy(own.Row(i), whole.Row(i)[s.Lo:s.Hi])
			}
			got, err := tp.GatherColumns(ctx, r, own, n)
			if err != nil {
				return err
			}
			return sameBits(got.Data, whole.Data)
		})
	}
}

func TestEmbeddingRefusesOtherIDs(t *testing.T) {
	for _, id := range []int{-1, 4} {
		err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
			_, err := tp.NewEmbedding(tp.MatrixTable(gemm.NewMatrix[float32](4, 2))).Forward(ctx, r, []int{0, id})
			return err
		})
		require.ErrorContains(t, err, "outside a vocabulary of 4")
	}
}
