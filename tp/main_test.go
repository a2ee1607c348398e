package tp_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs the program, which must succeed on all ranks.
func run(t *testing.T, size int, f func(ctx context.Context, r *tp.Rank) error) {
	t.Helper()
	require.NoError(t, tp.Run(t.Context(), size, f))
}

const seed = 7 // of the order Shuffled

// orders lists the orders that apply to T.
func orders[T gemm.Float]() []reduce.Order {
	var all []reduce.Order
	for _, o := range reduce.Orders(seed) {
		if reduce.Check[T](o) == nil {
			all = append(all, o)
		}
	}
	return all
}

func bitsOf[T gemm.Float](x []T) []uint64 {
	b := make([]uint64, len(x))
	for i, v := range x {
		b[i] = kernel.Bits(v)
	}
	return b
}

// sameBits is for goroutines of ranks, in which a test must not fail by itself.
func sameBits[T gemm.Float](got, want []T) error {
	if !slices.Equal(bitsOf(got), bitsOf(want)) {
		return fmt.Errorf("%x, want %x", got, want)
	}
	return nil
}

// numbers returns n finite numbers of both signs over some 20 powers of two, a few
// of them zeros.
func numbers[T gemm.Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(rng.Float64()*2-1, rng.IntN(20)-10))
		if rng.IntN(16) == 0 {
			x[i] = T(math.Copysign(0, float64(x[i])))
		}
	}
	return x
}

// integers returns n small integers, whose sums are exact in any order.
func integers[T gemm.Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.IntN(201) - 100)
	}
	return x
}

// data returns numbers, or integers where only they have one sum.
func data[T gemm.Float](rng *rand.Rand, order reduce.Order, n int) []T {
	if order == reduce.Arrival {
		return integers[T](rng, n)
	}
	return numbers[T](rng, n)
}

func native[T gemm.Float](t *testing.T, order reduce.Order) gemm.Native[T] {
	b, err := gemm.NewNative[T](order, 1)
	require.NoError(t, err)
	return b
}
