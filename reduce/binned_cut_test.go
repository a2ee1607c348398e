package reduce

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Terms cut by kernels leave the state of terms cut in Go, which other tests compare
// with the definition: above all where a later block raises the top.
func testBinnedBlocks[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	for i := range 200 {
		x := regimes[T](rng)
		for i%20 == 0 && len(x) < 3*cutBlock[T]() {
			x = append(x, regimes[T](rng)...)
		}
		scale := T(1)
		for k := range x { // each block of up to half the length that is cut may be larger than all before
			if k%(cutBlock[T]()/2) == 0 {
				scale *= T(int(1) << rng.IntN(20))
			}
			x[k] *= scale
		}
		v := terms[T]{x: x}
		if i%2 == 1 {
			v.y = regimes[T](rng)
			v = v.firstOf(min(len(v.x), len(v.y)))
		}
		for fold := minFold; fold <= maxFold; fold++ {
			cut, inGo := NewBins[T](fold), NewBins[T](fold)
			cut.add(v)
			addInGo(&inGo, v)
			require.Equal(t, inGo.words(), cut.words(), "input %d, fold %d", i, fold)
		}
	}
}

// firstOf returns the first n terms.
func (t terms[T]) firstOf(n int) terms[T] { return terms[T]{x: t.x[:n], y: t.y[:n]} }

func TestBinnedBlocks(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testBinnedBlocks[float64])
		t.Run("f32", testBinnedBlocks[float32])
	})
}

// Two bins are all only of terms that have no lower bits.
func TestBinnedBlocksOfTwoBins(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		for top := 2; top <= maxCutTop[float64](); top++ {
			for below := -3; below <= 3; below++ {
				x := make([]float64, 64)
				for i := range x { // odd multiples of 2^(below), in units of the second bin
					x[i] = math.Ldexp(1<<52+float64(2*i+1), gridExponent[float64](top-1)+below)
				}
				x[5] = math.Ldexp(1, gridExponent[float64](top)+38)
				cut, inGo := NewBins[float64](3), NewBins[float64](3)
				cut.add(terms[float64]{x: x})
				addInGo(&inGo, terms[float64]{x: x})
				require.Equal(t, inGo.words(), cut.words(), "top %d, 2^%d units", top, below)
			}
		}
	})
}
