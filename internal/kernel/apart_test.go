package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// gathered is a block of terms of several streams, so many of each, as kernels take them: interleaved by stretches.
func gathered[T Float](x []T, part, stretch, apart int) (all []T) {
	for lo := 0; lo < part; lo += stretch {
		for place := range Places {
			all = append(all, x[place*apart+lo:][:stretch]...)
		}
	}
	return all
}

// checkCutApart compares what is cut of several streams with Cut of the same terms, side by side. All other terms are no numbers.
func checkCutApart(m Mode, bins, apart int, kind uint64, cut func(out *Slices, g *Grid, x []float64, apart int) bool) error {
	units := wholeUnits(bins)
	if m == Dropped {
		units = droppedUnits(53, 40, bins)
	}
	rng := rand.New(rand.NewPCG(uint64(bins), kind))
	x := make([]float64, (Places-1)*apart+MaxSliced/Places)
	for i := range x {
		x[i] = math.NaN()
	}
	for place := range Places {
		for i := range MaxSliced / Places {
			v := math.Ldexp(float64(rng.Int64N(1<<40)-1<<39), units[len(units)-1]+rng.IntN(8))
			if kind == 1 && rng.IntN(50) == 0 {
				v = math.Copysign(0, float64(rng.IntN(2))-0.5)
			}
			x[place*apart+i] = v
		}
	}
	if kind == 2 {
		x[rng.IntN(Places)*apart+rng.IntN(MaxSliced/Places)] = math.Inf(1)
	}
	g := NewGrid(m, false, units...)
	var want, got Slices
	if !Cut(&want, &g, Plain, gathered(x, MaxSliced/Places, MaxSliced/Places, apart), nil) || !cut(&got, &g, x, apart) {
		return fmt.Errorf("%d bins: refused", bins)
	}
	if want.Extent != got.Extent || kind != 2 && want.Sum != got.Sum {
		return fmt.Errorf("mode %d, %d bins, %d apart, kind %d: %v %x for %v %x", m, bins, apart, kind, got.Sum, got.Extent, want.Sum, want.Extent)
	}
	return nil
}

// CutApart cuts the terms of each place, all of them and no others.
func TestCutApart(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if active < AVX2 {
			g := NewGrid(Whole, false, wholeUnits(2)...)
			require.False(t, CutApart(new(Slices), &g, make([]float64, 4*MaxSliced), MaxSliced))
			return
		}
		for _, m := range []Mode{Whole, Dropped} {
			for bins := 2; bins <= 4; bins++ {
				for _, apart := range []int{MaxSliced / Places, MaxSliced/Places + 1, 1000, 4096} {
					for kind := range uint64(3) {
						require.NoError(t, checkCutApart(m, bins, apart, kind, CutApart[float64]))
					}
				}
				require.Error(t, checkCutApart(m, bins, 1000, 0, func(out *Slices, g *Grid, x []float64, apart int) bool {
					x[apart+17] = -x[apart+17] // one term that is another
					return CutApart(out, g, x, apart)
				}))
			}
		}
		g := NewGrid(Whole, false, wholeUnits(2)...)
		require.Panics(t, func() { CutApart(new(Slices), &g, make([]float64, 3*600+511), 600) })
		require.Panics(t, func() { CutApart(new(Slices), &g, make([]float64, 4*600), 511) })
		single := NewGrid(Dropped, false, droppedUnits(53, 40, 2)...)
		require.False(t, CutApart(new(Slices), &single, make([]float32, 4*600), 600))
	})
}

// inPlaces is a block of terms for certificates, and others about it that are no numbers.
func inPlaces[T Float](rng *rand.Rand, part, apart int) []T {
	x := make([]T, (Places-1)*apart+part)
	for i := range x {
		x[i] = T(math.NaN())
	}
	for place := range Places {
		for i := range part {
			x[place*apart+i] = T(math.Ldexp(rng.Float64()*2-1, -rng.IntN(60)))
		}
	}
	return x
}

