package tp_test

import (
	"math"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

func TestCutIsABalancedPartition(t *testing.T) {
	for size := 1; size <= 17; size++ {
		for n := range 200 {
			end, least, most := 0, n, 0
			for rank := range size {
				s := tp.Cut(n, size, rank)
				require.Equal(t, end, s.Lo, "rank %d of %d, %d items", rank, size, n)
				end = s.Hi
				least, most = min(least, s.Len()), max(most, s.Len())
			}
			require.Equal(t, n, end)
			require.LessOrEqual(t, most-least, 1, "%d items on %d ranks", n, size)
		}
	}
}

func TestCutGivesSingleNodesToPowersOfTwo(t *testing.T) {
	for n := 1; n <= 700; n++ {
		for _, size := range []int{1, 2, 4, 8} {
			for rank := range size {
				if s := tp.Cut(n, size, rank); s.Len() > 0 {
					require.Equal(t, []reduce.Span{s}, reduce.Halving(n).Cover(s), "rank %d of %d, %d leaves", rank, size, n)
				}
			}
		}
	}
	// An even cut would not do: 344 leaves, as Llama-2-7B has, on 16 ranks.
	even := reduce.Span{Lo: 344 * 1 / 16, Hi: 344 * 2 / 16}
	require.Greater(t, len(reduce.Halving(344).Cover(even)), 1)
}

func TestCutAlignedCutsBetweenUnits(t *testing.T) {
	for _, unit := range []int{1, 3, 16, 32} {
		for size := 1; size <= 9; size++ {
			for n := range 150 {
				end := 0
				for rank := range size {
					s := tp.CutAligned(n, unit, size, rank)
					require.Equal(t, end, s.Lo)
					require.True(t, s.Hi%unit == 0 || s.Hi == n, "%v of %d in units of %d", s, n, unit)
					end = s.Hi
				}
				require.Equal(t, n, end)
			}
		}
	}
	require.Equal(t, reduce.Span{Lo: 64, Hi: 70}, tp.CutAligned(70, 32, 2, 1))
	require.Zero(t, tp.CutAligned(32, 32, 2, 1).Len())
}

func TestCutRefusesRanksThatAreNone(t *testing.T) {
	require.PanicsWithValue(t, "tp: cut of 5 items for rank 2 of 2", func() { tp.Cut(5, 2, 2) })
	require.Panics(t, func() { tp.Cut(5, 0, 0) })
	require.Panics(t, func() { tp.Cut(-1, 2, 0) })
}

func TestCutOfTheLargestNumbers(t *testing.T) {
	for _, n := range []int{math.MaxInt, math.MaxInt - 1, math.MaxInt / 2} {
		for _, size := range []int{1, 2, 3, 5, 7, 8} {
			end := 0
			for rank := range size {
				s := tp.Cut(n, size, rank)
				require.Equal(t, end, s.Lo)
				require.LessOrEqual(t, s.Len()-n/size, 1)
				require.GreaterOrEqual(t, s.Len(), n/size)
				end = s.Hi
			}
			require.Equal(t, n, end)
		}
	}
}
