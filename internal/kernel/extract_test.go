package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// extractData returns terms of magnitudes within a few powers of 2, and some special ones.
func extractData[T Float](rng *rand.Rand, n int, special bool) (x, y []T) {
	x, y = make([]T, n), make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(rng.Float64()-0.5, -rng.IntN(60)))
		y[i] = T(math.Ldexp(rng.Float64()-0.5, -rng.IntN(20)))
		if special && rng.IntN(8) == 0 {
			nasty := []float64{0, math.Copysign(0, -1), 1e-320, 1e-44, 1, 0.5, -0.5, 3e-39}
			x[i] = T(nasty[rng.IntN(len(nasty))])
		}
	}
	return x, y
}

// bigTerm returns the exact term, rounded to T if so asked.
func bigTerm[T Float](of Terms, x, y T) *big.Float {
	term := new(big.Float).SetPrec(200).SetFloat64(float64(x))
	switch of {
	case Product:
		term.Mul(term, new(big.Float).SetFloat64(float64(y)))
	case RoundedProduct:
		term.SetFloat64(float64(T(x * y)))
	}
	return term
}

// splitByDefinition is SplitTerms in exact arithmetic, but for the sums of low parts.
func splitByDefinition(of Terms, exponent int, x, y []float64) (high int64, low float64) {
	var lanes, above [16]float64 // above in units
	for i := range x {
		whole, p := bigTerm(of, x[i], y[i]), bigTerm(of, x[i], y[i])
		if of == Product {
			p = bigTerm(RoundedProduct, x[i], y[i])
		}
		multiple := func(units float64) *big.Float {
			return new(big.Float).SetPrec(3000).Mul(new(big.Float).SetFloat64(units), unit(exponent))
		}
		t, _ := new(big.Float).SetInt(nearest(p.SetPrec(3000).Add(p, multiple(above[i%16])), exponent)).Float64()
		rest := whole.SetPrec(3000).Sub(whole, multiple(t-above[i%16]))
		high += int64(t - above[i%16])
		above[i%16] = t
		v, accuracy := rest.Float64()
		if accuracy != big.Exact && of != Product {
			panic("what is left is no number")
		}
		lanes[i%16] += v
	}
	for n := 8; n > 0; n /= 2 {
		for i := range n {
			lanes[i] += lanes[i+n]
		}
	}
	return high, lanes[0]
}

func testSplit(t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(11, uint64(of)))
	for n := 1; n <= 140; n++ {
		for _, exponent := range []int{-46, -40, -1, -149} {
			x, y := extractData[float64](rng, n, true)
			high, low := SplitTerms(of, Anchor(exponent), 1, x, y)
			watchedHigh, watchedLow, most := SplitWatched(of, Anchor(exponent), x, y)
			require.Equal(t, []uint64{uint64(high), Bits(low), Largest(of, x, y)}, []uint64{uint64(watchedHigh), Bits(watchedLow), most})
			if exponent == -149 { // out of reach: no matter what, but the same everywhere
				wantHigh, wantLow := splitPortable(of, Anchor(exponent), 1, x, y)
				require.Equal(t, wantHigh, high)
				require.Equal(t, Bits(wantLow), Bits(low))
				continue
			}
			if of == Plain { // of the same terms times 2^70
				large := make([]float64, n)
				for i, v := range x {
					large[i] = v * 0x1p70
				}
				scaledHigh, scaledLow := SplitTerms(of, Anchor(exponent), 0x1p-70, large, nil)
				require.Equal(t, high, scaledHigh)
				require.Equal(t, Bits(low), Bits(scaledLow))
			}
			wantHigh, wantLow := splitByDefinition(of, exponent, x, y)
			require.Equal(t, wantHigh, high, "n = %d, unit 2^%d", n, exponent)
			require.Equal(t, wantLow, low, "n = %d, unit 2^%d", n, exponent)
		}
	}
}

