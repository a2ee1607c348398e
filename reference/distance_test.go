package reference

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// Just below, on and just above every kind of tie, both ways.
func TestRoundTo(t *testing.T) {
	t.Run("float32", testRoundTo[float32])
	t.Run("float64", testRoundTo[float64])
}

func testRoundTo[T kernel.Float](t *testing.T) {
	f := formatOf[T]()
	rng := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		// x = n units, between neighbours n and n+1 of the same binade or subnormal.
		n := rng.Int64N(1<<(f.precision-1)) + rng.Int64N(2)<<(f.precision-1)
		exp := f.minExp // subnormals and the first normals
		if n>>(f.precision-1) != 0 {
			exp += rng.IntN(f.maxExp - f.precision - f.minExp)
		}
		even := n + n%2
		for quarters, want := range map[int64]int64{0: n, 1: n, 2: even, 3: n + 1} {
			x := new(big.Float).SetMantExp(integer(4*n+quarters), exp-2)
			w, _ := new(big.Float).SetMantExp(integer(want), exp).Float64() // exact
			require.Equal(t, kernel.Bits(T(w)), kernel.Bits(RoundTo[T](x)), "%b", x)
			require.Equal(t, kernel.Bits(T(-w)), kernel.Bits(RoundTo[T](x.Neg(x))), "%b", x)
			require.Equal(t, float64(min(quarters, 4-quarters))/4, Ulps(T(-w), x), "%b", x)
		}
	}
}

func TestRoundToAtTheEnds(t *testing.T) {
	half := new(big.Float).SetMantExp(big.NewFloat(1), -150)
	require.Zero(t, RoundTo[float32](half), "a tie with 0")
	require.Equal(t, uint64(1)<<31, kernel.Bits(RoundTo[float32](new(big.Float).Neg(half))))
	above := new(big.Float).SetPrec(200).Add(half, new(big.Float).SetMantExp(half, -150))
	require.Equal(t, float32(math.SmallestNonzeroFloat32), RoundTo[float32](above))
	require.Equal(t, float32(math.Inf(1)), RoundTo[float32](big.NewFloat(0x1.ffffffp127)))
	require.Equal(t, float32(math.MaxFloat32), RoundTo[float32](big.NewFloat(0x1.fffffeffffp127)))
	require.True(t, math.IsInf(RoundTo[float64](new(big.Float).SetInf(true)), -1))
}

func TestUlps(t *testing.T) {
	f := big.NewFloat
	require.Equal(t, 1.0, Ulps(1+0x1p-52, f(1)))
	require.Equal(t, 0.5, Ulps(1-0x1p-53, f(1)), "below a power of two the spacing is that of the truth")
	require.Equal(t, 1.0, Ulps(float32(1+0x1p-23), f(1)))
	require.Equal(t, 3.0, Ulps(float32(3*0x1p-149), f(0)))
	require.Equal(t, 2.0, Ulps(float32(0x1p-148), f(0x1p-300)), "a truth below the subnormals")
	require.Equal(t, 0x1p23, Ulps(float32(0), f(0x1p127)))
	require.Equal(t, 0x1p24, Ulps(float32(0), f(0x1p128)), "beyond the range the last spacing goes on")
	require.Equal(t, 0x1p-40, Ulps(1.0, new(big.Float).Add(f(1).SetPrec(100), f(0x1p-92))))
}

func TestDistanceOfNonFiniteIsInfinite(t *testing.T) {
	inf := new(big.Float).SetInf(false)
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.True(t, math.IsInf(Ulps(x, big.NewFloat(1)), 1))
		require.True(t, math.IsInf(AbsError(float32(x), inf), 1))
	}
	require.True(t, math.IsInf(Ulps(1.0, inf), 1))
	require.Equal(t, 0.5, AbsError(float32(1), big.NewFloat(1.5)))
}
