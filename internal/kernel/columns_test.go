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

// Sums in float64 are rounded to float32, then finished: of all kinds of numbers, NaN of any
// payload and ties among them.
func TestNarrowTileBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(39, 40))
		cols := MicroTile[float64]().Cols
		for _, f := range []Finish[float32]{NewFinish[float32](1, 0), NewFinish[float32](-3, 0), NewFinish[float32](2, 0.7)} {
			for range 50 {
				const rows, stride = 5, 40
				s, c := make([]float64, rows*cols), make([]float32, rows*stride)
				for i := range s {
					s[i] = math.Float64frombits(rng.Uint64())
					if i%2 == 0 {
						s[i] = float64(nasty[float32](rng)) * (1 + float64(rng.IntN(3))*0x1p-24)
					}
				}
				for i := range c {
					c[i] = nasty[float32](rng)
				}
				want := append([]float32(nil), c...)
				for i := range rows {
					for j := range cols {
						want[i*stride+j] = f.Value(float32(s[i*cols+j]), want[i*stride+j])
					}
				}
				f.NarrowTile(c, stride, s, cols, rows, cols)
				for i := range c {
					require.Equal(t, Bits(want[i]), Bits(c[i]))
				}
			}
		}
	})
}

// Certify says yes where the ends of all intervals round to the same number, and only there.
func TestCertifyBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(41, 42))
		cols := MicroTile[float64]().Cols
		yes := 0
		for trial := range 2000 {
			s, norm, dst := make([]float64, cols), make([]float64, cols), make([]float32, cols)
			alpha, scale := []float64{1, -0.3}[trial%2], 0x1p-50
			for j := range s {
				s[j], norm[j] = rng.NormFloat64(), math.Ldexp(1, rng.IntN(12))
			}
			switch j := rng.IntN(cols); trial % 8 {
			case 0:
				s[j] = 0
			case 1:
				s[j] = math.NaN()
			case 2:
				s[j] = 1 + 0x1p-24 // a tie
			case 3:
				norm[j] = math.Inf(1)
			case 5:
				s[j] = 1e300 // overflows
			case 4:
				s[j], norm[j] = 1e-60, 0 // rounds to zero
			}
			sure := true
			for j, v := range s {
				bound := scale * norm[j]
				v := float64(alpha * v)
				lower, upper := float32(v-bound), float32(v+bound)
				sure = sure && lower == upper && lower != 0 && IsFinite(lower)
			}
			got := Certify(dst, s, norm, alpha, scale)
			if Active() == AVX2 || Active() == AVX512 {
				require.Equal(t, sure, got)
			}
			if got {
				yes++
				for j, v := range s {
					require.Equal(t, float32(float64(alpha*v)-scale*norm[j]), dst[j])
				}
			}
		}
		require.Equal(t, Active() == AVX2 || Active() == AVX512, yes > 100)
	})
}
