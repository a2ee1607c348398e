package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/fpmode"
	"github.com/stretchr/testify/require"
)

// besideMiddle returns products whose exact sum, of products rounded if so asked, is the middle of two numbers and 2^-depth of it, more or less. After
// random ones come corrections, each what is still lacking, rounded. The first is far below the others, so that no window holds all.
func besideMiddle(rng *rand.Rand, of Terms, n, depth int) (x, y []float64) {
	const corrections = 8
	x, y = make([]float64, n), make([]float64, n)
	base := rng.IntN(400) - 200
	for i := range x {
		x[i], y[i] = math.Ldexp(rng.Float64()-0.5, base-rng.IntN(60)), 0.5+rng.Float64()
		if i%2 == 1 && i > 1 { // much of which cancels, but not what its additions lose
			x[i], y[i] = -x[i-1]*(1+math.Ldexp(rng.Float64(), -12)), y[i-1]
		}
	}
	x[0] = math.Ldexp(1.25, base-250)
	last := n - corrections
	sum := exactTerms(Product, x[:last], y[:last])
	if of == RoundedProduct {
		sum.SetInt64(0)
		for i := range last {
			sum.Add(sum, bigTerm(of, x[i], y[i]))
		}
	}
	s, _ := sum.Float64()
	target := new(big.Float).SetPrec(4500).SetFloat64(s)
	for _, v := range []float64{(math.Nextafter(s, 2*s) - s) / 2, math.Ldexp(s, -depth) * float64(1-2*rng.IntN(2))} {
		target.Add(target, new(big.Float).SetFloat64(v))
	}
	for i := last; i < n; i++ {
		x[i], _ = new(big.Float).SetPrec(4500).Sub(target, sum).Float64()
		y[i] = 1
		sum.Add(sum, new(big.Float).SetFloat64(x[i]))
	}
	rng.Shuffle(n-1, func(i, j int) { x[i+1], x[j+1], y[i+1], y[j+1] = x[j+1], x[i+1], y[j+1], y[i+1] })
	return x, y
}

// Where a bound decides, it decides correctly: beside the middle of two numbers, at whatever distance.
func TestCertainSumsBesideMiddles(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	rounded, not, rounds := 0, 0, 4000
	if active < AVX2 { // which have no kernel
		rounds = 400
	}
	for i := range rounds {
		n, depth := 16+rng.IntN(MaxCertain-15), 55+i%60
		x, y := besideMiddle(rng, Product, n, depth)
		v, s, state := sumFew(Product, x, y, NearOrSpread)
		if state != Refused {
			if state == NotRounded {
				v = roundedTo[float64](leadingFloat(s))
			}
			require.Equal(t, Bits(roundedTo[float64](exactTerms(Product, x, y))), Bits(v), "depth %d: %x %x", depth, x, y)
		}
		x, y = besideMiddle(rng, RoundedProduct, n, depth)
		switch v, state := certainBoth(t, x, y); state {
		case Rounded:
			rounded++
			require.Equal(t, Bits(roundedTo[float64](exactRounded(x, y))), Bits(v), "depth %d: %x %x", depth, x, y)
		case NotRounded:
			not++
		}
	}
	if active >= AVX2 {
		require.Greater(t, rounded, 800)
		require.Greater(t, not, 800)
	}
}

// exactRounded is the exact sum of rounded products.
func exactRounded(x, y []float64) *big.Float {
	sum := new(big.Float).SetPrec(4500)
	for i, v := range x {
		sum.Add(sum, bigTerm(RoundedProduct, v, y[i]))
	}
	return sum
}

// All sums as far from the exact one as they may be round to what is certain. Most sums are certain, of every number of terms.
func TestCertainSumsOfTheSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	certain := 0
	for i := range 3000 {
		n := 1 + i%MaxCertain
		x, y := extractData[float64](rng, n, i%2 == 0)
		spread, most := math.Ldexp(1, -80+rng.IntN(30)), 0.0
		for i := range x {
			x[i] = math.Ldexp(x[i], i%3*100-rng.IntN(100))
			most = max(most, math.Abs(x[i]*y[i]))
		}
		v, state := SumCertain(RoundedProduct, x, y, spread)
		requireCertain(t, x, y, spread, v, state)
		if state != Rounded {
			continue
		}
		certain++
		for _, end := range []float64{spread, -spread} {
			sum := exactRounded(x, y)
			sum.Add(sum, new(big.Float).SetFloat64(end*most))
			require.Equal(t, Bits(roundedTo[float64](sum)), Bits(v), "%x %x", x, y)
		}
	}
	if active >= AVX2 {
		require.Greater(t, certain, 2300)
	}
}