// SplitWatchedApart and SumWatchedApart add the terms of each place, all of them and no others, to as many lanes: to the same, in the order of the stretches.
func TestWatchedApart(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if active < AVX2 {
			require.Panics(t, func() { SumWatchedApart(Plain, make([]float32, 4096), nil, 1024) })
			return
		}
		rng := rand.New(rand.NewPCG(91, 92))
		for _, of := range []Terms{Plain, Product, RoundedProduct} {
			part, bytes := WatchedApart(of)/Places, stretchBytes
			switch { // as longRuns and shortRuns of the generator have it
			case of == RoundedProduct && active == AVX512:
				bytes /= 2
			case of != Plain:
				bytes /= 4
			}
			for _, apart := range []int{part, part + 1, part + 24, 3 * part} {
				x, y := inPlaces[float64](rng, part, apart), inPlaces[float64](rng, part, apart)
				side := func(x []float64) []float64 { return gathered(x, part, bytes/8, apart) }
				high, low, most := SplitWatched(of, Anchor(-40), side(x), side(y))
				high2, low2, most2 := SplitWatchedApart(of, Anchor(-40), x, y, apart)
				require.Equal(t, []any{high, low, most}, []any{high2, low2, most2}, "%v, %d apart", of, apart)

				x[rng.IntN(Places)*apart+rng.IntN(part)] += 1 // one term that is another
				high2, low2, _ = SplitWatchedApart(of, Anchor(-40), x, y, apart)
				require.NotEqual(t, []any{high, low}, []any{high2, low2})
				if of == RoundedProduct {
					continue
				}
				u, v := inPlaces[float32](rng, part, apart), inPlaces[float32](rng, part, apart)
				single := func(x []float32) []float32 { return gathered(x, part, bytes/4, apart) }
				sum, largest := SumWatched(of, single(u), single(v))
				sum2, largest2 := SumWatchedApart(of, u, v, apart)
				require.Equal(t, []any{sum, largest}, []any{sum2, largest2}, "%v, %d apart", of, apart)

				u[rng.IntN(Places)*apart+rng.IntN(part)] += 1 // one term that is another
				sum2, _ = SumWatchedApart(of, u, v, apart)
				require.NotEqual(t, sum, sum2)
			}
			x := make([]float64, 3*part+part-1)
			require.Panics(t, func() { SplitWatchedApart(of, 1, x, x, part) })
			require.Panics(t, func() { SplitWatchedApart(of, 1, make([]float64, 4*part), nil, part-1) })
		}
		require.Panics(t, func() { SumWatchedApart(Product, make([]float32, 2048), make([]float32, 2047), 512) })
	})
}

// SumOnGrid sums the same as several streams, and sees a larger term wherever it is.
func TestSumOnGridApart(t *testing.T) {
	const exponent = -150 + 1 + 13*8 // one of SingleGrid
	const step = stretchBytes / 4
	eachBackend(t, func(t *testing.T) {
		if active == Portable {
			return
		}
		for fold := 2; fold <= 3; fold++ {
			for _, of := range []Terms{Plain, RoundedProduct} {
				rng := rand.New(rand.NewPCG(61, uint64(fold)))
				end := math.Ldexp(1, exponent+13*fold-1)
				for _, apart := range []int{step, 2 * step, 7 * step, 40 * step} {
					x, y := make([]float32, Places*apart), make([]float32, Places*apart)
					for i := range x {
						x[i], y[i] = float32((rng.Float64()*2-1)*(1-0x1p-21)*end), 1-float32(i%3)/4
						if apart == 2*step {
							x[i], y[i] = float32((1-0x1p-21)*end), 1 // nearly the largest
						}
					}
					sum, _, ok := SumOnGrid(fold, exponent, of, x, y, apart)
					require.True(t, ok)
					require.Equal(t, RoundedSum(of, Anchor(exponent), x, y), sum, "fold %d, %d terms", fold, len(x))
					for place := range Places {
						i := place*apart + rng.IntN(apart)
						before := x[i]
						x[i] = float32(8 * end)
						_, most, ok := SumOnGrid(fold, exponent, of, x, y, apart)
						require.False(t, ok, "fold %d, term %d of %d", fold, i, len(x))
						require.Equal(t, Largest(of, x, y), most)
						x[i] = before
					}
				}
				require.Panics(t, func() { SumOnGrid(fold, exponent, of, make([]float32, 4*step+1), make([]float32, 4*step+1), step) })
				require.Panics(t, func() { SumOnGrid(fold, exponent, of, make([]float32, 4*step+4), make([]float32, 4*step+4), step+1) })
			}
		}
	})
}

// Apart has long terms alone read as several streams, and SetApart says which.
func TestApart(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		defer SetApart(8<<10, 64<<10)()
		want := func(of Terms, f64, f32 int) {
			if active < AVX2 {
				f64, f32 = 0, 0
			}
			require.Equal(t, f64, Apart[float64](of, 8<<10), of)
			require.Equal(t, f32, Apart[float32](of, 16<<10), of)
		}
		want(Plain, 1<<10, 2<<10)
		want(RoundedProduct, 1<<10, 2<<10)
		want(Product, 1<<10, 2<<10)
		want(Absolute, 0, 0)
		require.Zero(t, Apart[float64](Plain, 8<<10-1))
		require.Zero(t, Apart[float32](Plain, 16<<10-1))
		defer SetApart(32<<10, 0)()
		require.Zero(t, Apart[float64](Plain, 4*4<<10-1))
		want(Plain, 0, 0)
	})
	require.Panics(t, func() { SetApart(1<<10, 0) })
	require.Panics(t, func() { SetApart(8<<10+8, 0) })
}
