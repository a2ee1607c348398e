package reduce

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// bigSum is the exact sum of the terms by math/big, of which products are rounded if so
// asked. All terms are finite.
func bigSum[T Float](t terms[T], rounded bool) *big.Float {
	wide := func(v T) *big.Float { return new(big.Float).SetPrec(4500).SetFloat64(float64(v)) }
	sum := wide(0)
	for i, v := range t.x {
		switch {
		case t.y == nil:
			sum.Add(sum, wide(v))
		case rounded:
			sum.Add(sum, wide(T(v*t.y[i])))
		default:
			sum.Add(sum, new(big.Float).SetPrec(4500).Mul(wide(v), wide(t.y[i])))
		}
	}
	return sum
}

// roundBig rounds once.
func roundBig[T Float](v *big.Float) T {
	if kernel.Is64[T]() {
		f, _ := v.Float64()
		return T(f)
	}
	f, _ := v.Float32()
	return T(f)
}

// besideMidpoint returns terms whose sum is as near to the middle of two numbers as a
// last term of 2^-depth of the sum makes it.
func besideMidpoint[T Float](rng *rand.Rand, n, depth int) []T {
	x := make([]T, n)
	for i := range x[:n-3] {
		x[i] = T(rng.Float64() - 0.5)
	}
	sum := bigSum(terms[T]{x: x}, false)
	s := roundBig[T](sum)
	x[n-3] = roundBig[T](new(big.Float).Sub(big.NewFloat(float64(s)).SetPrec(4500), sum)) // now s, or nearly
	half := (math.Float64frombits(math.Float64bits(float64(s))+1) - float64(s)) / 2
	if !kernel.Is64[T]() {
		half = float64(math.Float32frombits(math.Float32bits(float32(s))+1)-float32(s)) / 2
	}
	x[n-2] = T(half)
	x[n-1] = T(math.Ldexp(float64(s), -depth) * float64(1-2*rng.IntN(2)))
	rng.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	return x
}

func allFinite[T Float](x []T) bool {
	for _, v := range x {
		if !kernel.IsFinite(v) {
			return false
		}
	}
	return true
}

// certifiable yields sums of all kinds: with all exponents, beside midpoints, with nearly
// everything cancelled, of products, some of which underflow.
func certifiable[T Float](rng *rand.Rand, yield func(t terms[T])) {
	for i := range 400 {
		n := certifiedMin + rng.IntN(200)
		x := regimes[T](rng)
		switch i % 4 {
		case 0:
			x = besideMidpoint[T](rng, n, 30+rng.IntN(100))
		case 1:
			x = x[:min(len(x), 150)]
			for _, v := range x {
				x = append(x, -v)
			}
			x[rng.IntN(len(x))] *= 1 + 0x1p-20
		}
		x = x[:min(len(x), 300)]
		if !allFinite(x) {
			continue
		}
		yield(terms[T]{x: x})
		y := make([]T, len(x))
		for k := range y {
			y[k] = T(math.Ldexp(rng.Float64(), -rng.IntN(1+i%40*20)))
		}
		yield(terms[T]{x: x, y: y})
	}
}

// wrongCertificates counts sums that are certain and wrong, and those that are certain.
func wrongCertificates[T Float](seed uint64, certify func(fold int, of kernel.Terms, x, y []T) (T, bool)) (wrong, certain int) {
	rng := rand.New(rand.NewPCG(seed, 77))
	certifiable(rng, func(t terms[T]) {
		for _, rounded := range []bool{false, true} {
			if rounded && !kernel.Is64[T]() {
				continue
			}
			of := t.kind()
			if rounded {
				of = t.kindInT()
			}
			v, ok := certify(0, of, t.x, t.y)
			if !ok {
				continue
			}
			certain++
			if kernel.Bits(v) != kernel.Bits(roundBig[T](bigSum(t, rounded))) {
				wrong++
			}
		}
	})
	return wrong, certain
}

func testCertificates[T Float](t *testing.T) {
	wrong, certain := wrongCertificates(1, certify[T])
	require.Zero(t, wrong, "of %d", certain)
	require.Greater(t, certain, 200)
}

func TestCertificatesHold(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("float32", testCertificates[float32])
		t.Run("float64", testCertificates[float64])
	})
}