// NoneBelow sees every term below, wherever it is, and none where there is none.
func testNoneBelow[T Float](t *testing.T) {
	for n := 1; n < 140; n++ {
		x := make([]T, n)
		for i := range x {
			x[i] = T(1 + i%7)
			if i%2 == 1 {
				x[i] = -x[i]
			}
		}
		require.Equal(t, active != Portable, NoneBelow(1, x))
		require.False(t, NoneBelow(2, x))
		for i := range x {
			before := x[i]
			for _, below := range []T{0.99, -0.5, 1e-44} {
				x[i] = below
				require.False(t, NoneBelow(1, x), "%v at %d of %d", below, i, n)
			}
			x[i] = before
		}
	}
}

func testLargest[T Float](t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(12, uint64(of)))
	for n := range 140 {
		x, y := extractData[T](rng, n, true)
		if n > 0 && n%3 == 0 {
			x[rng.IntN(n)] = T([]float64{math.Inf(-1), math.NaN(), math.MaxFloat64}[rng.IntN(3)])
		}
		want := uint64(0)
		for i := range x {
			v := x[i]
			if of == RoundedProduct {
				v = T(v * y[i])
			}
			want = max(want, Bits(Abs(v)))
		}
		if Is64[T]() {
			want |= math.MaxUint32
		}
		require.Equal(t, want, Largest(of, x, y), "n = %d", n)
	}
}

func testRoundedSum(t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(13, uint64(of)))
	for n := range 140 {
		for _, exponent := range []int{-50, -26, -13, 3} {
			x, y := extractData[float32](rng, n, true)
			want := int64(0)
			for i := range x {
				want += nearest(bigTerm(of, x[i], y[i]), exponent).Int64()
			}
			require.Equal(t, want, RoundedSum(of, Anchor(exponent), x, y), "n = %d, unit 2^%d", n, exponent)
		}
	}
}

// SumWatched has the sums of its lanes, and the largest magnitude wherever it is.
func testSumWatched(t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(14, uint64(of)))
	for n := 1; n <= 300; n++ {
		x, y := extractData[float32](rng, n, true)
		if n%3 == 0 {
			x[rng.IntN(n)] = []float32{float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32}[rng.IntN(3)]
		}
		sum, most := SumWatched(of, x, y)
		require.Equal(t, Bits(Canonical(sumWatchedPortable(of, x, y))), Bits(Canonical(sum)), "n = %d", n)
		require.Equal(t, largestPortable(of, x, y), most, "n = %d", n)
	}
}

// SumLooked has the sum of its lanes, and the largest magnitude wherever it is.
func testSumLooked(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 17))
	for n := 1; n <= 140; n++ {
		x, y := extractData[float64](rng, n, false)
		if n%3 == 0 {
			x[rng.IntN(n)] = []float64{math.Inf(-1), math.NaN(), math.MaxFloat64}[rng.IntN(3)]
		}
		sum, most, ok := SumLooked(x, y)
		if !ok {
			require.Equal(t, Portable, active)
			return
		}
		var lanes [SplitLanes]float64
		for i, v := range x {
			lanes[i%SplitLanes] += float64(v * y[i])
		}
		for half := SplitLanes / 2; half > 0; half /= 2 {
			for i := range half {
				lanes[i] += lanes[i+half]
			}
		}
		require.Equal(t, Bits(Canonical(lanes[0])), Bits(Canonical(sum)), "n = %d", n)
		require.Equal(t, largestPortable(RoundedProduct, x, y), most, "n = %d", n)
	}
}

