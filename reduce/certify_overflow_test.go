package reduce_test

import (
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// The sum of two blocks can be a number whose TwoSum overflows on the way, as that of -1.5 last places of the
// largest number and of that number does: the error is not known then, and no certificate may say so.
func TestBlocksWhoseTwoSumOverflows(t *testing.T) {
	const ulp = 0x1p971
	_, e := kernel.TwoSum(-1.5*ulp, math.MaxFloat64)
	require.True(t, e != e)

	first := slices.Repeat([]float64{0x1p990, -0x1p990}, 2048) // a block
	first[4095] -= 1.5 * ulp
	second := slices.Repeat([]float64{0x1p1019}, 32) // another, whose sum is the largest number
	second[31] -= ulp
	x := append(first, second...)
	for _, order := range []reduce.Order{reduce.Exact, reduce.Binned, reduce.BinnedFold(4)} {
		require.Equal(t, math.MaxFloat64-ulp, reduce.Sum(order, x), "%v", order)
	}
	for i, v := range x {
		x[i] = -v
	}
	require.Equal(t, ulp-math.MaxFloat64, reduce.Sum(reduce.Exact, x))
}
