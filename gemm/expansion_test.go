package gemm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// spread draws values over 2*octaves binary orders of magnitude.
func spread[T Float](rng *rand.Rand, n, octaves int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(math.Ldexp(rng.Float64()*2-1, rng.IntN(2*octaves+1)-octaves))
	}
	return v
}

func testExpansion[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 21))
	held := map[int]int{}
	for _, octaves := range []int{0, 10, 20, 40, 70} {
		for range 300 {
			n := rng.IntN(80)
			x, y := spread[T](rng, n, octaves), spread[T](rng, n, octaves)
			if n > 2 && rng.IntN(2) == 0 { // cancel all but one term
				copy(x[n/2:], x[:n/2])
				for i := range n / 2 {
					y[n/2+i] = -y[i]
				}
			}
			var sum reduce.Superaccumulator
			exact := new(big.Float).SetPrec(5000)
			for i := range x {
				sum.AddProduct(float64(x[i]), float64(y[i]))
				p := new(big.Float).SetPrec(200).SetFloat64(float64(x[i]))
				exact.Add(exact, p.Mul(p, big.NewFloat(float64(y[i]))))
			}
			e, ok := expand(x, y, 1)
			if !ok {
				continue
			}
			held[octaves]++
			for _, v := range []float64{e.h, e.l, e.m} {
				exact.Sub(exact, big.NewFloat(v))
			}
			require.Zero(t, exact.Sign(), "x=%x y=%x", x, y)
			if v, sure := round[T](e); sure {
				require.Equal(t, kernel.Bits(reduce.Round[T](&sum)), kernel.Bits(v), "x=%x y=%x", x, y)
			}
		}
	}
	require.Equal(t, 300, held[0], "close terms fit")
	require.Positive(t, held[20])
	require.Less(t, held[70], 150, "terms of very different size do not")
}

func TestExpansionIsExactOrSaysSo(t *testing.T) {
	testExpansion[float32](t)
	testExpansion[float64](t)
}

func TestExpansionRefuses(t *testing.T) {
	for name, x := range map[string][2]float64{
		"infinity": {math.Inf(1), 1}, "NaN": {math.NaN(), 1}, "overflow": {math.MaxFloat64, 2}, "0 * Inf": {0, math.Inf(1)},
		"a product that underflows": {0x1p-600, 0x1p-600}, "one whose error does": {(1 + 0x1p-52) * 0x1p-500, (1 + 0x1p-52) * 0x1p-500},
	} {
		_, ok := expand(x[:1], x[1:], 1)
		require.False(t, ok, name)
	}
	_, ok := expand([]float64{0, 0x1p-500}, []float64{1, 0}, 1)
	require.True(t, ok, "zeros are exact")
}

// The sum of three numbers is rounded once: an oracle by math/big, which also sees
// the plain sum fail.
func TestRoundRoundsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 23))
	plain := 0
	for range 20000 {
		e := expansion{h: float64(rng.IntN(8) + 1), l: math.Ldexp(float64(rng.IntN(5)-2), -53-rng.IntN(2)), m: math.Ldexp(float64(rng.IntN(3)-1), -100-rng.IntN(30))}
		if rng.IntN(4) == 0 {
			e.h = -e.h
		}
		exact := new(big.Float).SetPrec(300).SetFloat64(e.h)
		exact.Add(exact, big.NewFloat(e.l)).Add(exact, big.NewFloat(e.m))
		want, _ := exact.Float64()
		got, ok := round[float64](e)
		require.True(t, ok)
		require.Equal(t, math.Float64bits(want), math.Float64bits(got), "%x", e)
		if e.h+(e.l+e.m) != want {
			plain++
		}
	}
	require.Positive(t, plain)
}

// A sum that is halfway between two float32 is decided, unless it is near that and not exact.
func TestRoundDecidesTies(t *testing.T) {
	for _, c := range []struct {
		e    expansion
		want float32
		sure bool
	}{
		{expansion{h: 1 + 0x1p-24}, 1, true},
		{expansion{h: 1 + 3*0x1p-24}, 1 + 0x1p-22, true},
		{expansion{h: -1, l: -0x1p-24}, -1, true},
		{expansion{h: 1 + 0x1p-24, l: 0x1p-90}, 0, false},
		{expansion{h: 1 + 0x1p-24, m: -0x1p-90}, 0, false},
		{expansion{h: 0x1p-150}, 0, true},
		{expansion{h: 1 + 0x1p-24, l: 0x1p-24}, 1 + 0x1p-23, true},
	} {
		got, sure := round[float32](c.e)
		require.Equal(t, c.sure, sure, "%x", c.e)
		require.Equal(t, kernel.Bits(c.want), kernel.Bits(got), "%x", c.e)
	}
}