// certainBoth is SumCertain of the rounded products, and of plain terms that are those: they give the same.
func certainBoth[T Float](t *testing.T, x, y []T) (v T, state int) {
	v, state = SumCertain(RoundedProduct, x, y, 0)
	requireCertain(t, x, y, 0, v, state)
	return v, state
}

// requireCertain compares with the sum of plain terms.
func requireCertain[T Float](t *testing.T, x, y []T, spread float64, v T, state int) {
	terms := make([]T, len(x))
	for i, f := range x {
		terms[i] = T(f * y[i])
	}
	same, plain := SumCertain(Plain, terms, nil, spread)
	require.Equal(t, state, plain, "%x", terms)
	if state == Rounded {
		require.Equal(t, Bits(v), Bits(same), "%x", terms)
	}
}

// Terms so large that their anchor is no number are certain all the same, and their sums overflow as others do.
func TestCertainSumsOfLargeTerms(t *testing.T) {
	rng := rand.New(rand.NewPCG(37, 38))
	rounded, infinite := 0, 0
	for i := range 3000 {
		n := 1 + i%MaxCertain
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Ldexp(rng.Float64()-0.5, 1024-rng.IntN(1+rng.IntN(1500)))
		}
		x[rng.IntN(n)] = math.Ldexp(1+rng.Float64(), 980+rng.IntN(44))
		ones := make([]float64, n)
		for i := range ones {
			ones[i] = 1
		}
		v, state := certainBoth(t, x, ones)
		if state == Rounded {
			rounded++
			require.Equal(t, Bits(roundedTo[float64](exactRounded(x, ones))), Bits(v), "%x", x)
			if math.IsInf(v, 0) {
				infinite++
			}
		}
		x[rng.IntN(n)] = math.NaN()
		_, state = certainBoth(t, x, ones)
		require.Equal(t, Refused, state, "%x", x)
	}
	if active >= AVX2 {
		require.Greater(t, rounded, 2900)
		require.Greater(t, infinite, 5)
	}
}

// What is not finite, or too small for the bound, is refused, wherever it is.
func TestCertainSumsRefuse(t *testing.T) {
	for n := 1; n <= MaxCertain+1; n++ {
		x, y := make([]float64, n), make([]float64, n)
		for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 0, 0x1p-1000, 1} {
			for i := range x {
				x[i], y[i] = 1, 1
				if odd == 0 || odd == 0x1p-1000 {
					x[i] = odd
				}
			}
			x[n/2] = odd
			v, state := certainBoth(t, x, y)
			switch {
			case active >= AVX2 && odd == 1 && n <= MaxCertain:
				require.Equal(t, Rounded, state)
				require.EqualValues(t, n, v)
			case active >= AVX2 && odd == math.MaxFloat64 && n <= MaxCertain:
				require.Equal(t, Rounded, state)
				require.Equal(t, odd, v)
			default:
				require.Equal(t, Refused, state, "%v of %d", odd, n)
			}
		}
	}
	_, state := certainBoth(t, []float32{1}, []float32{1})
	require.Equal(t, Refused, state)
}

// Kernels of few products and of certain sums probe the mode: they give the same in each.
func TestCertainSumsInEveryMode(t *testing.T) {
	rng := rand.New(rand.NewPCG(35, 36))
	x, y := besideMiddle(rng, Product, 100, 84)
	x[50], y[50] = 0x1p-1050, 0x1p1000 // not to be taken for 0
	sums := func() (all []uint64) {
		for _, how := range []int{Near, NearOrSpread, Spread} {
			for _, n := range []int{1, 20, 60, 100} {
				v, s, state := sumFew(Product, x[100-n:], y[100-n:], how)
				all = append(all, uint64(state))
				if state == Rounded {
					all = append(all, Bits(v))
				} else if state == NotRounded {
					all = append(all, uint64(s.Hi), s.Lo, uint64(s.Exponent))
				}
			}
		}
		for n := 1; n < 100; n++ {
			v, state := SumCertain(RoundedProduct, x[:n], y[:n], 0)
			plain, plainState := SumCertain(Plain, x[:n], nil, 0)
			all = append(all, Bits(v), uint64(state), Bits(plain), uint64(plainState))
		}
		return all
	}
	if want := sums(); active >= AVX2 {
		for mode := range fpmode.Modes() {
			var got []uint64
			fpmode.InMode(mode, func() { got = sums() })
			require.Equal(t, want, got, "mode %d", mode)
			require.Equal(t, want, sums(), "after the mode was set back")
		}
	}
}
