package reduce

import (
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// From Vigna's reference splitmix64.c, seed 1234567, as Rosetta Code quotes it.
func TestPublishedValuesOfSplitMix64(t *testing.T) {
	rng := splitMix(1234567)
	for _, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		require.Equal(t, want, rng.next())
	}
}

func TestPermutation(t *testing.T) {
	for n := range 200 {
		p := Permutation(42, n)
		require.Equal(t, p, Permutation(42, n), "it depends on the seed and n alone")
		slices.Sort(p)
		for i, v := range p {
			require.Equal(t, i, v)
		}
	}
	require.NotEqual(t, Permutation(1, 50), Permutation(2, 50))
}

// Each of the 24 orders of four terms turns up about as often as the others.
func TestPermutationsAreUniform(t *testing.T) {
	const runs = 24000
	seen := map[[4]int]int{}
	for seed := range uint64(runs) {
		seen[[4]int(Permutation(seed, 4))]++
	}
	require.Len(t, seen, 24)
	for p, n := range seen {
		require.InDelta(t, runs/24, n, 160, "%v", p) // five standard deviations
	}
}

func TestShuffledFoldsThePermutation(t *testing.T) {
	x := p4016(500)
	permuted := make([]float64, len(x))
	for i, j := range Permutation(3, len(x)) {
		permuted[i] = x[j]
	}
	require.Equal(t, kernel.Bits(Sum(Sequential, permuted)), kernel.Bits(Sum(Shuffled(3), x)))
	require.Equal(t, kernel.Bits(SumSquares(Sequential, permuted)), kernel.Bits(SumSquares(Shuffled(3), x)))
	values := map[uint64]bool{}
	for seed := range uint64(20) {
		values[kernel.Bits(Sum(Shuffled(seed), x))] = true
	}
	require.Greater(t, len(values), 3, "seeds sample different results")
}

func TestArrivalOnOneThreadIsSequential(t *testing.T) {
	x := p4016(20000)
	require.Equal(t, kernel.Bits(Sum(Sequential, x)), kernel.Bits(SumParallel(Arrival, x, 1)))
	require.Equal(t, kernel.Bits(Dot(Sequential, x, x)), kernel.Bits(DotParallel(Arrival, x, x, 1)))
	require.InDelta(t, Sum(Exact, x), SumParallel(Arrival, x, 4), 1e-9, "on more, any bits within the bound")
}
