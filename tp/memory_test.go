package tp_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// A rank writes its memory again while others are late: layers of several sizes, one after the other,
// give the bits of one rank. With -race it also shows that nobody reads what is written.
func TestMemoryOutlivesItsReaders(t *testing.T) {
	for _, order := range []reduce.Order{reduce.Pairwise.WithLeaf(8), reduce.DoubleDouble.WithLeaf(8), reduce.Widened.WithLeaf(8)} {
		b, rng := native[float32](t, order), rand.New(rand.NewPCG(3, 4))
		const k = 48
		var x, w []gemm.Matrix[float32]
		for range 30 {
			rows, cols := 1+rng.IntN(30), 1+rng.IntN(60)
			x = append(x, gemm.Dense(rows, k, data[float32](rng, order, rows*k)))
			w = append(w, gemm.Dense(k, cols, data[float32](rng, order, k*cols)))
		}
		results := func(size int) [][][]float32 {
			all := make([][][]float32, size)
			run(t, size, func(ctx context.Context, r *tp.Rank) error {
				late := rand.New(rand.NewPCG(5, uint64(r.ID())))
				s := tp.CutAligned(k, 8, size, r.ID())
				for i := range x {
					l, err := tp.NewRowParallel(b, w[i].View(s.Lo, s.Hi, 0, w[i].Cols), false, gemm.Contraction{K: k, From: s.Lo, Leaf: 8}, nil, tp.NoFault)
					if err != nil {
						return err
					}
					for range late.IntN(40) {
						runtime.Gosched()
					}
					y, err := l.Forward(ctx, r, x[i].View(0, x[i].Rows, s.Lo, s.Hi))
					if err != nil {
						return err
					}
					all[r.ID()] = append(all[r.ID()], y.Data)
				}
				return nil
			})
			return all
		}
		want := results(1)[0]
		for size := 2; size <= 4; size++ {
			for rank, got := range results(size) {
				for i := range want {
					require.Equal(t, bitsOf(want[i]), bitsOf(got[i]), "%v, layer %d, rank %d of %d", order, i, rank, size)
				}
			}
		}
	}
}
