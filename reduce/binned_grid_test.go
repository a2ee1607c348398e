package reduce

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// Many terms of float32 are summed on the grid that a few show, or that of a larger one that comes later, wherever it is, or as
// if none had shown it; terms as large as the grid allows, and all that round to its middles, too.
func TestBinnedSumsOnAShownGrid(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	for i := range 120 {
		n, fold := 300+rng.IntN(12000), 2+i%3
		x, y := make([]float32, n), make([]float32, n)
		base := rng.IntN(200) - 110
		for j := range x {
			x[j] = float32(math.Ldexp(rng.Float64()-0.5, base-rng.IntN(45)))
			y[j] = float32(rng.Float64())
			if i%4 == 1 {
				x[j] = float32(math.Ldexp(1, base-rng.IntN(30)))
			}
		}
		for range i % 3 { // larger than what is shown
			x[rng.IntN(n)] *= float32(math.Ldexp(1, rng.IntN(60)))
		}
		for _, all := range []terms[float32]{{x: x}, {x: x, y: y}} {
			of := kernel.Plain
			if all.y != nil {
				of = kernel.RoundedProduct
			}
			b := NewBins[float32](fold)
			addInGo(&b, all)
			require.Equal(t, kernel.Bits(b.Round()), kernel.Bits(binnedSum(fold, of, all.x, all.y)), "%d terms, fold %d, from 2^%d", n, fold, base)
		}
	}
}

// A sum of more than 63 bits is rounded once, beside the middles of float32, too.
func TestLongSumsOnAGridAreRoundedOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 44))
	for i := range 20000 {
		top, tail := rng.IntN(126), big.NewInt(int64(rng.IntN(3)-1))
		n := new(big.Int).Lsh(big.NewInt(1<<24|rng.Int64N(1<<24)), uint(max(top-24, 0))) // 25 bits: every other is a middle
		if n.Add(n, tail); i%2 == 1 {
			n.Neg(n)
		}
		low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		sum := int128{low, new(big.Int).Rsh(n, 64).Int64()}
		exponent := -149 + 13*rng.IntN(10)
		want, _ := new(big.Float).SetMantExp(new(big.Float).SetInt(n), exponent).Float32()
		require.Equal(t, want, sum.roundSingle(exponent), "%v units of 2^%d", n, exponent)
	}
}
