package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func testColumns[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(37, 38))
	cols := MicroTile[float64]().Cols
	for _, shape := range [][2]int{{cols, cols}, {cols, 2 * cols}, {2 * cols, 2 * cols}, {2*cols - 1, 2*cols - 1}, {3, 3}, {3, 5}, {cols + 3, 2*cols + 1}, {1, 1}} {
		for _, n := range []int{0, 1, 2, 31, 100} {
			cols, stride := shape[0], shape[1]
			x := make([]T, n*stride)
			for i := range x {
				x[i] = T(math.Ldexp(rng.Float64()-0.5, rng.IntN(40)-20))
			}
			wide, squares := make([]float64, n*cols), make([]float64, cols)
			WidenColumns(wide, x, cols, stride)
			for k := range n {
				for j := range cols {
					require.Equal(t, float64(x[k*stride+j]), wide[k*cols+j])
				}
			}
			ColumnSquares(squares, x, n, stride)
			for j, got := range squares {
				sum := new(big.Float).SetPrec(300)
				for k := range n {
					v := new(big.Float).SetPrec(300).SetFloat64(float64(x[k*stride+j]))
					sum.Add(sum, v.Mul(v, v))
				}
				want, _ := sum.Float64()
				require.InDelta(t, want, got, want*float64(n+1)*0x1p-53, "%v, %d terms", shape, n)
			}
		}
	}
}

func TestColumnsBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testColumns[float64])
		t.Run("f32", testColumns[float32])
	})
}
