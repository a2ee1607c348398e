package benchmarks

import (
	"context"
	"math"
	"math/big"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestUlps(t *testing.T) {
	for _, c := range []struct {
		computed, exact, want float64
	}{
		{1, 1, 0}, {1 + 0x1p-52, 1, 1}, {-1, -1 - 0x1p-51, 2}, {2, 2 - 0x1p-51, 2}, // below 2 the last place is 2^-52
		{0x1p-1074, 0x1p-1073, 1}, {math.Inf(1), 1, math.Inf(1)}, {math.NaN(), 1, math.Inf(1)},
	} {
		require.Equal(t, c.want, Ulps(c.computed, new(big.Float).SetPrec(200).SetFloat64(c.exact)), "%v", c)
	}
	half := new(big.Float).SetPrec(200).SetFloat64(0x1p-53)
	require.Equal(t, 0.5, Ulps(1.0, half.Add(half, big.NewFloat(1))))
	require.Equal(t, 0.5, Ulps[float32](1, new(big.Float).SetFloat64(1+0x1p-24)))
	require.Equal(t, 3.0, Ulps[float32](0, new(big.Float).SetFloat64(3*0x1p-149)))
}

// The elements measured are those whose exact values are known: a transposed product, and
// one of another row, are seen.
func TestProductErrorsSeeFaults(t *testing.T) {
	exact := ProductContenders[float64](1, 1)
	var contenders []ProductContender[float64]
	for _, c := range exact {
		if c.Name == reduce.Exact.Kind().String() {
			contenders = append(contenders, c)
		}
	}
	contenders = append(contenders, ProductContender[float64]{"shifted", func(m, n, k int, a, b, c []float64) {
		contenders[0].Multiply(m, n, k, a, b, c)
		copy(c, append(c[n:len(c):len(c)], c[:n]...)) // rows one up
	}}, ProductContender[float64]{"off", func(m, n, k int, a, b, c []float64) {
		contenders[0].Multiply(m, n, k, a, b, c)
		c[0] *= 1 + 0x1p-50
	}})
	errors, err := ProductErrors(context.Background(), contenders, []int{100, 200}, []float64{1, 1e20}, 3, 1, func() {})
	require.NoError(t, err)
	for terms := range 2 {
		for condition := range 2 {
			require.LessOrEqual(t, errors[0][terms][condition], 0.5)
			require.Greater(t, errors[1][terms][condition], 100.0)
			require.Greater(t, errors[2][terms][condition], 1.0)
		}
	}
}
