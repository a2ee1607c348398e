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
	require.Equal(t, uint64(0x40618f71f6379380), math.Float64bits(Sum(Pairwise, x)), "L = 16, the canonical sum of float64")
	require.Equal(t, uint64(0x40618f71f6379380), math.Float64bits(lanesOf(x, 16)))
	require.Equal(t, uint64(0x40618f71f6379397), math.Float64bits(lanesOf(x, 128)))
	require.NotEqual(t, uint64(0x40618f71f6379380), math.Float64bits(lanesOf(x, 32)), "the lane count is part of the result")
	for _, threads := range []int{2, 3, 7} {
		require.Equal(t, uint64(0x40618f71f6379380), math.Float64bits(SumParallel(Pairwise, x, threads)))
	}
}

// lanesOf is the canonical sum with any number of lanes; with 16 it is Sum.
func lanesOf(x []float64, lanes int) float64 {
	if lanes == Lanes[float64]() {
		return Sum(Pairwise, x)
	}
	sums := make([]float64, lanes)
	return kernel.JoinLanes(sums[:kernel.TreeLanes(kernel.Plain, sums, x, nil)])
}
