package reduce

import (
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// p4016 returns the first n values of the generator that WG21 paper P4016R0
// (A. Drakeford, 2026) publishes its reference values for.
func p4016(n int) []float64 {
	x := make([]float64, n)
	s := uint64(0x243F6A8885A308D3)
	for i := range x {
		s = s*6364136223846793005 + 1442695040888963407
		x[i] = float64(int64(s>>11)-1<<52) / (1 << 52)
	}
	return x
}

func TestPublishedValuesOfP4016(t *testing.T) {
	x := p4016(1_000_000)
	// Its data begin so, as its demonstrators check.
	require.Equal(t, []uint64{0x3fd37de3b20e9fdc, 0xbfd2e1595e76077c}, []uint64{math.Float64bits(x[0]), math.Float64bits(x[1])})
	for _, sign := range []uint64{0, 1 << 63} {
		if sign != 0 {
			for i := range x {
				x[i] = -x[i]
			}
		}
		narrow, wide := 0x40618f71f6379380|sign, 0x40618f71f6379397|sign
		require.Equal(t, narrow, math.Float64bits(Sum(Pairwise, x)), "L = 16, the canonical sum of float64")
		require.Equal(t, narrow, math.Float64bits(lanesOf(x, 16)))
		require.Equal(t, wide, math.Float64bits(lanesOf(x, 128)))
		require.NotEqual(t, narrow, math.Float64bits(lanesOf(x, 32)), "the lane count is part of the result")
		for _, threads := range []int{2, 3, 7} {
			require.Equal(t, narrow, math.Float64bits(SumParallel(Pairwise, x, threads)))
		}
		apart := make([]float64, 2*len(x))
		for i, v := range x {
			apart[2*i] = v
		}
		require.Equal(t, narrow, math.Float64bits(NewVector(len(x), 2, apart).Sum(Pairwise)))
		require.Equal(t, narrow, math.Float64bits(sumInPieces(t, x, 333_333)))
	}
}

// sumInPieces is the canonical sum by accumulators of n terms each.
func sumInPieces(t *testing.T, x []float64, n int) float64 {
	t.Helper()
	whole, err := NewAccumulator[float64](Pairwise, 0)
	require.NoError(t, err)
	for lo := 0; lo < len(x); lo += n {
		part, err := NewAccumulator[float64](Pairwise, lo)
		require.NoError(t, err)
		part.Add(x[lo:min(lo+n, len(x))]...)
		require.NoError(t, whole.Merge(part))
	}
	return whole.mustSum()
}

// lanesOf is the canonical sum with any number of lanes; with 16 it is Sum.
func lanesOf(x []float64, lanes int) float64 {
	if lanes == Lanes[float64]() {
		return Sum(Pairwise, x)
	}
	sums := make([]float64, lanes)
	return kernel.JoinLanes(sums[:kernel.TreeLanes(kernel.Plain, sums, x, nil)])
}