// A group without a mark has no term near the largest, one with a mark has one that nearly is; and SplitNear is SplitTerms with zeros for the groups without.
func testNear(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 19))
	for n := 1; n <= maxGrouped; n += 1 + n/50 {
		x, y := make([]float64, n), make([]float64, n)
		span := []int{1, 60, 500, 1000}[n%4]
		for i := range x {
			x[i], y[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(span)-span/2), math.Ldexp(rng.Float64(), rng.IntN(span)-span/2)
		}
		switch n % 7 {
		case 0:
			clear(x)
		case 1:
			x[n-1] = 0x1p500
		case 2: // so little that all groups are marked
			for i := range x {
				x[i] = math.Ldexp(x[i], -900)
			}
		}
		most, marks, ok := LargestNear(x, y)
		if !ok {
			require.NotEqual(t, AVX512, active)
			return
		}
		require.Equal(t, largestPortable(RoundedProduct, x, y), most, "n = %d", n)
		e := int(most>>52) - 1022
		some := append([]float64(nil), x...)
		for g := range n / 32 {
			largest := math.Float64frombits(largestPortable(RoundedProduct, x[32*g:32*g+32], y[32*g:]))
			if marks>>g&1 == 0 {
				require.Less(t, largest, math.Ldexp(1, e-LeftOutBits), "n = %d, group %d", n, g)
				clear(some[32*g : 32*g+32])
			} else {
				require.GreaterOrEqual(t, math.Ldexp(largest, LeftOutBits+2), math.Ldexp(1, e), "n = %d, group %d", n, g)
			}
		}
		require.Zero(t, marks>>(n/32), "n = %d", n)
		for _, of := range []Terms{Product, RoundedProduct} {
			anchor := Anchor(max(e-40, -1074))
			high, low := SplitNear(of, anchor, x, y, marks)
			wantHigh, wantLow := SplitTerms(of, anchor, 1, some, y)
			require.Equal(t, wantHigh, high, "n = %d", n)
			require.Equal(t, Bits(wantLow), Bits(low), "n = %d", n)
		}
		x[rng.IntN(n)] = math.NaN()
		most, _, _ = LargestNear(x, y)
		require.Greater(t, most, uint64(0x7ff<<52))
	}
	_, _, ok := LargestNear(make([]float64, maxGrouped+1), make([]float64, maxGrouped+1))
	require.False(t, ok)
}

// ExtentOf sees the largest and the least, wherever they are, and passes no other over where terms are zero.
func testExtent(t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(15, uint64(of)))
	for n := 1; n < 140; n++ {
		x, y := extractData[float64](rng, n, false)
		leastOf := func() uint64 {
			want := uint64(math.MaxUint64)
			for i := range x {
				if v, _ := bigTerm(of, x[i], y[i]).Float64(); v != 0 {
					want = min(want, Bits(Abs(v)))
				}
			}
			return want >> 32
		}
		least, most := ExtentOf(of, x, y)
		require.Equal(t, largestPortable(of, x, y), most)
		if active == Portable {
			require.Zero(t, least)
			continue
		}
		require.Equal(t, leastOf(), least>>32, "n = %d", n)
		x[rng.IntN(n)] = 0
		least, _ = ExtentOf(of, x, y)
		require.LessOrEqual(t, least>>32, leastOf())
		x[rng.IntN(n)] = math.NaN()
		_, most = ExtentOf(of, x, y)
		require.Greater(t, most, uint64(0x7ff<<52))
	}
}

func TestExtractBackends(t *testing.T) {
	for _, b := range Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer Use(b)()
			t.Run("none below/64", testNoneBelow[float64])
			t.Run("none below/32", testNoneBelow[float32])
			t.Run("looked", testSumLooked)
			t.Run("near", testNear)
			for _, of := range []Terms{Plain, Product, RoundedProduct} {
				t.Run(fmt.Sprint("split/", of), func(t *testing.T) { testSplit(t, of) })
				if of != RoundedProduct {
					t.Run(fmt.Sprint("watched/", of), func(t *testing.T) { testSumWatched(t, of) })
				}
				if of != Product {
					t.Run(fmt.Sprint("largest64/", of), func(t *testing.T) { testLargest[float64](t, of) })
					t.Run(fmt.Sprint("largest32/", of), func(t *testing.T) { testLargest[float32](t, of) })
					t.Run(fmt.Sprint("extent/", of), func(t *testing.T) { testExtent(t, of) })
					t.Run(fmt.Sprint("rounded/", of), func(t *testing.T) { testRoundedSum(t, of) })
				}
			}
		})
	}
}