// A certificate without its bound is wrong beside midpoints: the test can see it.
func TestCertificatesNeedTheirBound(t *testing.T) {
	wrong, _ := wrongCertificates(1, func(_ int, _ kernel.Terms, x, y []float64) (float64, bool) {
		h, l := lanePairSum(terms[float64]{x: x, y: y})
		return kernel.RoundCertain[float64](h, l, 0)
	})
	require.NotZero(t, wrong)
	wrong, _ = wrongCertificates(1, func(_ int, _ kernel.Terms, x, y []float32) (float32, bool) {
		return kernel.RoundCertain[float32](laneSum[float64](terms[float32]{x: x, y: y}), 0, 0)
	})
	require.NotZero(t, wrong)
}

// Beside a midpoint by less than the bound nothing is certain, at a distance it is.
func TestCertificatesAreRefusedBesideMidpoints(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		_, ok := certify(0, kernel.Plain, besideMidpoint[float64](rng, 200, 125), nil)
		require.False(t, ok)
		_, ok = certify(0, kernel.Plain, besideMidpoint[float64](rng, 200, 70), nil)
		require.True(t, ok)
	}
}

// A binned sum of few terms is the same as from its bins.
func TestCertifiedBinnedSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	certain := map[int]int{}
	certifiable(rng, func(terms terms[float64]) {
		for fold := minFold; fold <= maxFold; fold++ {
			b := NewBins[float64](fold)
			b.add(terms)
			require.Equal(t, kernel.Bits(b.Round()), kernel.Bits(binnedSum(fold, terms.kindInT(), terms.x, terms.y)), "fold %d of %v", fold, terms)
			if _, ok := certify(fold, terms.kindInT(), terms.x, terms.y); ok {
				certain[fold]++
			}
		}
	})
	require.Zero(t, certain[2])
	require.Greater(t, certain[3], 200)
	require.Greater(t, certain[4], 200)
}

// steered returns n terms whose exact sum is the midpoint above a number, and 2^-depth of
// it more or less: after random terms come corrections, each what is still lacking,
// rounded.
func steered(rng *rand.Rand, n, depth int) []float64 {
	x := make([]float64, n)
	for i := range x[:n-10] { // much of which cancels, but not what its additions lose
		x[i] = math.Ldexp(rng.Float64()-0.5, -rng.IntN(60))
		if i%2 == 1 {
			x[i] = -x[i-1] * (1 + math.Ldexp(rng.Float64(), -12))
		}
	}
	sum := bigSum(terms[float64]{x: x}, false)
	s := roundBig[float64](sum)
	target := bigSum(terms[float64]{x: []float64{s, (math.Nextafter(s, 2*s) - s) / 2, math.Ldexp(s, -depth) * float64(1-2*rng.IntN(2))}}, false)
	for i := n - 10; i < n; i++ {
		x[i] = roundBig[float64](new(big.Float).Sub(target, sum))
		sum.Add(sum, new(big.Float).SetPrec(4500).SetFloat64(x[i]))
	}
	rng.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	return x
}

// The bound is needed, but for a factor of a hundred or so: a thousandth of it
// certifies wrong sums.
func TestCertificatesNeedNearlyTheirBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	wrong := 0
	for range 3000 {
		x := terms[float64]{x: steered(rng, 64+rng.IntN(200), 80+rng.IntN(25))}
		want := roundBig[float64](bigSum(x, false))
		if v, ok := certify(0, kernel.Plain, x.x, nil); ok {
			require.Equal(t, want, v)
		}
		c, ok := certifyBlock(kernel.Plain, x.x, nil)
		require.True(t, ok)
		if v, ok := kernel.RoundCertain[float64](c.s, c.t, c.error*0x1p-10); ok && v != want {
			wrong++
		}
	}
	require.NotZero(t, wrong)
}

// The ends of what is certain are rounded outwards.
func TestRoundCertainAtMidpoints(t *testing.T) {
	_, ok := kernel.RoundCertain[float64](1, 0x1p-53, 0) // a tie, by an error of nothing
	require.False(t, ok)
	v, ok := kernel.RoundCertain[float64](1, 0x1p-53+0x1p-100, 0)
	require.True(t, ok)
	require.Equal(t, 1+0x1p-52, v)
	_, ok = kernel.RoundCertain[float32](1+0x1p-24+0x1p-52, 0, 0) // a last place above the middle of two float32
	require.False(t, ok)
	_, ok = kernel.RoundCertain[float64](0x1p-1074, -0x1p-1074, 0)
	require.False(t, ok, "zero has a sign")
}

func TestCertifiedSumsInBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{certifiedBlock/2 + 1, certifiedBlock - 1, certifiedBlock, certifiedBlock + 1, 3*certifiedBlock + 17, 1<<16 + 5} {
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(400)), rng.Float64()
		}
		for _, terms := range []terms[float64]{{x: x}, {x: x, y: y}} {
			v, ok := certify(0, terms.kind(), terms.x, terms.y)
			require.True(t, ok)
			require.Equal(t, roundBig[float64](bigSum(terms, false)), v)
			require.Equal(t, v, exactSum(terms.kind(), terms.x, terms.y))
		}
	}
}

// Binned sums of as many terms as are certified have the bits of those that are cut, in however many bins.
func TestBinnedSumsOfManyTerms(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	n := certifiedBins
	for _, span := range []int{1, 47} {
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(span)), math.Ldexp(rng.Float64()-0.5, rng.IntN(span))
		}
		for _, all := range []terms[float64]{{x: x}, {x: x, y: y}} {
			for _, n := range []int{certifiedBins/2 + 1, certifiedBins} {
				some := all.slice(0, n)
				b := NewBins[float64](DefaultFold)
				addInGo(&b, some)
				of := kernel.Plain
				if some.y != nil {
					of = kernel.RoundedProduct
				}
				want := b.Round()
				require.Equal(t, kernel.Bits(want), kernel.Bits(binnedSum(DefaultFold, of, some.x, some.y)))
				certain, ok := certify(DefaultFold, of, some.x, some.y)
				require.True(t, ok)
				require.Equal(t, kernel.Bits(want), kernel.Bits(certain))
			}
		}
	}
}

// Numbers of a fixed point, whose sums are often the middle of two numbers or zero, are
// certified, and correctly: in a binned sum, too, if its grid holds them.
func testLossless[T Float](t *testing.T, fraction int) {
	rng := rand.New(rand.NewPCG(21, 22))
	undecided := 0
	for i := range 800 {
		n, fraction := certifiedMin+rng.IntN(100), fraction
		if i%100 == 0 {
			n, fraction = n+2*certifiedBlock, fraction/2
		}
		x := make([]T, n)
		for i := range x {
			x[i] = T(math.Ldexp(float64(rng.Int64N(2<<fraction)-1<<fraction), -fraction))
			if i > 0 && rng.IntN(2) == 0 {
				x[i] = -x[i-1]
			}
		}
		want := roundBig[T](bigSum(terms[T]{x: x}, false))
		v, ok := certify(0, kernel.Plain, x, nil)
		require.True(t, ok || kernel.SurelyFew[T](kernel.Plain, n))
		require.True(t, !ok || kernel.Bits(want) == kernel.Bits(v))
		require.Equal(t, kernel.Bits(want), kernel.Bits(exactSum(kernel.Plain, x, nil)))
		c, _ := certifyBlock(kernel.Plain, x[:min(n, certifiedBlock)], nil)
		if _, ok := kernel.RoundCertain[T](c.s, c.t, c.error); !ok {
			undecided++
		}
		for fold := minFold; fold <= maxFold; fold++ {
			b := NewBins[T](fold)
			b.Add(x)
			require.Equal(t, kernel.Bits(b.Round()), kernel.Bits(binnedSum(fold, kernel.Plain, x, nil)))
		}
	}
	require.Greater(t, undecided, 30)
}

func TestLosslessSums(t *testing.T) {
	for _, b := range kernel.Backends()[1:] { // portable code does not look
		t.Run(b.String(), func(t *testing.T) {
			defer kernel.Use(b)()
			t.Run("float32", func(t *testing.T) { testLossless[float32](t, 24) })
			t.Run("float64", func(t *testing.T) { testLossless[float64](t, 53) })
		})
	}
}

// nearlyLossless returns terms that nearly cancel or sum to a midpoint, of exponents that
// span so many bits.
func nearlyLossless[T Float](rng *rand.Rand, span int) []T {
	x := make([]T, 40+rng.IntN(60))
	for i := range x {
		x[i] = T(rng.Float64()-0.5) * 2
		if i%2 == 1 {
			x[i] = -x[i-1]
		}
	}
	small, tie := T(math.Ldexp(1, -span)), T(math.Ldexp(1, -1-precisionOf[T]()))
	x[0], x[1], x[2], x[3] = 1, small, -small*(1-2*tie), tie // 1 + tie + 2 small tie
	return x
}

func precisionOf[T Float]() int {
	if kernel.Is64[T]() {
		return 52
	}
	return 23
}

