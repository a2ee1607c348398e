package tp_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// eachShape calls f for 1 to 8 ranks and 0 to 40 numbers.
func eachShape(f func(size, n int)) {
	for size := 1; size <= 8; size++ {
		for n := range 41 {
			f(size, n)
		}
	}
}

func TestReduceScatterAndAllReduce(t *testing.T) {
	t.Run("float32", testReduce[float32])
	t.Run("float64", testReduce[float64])
}

func testReduce[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	eachShape(func(size, n int) {
		for _, order := range orders[T]() {
			x := make([][]T, size)
			for rank := range x {
				x[rank] = data[T](rng, order, n)
			}
			want := make([]T, n)
			for i := range want {
				column := make([]T, size)
				for rank := range column {
					column[rank] = x[rank][i]
				}
				want[i] = oracle(order, column)
			}
			scattered, reduced := make([][]T, size), make([][]T, size)
			run(t, size, func(ctx context.Context, r *tp.Rank) (err error) {
				if scattered[r.ID()], err = tp.ReduceScatter(ctx, r, order, x[r.ID()]); err != nil {
					return err
				}
				reduced[r.ID()] = append([]T(nil), x[r.ID()]...)
				return tp.AllReduce(ctx, r, order, reduced[r.ID()])
			})
			for rank := range size {
				s := tp.Cut(n, size, rank)
				require.Equal(t, bitsOf(want[s.Lo:s.Hi]), bitsOf(scattered[rank]), "%v, %d numbers, rank %d of %d", order, n, rank, size)
				require.Equal(t, bitsOf(want), bitsOf(reduced[rank]), "%v, %d numbers, rank %d of %d", order, n, rank, size)
			}
		}
	})
}

// The orders are told apart by the data above: of eight ranks, no two of those
// that differ in arithmetic always agree.
func TestOracleTellsOrdersApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	all := []reduce.Order{reduce.Sequential, reduce.Pairwise, reduce.Kahan, reduce.Shuffled(seed), reduce.Exact}
	for i, a := range all {
		for _, b := range all[:i] {
			differ := false
			for range 100 {
				x := numbers[float32](rng, 8)
				differ = differ || kernel.Bits(oracle(a, x)) != kernel.Bits(oracle(b, x))
			}
			require.True(t, differ, "%v and %v", a, b)
		}
	}
}

func TestAllReduceMakesNaNCanonical(t *testing.T) {
	for _, order := range orders[float64]() {
		run(t, 3, func(ctx context.Context, r *tp.Rank) error {
			x := []float64{math.Inf(1 - 2*(r.ID()%2)), math.Float64frombits(0xfff8000000000bad)}
			if err := tp.AllReduce(ctx, r, order, x); err != nil {
				return err
			}
			for _, v := range x {
				if kernel.Bits(v) != kernel.Bits(kernel.NaN[float64]()) {
					return fmt.Errorf("%v: %#x", order, kernel.Bits(v))
				}
			}
			return nil
		})
	}
}

func TestBroadcastAndAllGather(t *testing.T) {
	t.Run("float32", testCopies[float32])
	t.Run("float64", testCopies[float64])
}

// testCopies sends payloads whose bits arithmetic would not keep.
func testCopies[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	eachShape(func(size, n int) {
		x := numbers[T](rng, n)
		if n > 0 {
			x[0] = -kernel.NaN[T]()
		}
		counts := make([]int, size)
		for range n {
			counts[rng.IntN(size)]++ // ragged, some of them 0
		}
		root := rng.IntN(size)
		got, gathered := make([][]T, size), make([][]T, size)
		run(t, size, func(ctx context.Context, r *tp.Rank) (err error) {
			lo := 0
			for _, c := range counts[:r.ID()] {
				lo += c
			}
			if gathered[r.ID()], err = tp.AllGather(ctx, r, x[lo:lo+counts[r.ID()]], counts); err != nil {
				return err
			}
			got[r.ID()] = make([]T, n)
			if r.ID() == root {
				copy(got[root], x)
			}
			return tp.Broadcast(ctx, r, root, got[r.ID()])
		})
		for rank := range size {
			require.Equal(t, bitsOf(x), bitsOf(gathered[rank]))
			require.Equal(t, bitsOf(x), bitsOf(got[rank]))
		}
	})
}

func TestBarrierWaitsForAll(t *testing.T) {
	for size := 1; size <= 8; size++ {
		reached := make([]bool, size) // the race detector sees a barrier that is none
		run(t, size, func(ctx context.Context, r *tp.Rank) error {
			reached[r.ID()] = true
			if err := tp.Barrier(ctx, r); err != nil {
				return err
			}
			for rank, yes := range reached {
				if !yes {
					return fmt.Errorf("passed the barrier before rank %d", rank)
				}
			}
			return nil
		})
	}
}

// A rank sends 2(size-1)/size of the numbers, as in a ring; what Cut leaves uneven
// differs by at most one number a rank.
func TestBytesSent(t *testing.T) {
	eachShape(func(size, n int) {
		sent := make([]int64, size)
		run(t, size, func(ctx context.Context, r *tp.Rank) error {
			defer func() { sent[r.ID()] = r.BytesSent() }()
			return tp.AllReduce(ctx, r, reduce.Pairwise, make([]float32, n))
		})
		total := int64(0)
		for rank, b := range sent {
			own := tp.Cut(n, size, rank).Len()
			require.EqualValues(t, 4*(n-own+(size-1)*own), b)
			total += b
		}
		require.EqualValues(t, 2*(size-1)*n*int(unsafe.Sizeof(float32(0))), total)
	})
}

func TestCollectivesRefuse(t *testing.T) {
	run(t, 1, func(ctx context.Context, r *tp.Rank) error {
		require.EqualError(t, tp.Broadcast(ctx, r, 1, []float32{1}), "broadcast from rank 1 of 1")
		_, err := tp.AllGather(ctx, r, []float32{1}, []int{2})
		require.EqualError(t, err, "all-gather of 1 number with counts [2] on 1 rank")
		_, err = tp.AllGather(ctx, r, []float32{1}, []int{1, 0})
		require.EqualError(t, err, "all-gather of 1 number with counts [1 0] on 1 rank")
		require.ErrorContains(t, tp.AllReduce(ctx, r, reduce.Widened, []float64{1}), "float32 only")
		return nil
	})
}