// Where terms span more than is known to be lossless, they are not taken for it.
func testNearlyLossless[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	wrong := 0
	for i := range 1500 {
		x := nearlyLossless[T](rng, 10+i%70)
		want := roundBig[T](bigSum(terms[T]{x: x}, false))
		if v, ok := certify(0, kernel.Plain, x, nil); ok {
			require.Equal(t, kernel.Bits(want), kernel.Bits(v), "%x", x)
		}
		if c, _ := certifyBlock(kernel.Plain, x, nil); T(c.s+c.t) != want {
			wrong++ // if it were believed
		}
	}
	require.NotZero(t, wrong)
}

func TestNearlyLosslessSums(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("float32", testNearlyLossless[float32])
		t.Run("float64", testNearlyLossless[float64])
	})
}

func TestRoundSingle(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 26))
	for range 100000 {
		n := int64(rng.Uint64()) >> rng.IntN(64)
		if rng.IntN(2) == 0 { // beside the middle of two
			n = n&^(1<<39-1) | 1<<38 + rng.Int64N(3) - 1
		}
		want, _ := new(big.Float).SetInt64(n).Float32()
		require.Equal(t, want, kernel.RoundSingle(n, 0), "%d", n)
	}
}

// Products that are larger than what the first show, by any factor, are summed as if they had shown it.
func TestCertifiedProductsBeyondTheGuess(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 22))
		for i := range 300 {
			x, y := make([]float64, 256+rng.IntN(3000)), []float64(nil)
			for i := range x {
				x[i] = math.Ldexp(rng.Float64()-0.5, -rng.IntN(40))
				y = append(y, rng.Float64()+0.5)
			}
			for range 1 + i%3 {
				x[64+rng.IntN(len(x)-64)] *= math.Ldexp(1, rng.IntN(70))
			}
			v := terms[float64]{x: x, y: y}
			require.Equal(t, roundBig[float64](bigSum(v, false)), Dot(Exact, x, y))
			b := NewBins[float64](DefaultFold)
			addInGo(&b, v)
			require.Equal(t, b.Round(), Dot(Binned, x, y))
		}
	})
}

// offNear returns by how much what is certified of products of which most are left out is off, and the bound of that.
func offNear(of kernel.Terms, x, y []float64, certify func(of kernel.Terms, x, y []float64) (certified, bool)) (off, bound float64) {
	c, ok := certify(of, x, y)
	if !ok {
		return 0, 0
	}
	var left Superaccumulator
	for i, v := range x {
		if of == kernel.Product {
			left.AddProduct(v, y[i])
		} else {
			left.Add(float64(v * y[i]))
		}
	}
	left.Add(-c.s)
	left.Add(-c.t)
	return math.Abs(Round[float64](&left)), c.error
}

// Products of all exponents are certified within their bound, though most are left out; and dot products of them have the bits of exact arithmetic and of bins.
func TestCertifyNear(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(79, 80))
		for _, span := range []int{90, 250, 1000} {
			for n := certifiedMin; n <= certifiedBlock/2; n += 1 + n/5 {
				x, y := make([]float64, n), make([]float64, n)
				for i := range x {
					x[i], y[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(span)-span/2), math.Ldexp(rng.Float64()-0.5, rng.IntN(span)-span/2)
				}
				if n%2 == 0 {
					copy(x, []float64{1, 2, 1, 2}) // which are not far from each other
				}
				for _, of := range []kernel.Terms{kernel.Product, kernel.RoundedProduct} {
					off, bound := offNear(of, x, y, certifyNear)
					require.LessOrEqual(t, off, bound, "%v, %d terms of %d exponents", of, n, span)
					require.NotZero(t, bound)
					off, bound = offNear(of, x, y, func(of kernel.Terms, x, y []float64) (certified, bool) {
						most := 0
						for i := range x {
							if math.Abs(x[i]*y[i]) > math.Abs(x[most]*y[most]) {
								most = i
							}
						}
						defer func(v float64) { x[most] = v }(x[most])
						x[most] *= 1 - 0x1p-30 // a term is another
						return certifyNear(of, x, y)
					})
					require.Greater(t, off, bound)
				}
				bins := NewBins[float64](DefaultFold)
				addInGo(&bins, terms[float64]{x: x, y: y})
				require.Equal(t, kernel.Bits(bins.Round()), kernel.Bits(Dot(Binned, x, y)))
				require.Equal(t, kernel.Bits(roundBig[float64](bigSum(terms[float64]{x: x, y: y}, false))), kernel.Bits(Dot(Exact, x, y)))
			}
		}
	})
}
