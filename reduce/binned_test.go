package reduce

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// The oracle: a binned sum by the words of SPEC.md, section 3, over big integers in
// units of the smallest subnormal, with nothing of the code under test.

// oracleState is what a binned sum holds.
type oracleState struct {
	top                                 int
	bins                                []*big.Int // of top, top-1, ...
	count, notNeg0, posInf, negInf, nan int64
}

// oracleFormat returns W, the exponent of the smallest subnormal and the precision.
func oracleFormat[T Float]() (w uint, smallest int, precision uint) {
	if kernel.Is64[T]() {
		return 40, -1074, 53
	}
	return 13, -149, 24
}

// inUnits returns the finite x in units of the smallest subnormal.
func inUnits[T Float](x T) *big.Int {
	_, smallest, _ := oracleFormat[T]()
	f := new(big.Float).SetFloat64(float64(x))
	v, accuracy := f.SetMantExp(f, -smallest).Int(nil)
	if accuracy != big.Exact {
		panic("not a multiple of the smallest subnormal")
	}
	return v
}

func powerOf2(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }

// nearest is RN(k, v)/q(k): the integer nearest to v / 2^(W*k), ties to even.
func nearest(v *big.Int, shift uint) *big.Int {
	q, r := new(big.Int).DivMod(v, powerOf2(shift), new(big.Int)) // r in [0, 2^shift)
	twice := r.Lsh(r, 1)
	if c := twice.Cmp(powerOf2(shift)); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

// slice is s(k, v)/q(k).
func slice(v *big.Int, k int, w uint) *big.Int {
	coarse := nearest(v, w*uint(k+1))
	return new(big.Int).Sub(nearest(v, w*uint(k)), coarse.Lsh(coarse, w))
}

// oracleBins is the state of the terms.
func oracleBins[T Float](fold int, x []T) oracleState {
	w, _, _ := oracleFormat[T]()
	s := oracleState{top: fold - 1, count: int64(len(x))}
	var finite []*big.Int
	for _, v := range x {
		if v != 0 || !math.Signbit(float64(v)) {
			s.notNeg0++
		}
		switch {
		case v != v:
			s.nan++
		case math.IsInf(float64(v), 1):
			s.posInf++
		case math.IsInf(float64(v), -1):
			s.negInf++
		default:
			finite = append(finite, inUnits(v))
		}
	}
	for _, v := range finite { // |v| <= q(top+1)/2
		for v.CmpAbs(powerOf2(w*uint(s.top+1)-1)) > 0 {
			s.top++
		}
	}
	for k := s.top; k > s.top-fold; k-- {
		bin := new(big.Int)
		for _, v := range finite {
			bin.Add(bin, slice(v, k, w))
		}
		s.bins = append(s.bins, bin)
	}
	return s
}

// round is the value of the state.
func oracleRound[T Float](s oracleState) T {
	switch {
	case s.nan > 0 || s.posInf > 0 && s.negInf > 0:
		return kernel.NaN[T]()
	case s.posInf > 0:
		return T(math.Inf(1))
	case s.negInf > 0:
		return T(math.Inf(-1))
	}
	w, smallest, _ := oracleFormat[T]()
	sum := new(big.Int)
	for i, bin := range s.bins {
		sum.Add(sum, new(big.Int).Lsh(bin, w*uint(s.top-i)))
	}
	if sum.Sign() == 0 {
		if s.count > 0 && s.notNeg0 == 0 {
			return T(math.Copysign(0, -1))
		}
		return 0
	}
	f := new(big.Float).SetPrec(uint(sum.BitLen())).SetInt(sum)
	f.SetMantExp(f, smallest)
	if kernel.Is64[T]() {
		v, _ := f.Float64()
		return T(v)
	}
	v, _ := f.Float32()
	return T(v)
}

// words is the state as words.
func (s oracleState) words() (w [binWords]uint64) {
	for i, v := range []int64{int64(len(s.bins)), int64(s.top), s.count, s.notNeg0, s.posInf, s.negInf, s.nan} {
		w[i] = uint64(v)
	}
	for i, bin := range s.bins {
		v := new(big.Int).Mod(bin, powerOf2(128)) // two's complement
		w[7+2*i] = new(big.Int).Mod(v, powerOf2(64)).Uint64()
		w[8+2*i] = v.Rsh(v, 64).Uint64()
	}
	return w
}

// A binner is a binned sum, or a faulty one: the words of its state and its value.
type binner[T Float] func(fold int, x []T) ([binWords]uint64, T)

// byBins is the sum under test.
func byBins[T Float](fold int, x []T) ([binWords]uint64, T) {
	b := NewBins[T](fold)
	b.Add(x)
	return b.words(), b.Round()
}

// checkBins returns an error unless state and value are the oracle's, of x and of -x.
func checkBins[T Float](sum binner[T], fold int, x []T) error {
	for sign := range 2 {
		s := oracleBins(fold, x)
		w, v := sum(fold, x)
		if w != s.words() {
			return fmt.Errorf("fold %d, sign %d, %d terms: state %x, want %x", fold, sign, len(x), w, s.words())
		}
		if want := oracleRound[T](s); kernel.Bits(v) != kernel.Bits(want) {
			return fmt.Errorf("fold %d, sign %d, %d terms: %x, want %x", fold, sign, len(x), v, want)
		}
		x = negative(x)
	}
	return nil
}

func negative[T Float](x []T) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = -v
	}
	return y
}

// ofBits returns the T of the upper bits of r.
func ofBits[T Float](r uint64) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(r))
	}
	return T(math.Float32frombits(uint32(r >> 32)))
}

// power returns 2^e in T.
func power[T Float](e int) T { return T(math.Ldexp(1, e)) }

// binnedData returns terms of the kinds that slicing can get wrong.
func binnedData[T Float](rng *rand.Rand, n int) map[string][]T {
	w, smallest, _ := oracleFormat[T]()
	width, top := int(w), 1023
	if !kernel.Is64[T]() {
		top = 127
	}
	sign := func() T { return T(1 - 2*rng.IntN(2)) }
	fill := func(term func() T) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = term()
		}
		return x
	}
	spread := func(low, high int) func() T { // of any significand
		return func() T {
			e := low + rng.IntN(high-low+1)
			return sign() * T(math.Ldexp(1+float64(rng.Uint64()>>12)/(1<<52), e))
		}
	}
	finite := func(term func() T) func() T {
		return func() T {
			for {
				if v := term(); kernel.IsFinite(v) {
					return v
				}
			}
		}
	}
	grid := func(k int) int { return smallest + width*k } // the exponent of q(k)
	j := 3 + rng.IntN(maxTop[T]()-4)
	data := map[string][]T{
		"plain":  fill(spread(-3, 3)),
		"wide":   fill(finite(spread(smallest, top))),
		"any":    fill(func() T { return ofBits[T](rng.Uint64()) }),
		"finite": fill(finite(func() T { return ofBits[T](rng.Uint64()) })),
		"span":   fill(spread(grid(j)-2*width, grid(j)+width)),
		// Odd and even multiples of halves of grids, and their neighbours.
		"ties": fill(func() T {
			m := float64(rng.IntN(64)) + float64(rng.IntN(2))*math.Ldexp(1, width)
			v := T(math.Ldexp(m, grid(j-rng.IntN(4))-1))
			return sign() * ofBits[T]((kernel.Bits(v)+uint64(rng.IntN(2)*rng.IntN(2)))<<(64-8*elementSize[T]()))
		}),
		// |x| = q(k)/2, at which the top changes, and its neighbours.
		"tops": fill(func() T {
			bits := kernel.Bits(power[T](grid(1+rng.IntN(maxTop[T]()))-1)) + uint64(rng.IntN(3)) - 1
			return sign() * ofBits[T](bits<<(64-8*elementSize[T]()))
		}),
		"subnormal": fill(func() T { return sign() * T(rng.IntN(1<<20)) * power[T](smallest) }),
		"huge":      fill(finite(spread(top-width-2, top))),
		"hugest": fill(func() T {
			return ofBits[T]((kernel.Bits(T(math.Inf(1))) - 1 - uint64(rng.IntN(3))) << (64 - 8*elementSize[T]()))
		}),
		"zeros":    fill(func() T { return sign() * 0 }),
		"-0":       fill(func() T { return T(math.Copysign(0, -1)) }),
		"+Inf":     append(fill(spread(0, 9)), T(math.Inf(1))),
		"-Inf, -0": append(fill(func() T { return sign() * 0 }), T(math.Inf(-1))),
		"both":     append(fill(spread(0, 9)), T(math.Inf(1)), T(math.Inf(-1))),
		"NaN":      append(fill(spread(0, 9)), -T(math.NaN()), T(math.Inf(-1))),
	}
	rising := fill(spread(0, 0)) // raises the top again and again
	for i := range rising {
		rising[i] *= power[T](smallest + 40 + i*(top-smallest-40)/max(n, 1))
	}
	data["rising"] = rising
	return data
}

func elementSize[T Float]() int {
	if kernel.Is64[T]() {
		return 8
	}
	return 4
}

func testBins[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for fold := minFold; fold <= maxFold; fold++ {
		for _, n := range []int{0, 1, 2, 3, 7, 34, 1025} {
			for name, x := range binnedData[T](rng, n) {
				require.NoError(t, checkBins(byBins[T], fold, x), "%s", name)
			}
		}
		for range 20 {
			for name, x := range binnedData[T](rng, 1+rng.IntN(12)) {
				require.NoError(t, checkBins(byBins[T], fold, x), "%s: %x", name, x)
			}
		}
	}
}

func TestBinsAreThoseOfTheDefinition(t *testing.T) {
	t.Run("float32", testBins[float32])
	t.Run("float64", testBins[float64])
}

// The terms of a dot product are the products rounded to T, at any stride.
func testBinnedProducts[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 5, 256, 300, 513} {
		factors := fillWith(n+2, func(int) T { return ofBits[T](rng.Uint64()) })
		for name, x := range binnedData[T](rng, n) {
			stride := 1 + rng.IntN(3)
			y, p := make([]T, len(x)*stride), make([]T, len(x))
			for i := range x {
				y[i*stride] = factors[i]
				p[i] = x[i] * factors[i]
			}
			b := NewBins[T](3)
			b.AddProducts(x, y, stride)
			require.Equal(t, oracleBins(3, p).words(), b.words(), "%s, %d terms, stride %d", name, n, stride)
			if stride == 1 {
				require.Equal(t, kernel.Bits(b.Round()), kernel.Bits(Dot(Binned, x, y)), name)
			}
		}
	}
	b := NewBins[T](3)
	require.PanicsWithValue(t, "reduce: products of 3 elements and 4 with stride 2", func() { b.AddProducts(make([]T, 3), make([]T, 4), 2) })
	require.PanicsWithValue(t, "reduce: products of 1 element and 0 with stride 2", func() { b.AddProducts(make([]T, 1), nil, 2) })
	require.PanicsWithValue(t, "reduce: products of 0 elements and 4 with stride 0", func() { b.AddProducts(nil, make([]T, 4), 0) })
	require.Zero(t, b.Count())
}

func fillWith[T Float](n int, term func(i int) T) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = term(i)
	}
	return x
}

func TestBinnedProductsAreRoundedTerms(t *testing.T) {
	t.Run("float32", testBinnedProducts[float32])
	t.Run("float64", testBinnedProducts[float64])
}

// pieces is a binned sum over a random permutation, cut at random places, the parts
// merged in random order.
func pieces[T Float](rng *rand.Rand) binner[T] {
	return func(fold int, x []T) ([binWords]uint64, T) {
		x = append([]T(nil), x...)
		rng.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
		parts := []Bins[T]{NewBins[T](fold)}
		for len(x) > 0 {
			n := 1 + rng.IntN(len(x))
			part := NewBins[T](fold)
			part.Add(x[:n])
			parts, x = append(parts, part), x[n:]
		}
		for len(parts) > 1 {
			i := rng.IntN(len(parts) - 1)
			right := parts[i+1]
			before := right.words()
			parts[i].Merge(&right)
			if right.words() != before {
				panic("a merge changed its argument")
			}
			parts = append(parts[:i+1], parts[i+2:]...)
		}
		return parts[0].words(), parts[0].Round()
	}
}

func testBinnedPieces[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for fold := minFold; fold <= maxFold; fold++ {
		for _, n := range []int{0, 1, 2, 9, 130} {
			for name, x := range binnedData[T](rng, n) {
				for range 2 {
					require.NoError(t, checkBins(pieces[T](rng), fold, x), "%s", name)
				}
			}
		}
	}
}

func TestBinsDependOnTheMultisetAlone(t *testing.T) {
	t.Run("float32", testBinnedPieces[float32])
	t.Run("float64", testBinnedPieces[float64])
}

// Words make the state that they came from, and those that no terms can make, none.
func testBinnedWords[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for fold := minFold; fold <= maxFold; fold++ {
		for name, x := range binnedData[T](rng, 50) {
			b := NewBins[T](fold)
			b.Add(x)
			c, err := binsOf[T](b.words())
			require.NoError(t, err, name)
			require.Equal(t, b, c, name)
		}
	}
	one := NewBins[T](3)
	one.Add([]T{power[T](0) * 3, T(math.Inf(1)), -power[T](0)})
	limit := uint64(2) << (binWidth[T]() - 1) // two finite terms of the largest slice
	for _, c := range []struct {
		at    int
		value uint64
		fault string
	}{
		{0, 1, "fold 1: want 2 to 4"}, {0, 5, "fold 5"}, {0, 1 << 63, "fold"},
		{1, 1, "top 1: want 2 to"}, {1, uint64(maxTop[T]()) + 1, "top"},
		{2, 2, "2 terms, 3 of which are not -0"}, {2, 1 << 63, "want less than 2^63"}, {3, 1 << 63, "2^63"}, {3, 0, "among 0 terms"},
		{4, 4, "infinities"}, {5, 3, "infinities"}, {6, 3, "3 NaN"}, {6, 2, "no finite terms"},
		{7, limit + 1, "more than 2 terms can make it"}, {8, 1, "more than 2"}, {8, 1 << 63, "more than 2"},
		{8, math.MaxUint64, "more than 2"}, {10, math.MaxUint64 - 1, "more than 2"}, {13, 1, "more than 0 terms"}, {14, 1, "more than 0 terms"},
	} {
		w := one.words()
		w[c.at] = c.value
		if c.at == 8 && c.value == math.MaxUint64 {
			w[7] = -limit - 1
		}
		_, err := binsOf[T](w)
		require.ErrorContains(t, err, c.fault, "word %d", c.at)
	}
	for _, v := range [][2]uint64{{limit, 0}, {-limit, math.MaxUint64}} {
		w := one.words()
		w[7], w[8] = v[0], v[1]
		_, err := binsOf[T](w)
		require.NoError(t, err)
	}
}

func TestBinnedWords(t *testing.T) {
	t.Run("float32", testBinnedWords[float32])
	t.Run("float64", testBinnedWords[float64])
}

// addBins is how a kernel hands in the sums of a block: one evaluated for a lower top
// than the state's, as small blocks are, adds the same.
func testAddBins[T Float](t *testing.T) {
	for fold := minFold; fold <= maxFold; fold++ {
		for up := range 6 {
			low, high := NewBins[T](fold), NewBins[T](fold)
			small := fillWith(9, func(i int) T { return T(i+1) / 7 })
			large := power[T](up*binWidth[T]()) * 3
			low.Add(small)
			n := slicesOf(&low, small)
			got := NewBins[T](fold)
			got.Add([]T{large})
			got.addBins(low.top, n[:fold], len(small))
			high.Add(append(small, large))
			require.Equal(t, high.words(), got.words(), "fold %d, %d up", fold, up)
		}
	}
}

func TestAddBins(t *testing.T) {
	t.Run("float32", testAddBins[float32])
	t.Run("float64", testAddBins[float64])
}

// A state of 2^62 terms as large as may be in every bin, merged with itself: no bin and
// no rounding overflows.
func testBinnedCapacity[T Float](t *testing.T) {
	for fold := minFold; fold <= maxFold; fold++ {
		for _, x := range []T{power[T](0), -power[T](0)} {
			b := NewBins[T](fold)
			s := oracleBins(fold, []T{x})
			b.Add([]T{x})
			for range 62 {
				c := b
				b.Merge(&c)
			}
			for i := range s.bins { // the largest slices that there are
				largest := new(big.Int).Lsh(big.NewInt(int64(x)), uint(62+binWidth[T]()-1))
				s.bins[i].Set(largest)
				b.bin[i] = int128{lo: 0, hi: int64(x) << (62 + binWidth[T]() - 1 - 64)}
			}
			s.count, s.notNeg0 = 1<<62, 1<<62
			require.Equal(t, s.words(), b.words())
			require.Equal(t, int64(1<<62), b.Count())
			require.Equal(t, kernel.Bits(oracleRound[T](s)), kernel.Bits(b.Round()))
		}
	}
}

func TestBinnedCapacity(t *testing.T) {
	t.Run("float32", testBinnedCapacity[float32])
	t.Run("float64", testBinnedCapacity[float64])
}

// lost returns |value - exact sum| and n * 2^(-W*(fold-1)) * max|x|, both in units of
// the smallest subnormal, for terms whose value is exact but for what the bins lose.
func lost[T Float](fold int, x []T) (off, bound *big.Int) {
	w, _, _ := oracleFormat[T]()
	sum, largest := new(big.Int), new(big.Int)
	for _, v := range x {
		u := inUnits(v)
		sum.Add(sum, u)
		if u.CmpAbs(largest) > 0 {
			largest.Abs(u)
		}
	}
	_, value := byBins(fold, x)
	off = sum.Sub(sum, inUnits(value))
	bound = largest.Mul(largest, big.NewInt(int64(len(x))))
	return off.Abs(off), bound.Rsh(bound, w*uint(fold-1))
}

// n-2 terms of half the lowest grid, and a pair that puts the top there and cancels:
// every one of them is lost, and the bound is reached but for 2 terms of n.
func testBinnedBound[T Float](t *testing.T) {
	w, smallest, _ := oracleFormat[T]()
	const n = 1000
	for fold := minFold; fold <= maxFold; fold++ {
		j := fold + 3
		tie := power[T](smallest + int(w)*(j-fold+1) - 1)
		half := power[T](smallest + int(w)*j - 1)
		above := T(float64(half) * (1 + 0x1p-20))
		x := fillWith(n, func(int) T { return tie })
		x[0], x[1] = above, -above
		off, bound := lost(fold, x)
		require.Negative(t, off.Cmp(bound), "fold %d: %v of %v", fold, off, bound)
		almost := new(big.Int).Mul(bound, big.NewInt(99))
		require.Positive(t, new(big.Int).Mul(off, big.NewInt(100)).Cmp(almost), "fold %d: the bound is reached but for a hundredth", fold)

		x[0], x[1] = half, -half // a top that is one lower: the terms are kept
		off, _ = lost(fold, x)
		require.Zero(t, off.Sign(), "fold %d", fold)
	}
}

func TestBinnedBoundIsNearlyReached(t *testing.T) {
	t.Run("float32", testBinnedBound[float32])
	t.Run("float64", testBinnedBound[float64])
}

// Any data keep |error| <= u|result| + n*2^(-W*(fold-1))*max|x|.
func testBinnedErrors[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	_, _, p := oracleFormat[T]()
	for fold := minFold; fold <= maxFold; fold++ {
		for range 20 {
			for _, name := range []string{"plain", "wide", "finite", "span", "ties", "tops", "subnormal"} {
				x := binnedData[T](rng, 1+rng.IntN(40))[name]
				if _, value := byBins(fold, x); kernel.IsFinite(value) {
					off, bound := lost(fold, x)
					u := inUnits(value)
					bound.Add(bound, u.Abs(u).Rsh(u, p)).Add(bound, big.NewInt(2)) // both were cut to integers
					require.LessOrEqual(t, off.Cmp(bound), 0, "fold %d, %s: %v of %v", fold, name, off, bound)
				}
			}
		}
	}
}

func TestBinnedKeepsItsBound(t *testing.T) {
	t.Run("float32", testBinnedErrors[float32])
	t.Run("float64", testBinnedErrors[float64])
}

// slicedByRunningSum cuts slices as naive implementations do: in the addition to a
// running sum, whose last bit then decides ties.
func slicedByRunningSum(fold int, x []float64) ([binWords]uint64, float64) {
	b := NewBins[float64](fold)
	b.Add(x)
	for i := range fold {
		b.bin[i] = int128{}
	}
	for _, v := range x {
		for i := range fold {
			m := offset[float64](b.top - i)
			sum := m + float64(b.bin[i].lo)*math.Ldexp(1, gridExponent[float64](b.top-i))
			t := sum + v
			v -= t - sum
			b.bin[i].add(int64(math.Float64bits(t) - math.Float64bits(sum)))
		}
	}
	return b.words(), b.Round()
}

func TestCheckBinsCatchesFaults(t *testing.T) {
	altered := func(change func(b *Bins[float64], x []float64) []float64) binner[float64] {
		return func(fold int, x []float64) ([binWords]uint64, float64) {
			b := NewBins[float64](fold)
			b.Add(change(&b, x))
			return b.words(), b.Round()
		}
	}
	faults := map[string]binner[float64]{
		"slices relative to a running sum": slicedByRunningSum,
		"a top that never falls": altered(func(b *Bins[float64], x []float64) []float64 {
			b.raise(maxTop[float64]())
			return x
		}),
		"a last term left out": altered(func(_ *Bins[float64], x []float64) []float64 { return x[:max(0, len(x)-1)] }),
		"a fold too many": func(fold int, x []float64) ([binWords]uint64, float64) {
			w, _ := byBins(fold, x)
			_, v := byBins(min(fold+1, maxFold), x)
			return w, v
		},
		"the top of the first term": func(fold int, x []float64) ([binWords]uint64, float64) {
			b := NewBins[float64](fold)
			for i := range x {
				if top := b.top; i > 0 {
					b.Add(x[i : i+1])
					b.top = top
				} else {
					b.Add(x[:1])
				}
			}
			return b.words(), b.Round()
		},
		"-0 as +0": func(fold int, x []float64) ([binWords]uint64, float64) {
			w, v := byBins(fold, x)
			return w, v + 0
		},
		"a tie rounded away": func(fold int, x []float64) ([binWords]uint64, float64) {
			b := NewBins[float64](fold)
			b.Add(x)
			whole := append([]float64(nil), x...)
			lowest := math.Ldexp(1, gridExponent[float64](b.top-fold+1))
			for i, v := range whole {
				if r := math.Abs(math.Remainder(v, lowest)); r == lowest/2 {
					whole[i] = math.Nextafter(v, v*2)
				}
			}
			b = NewBins[float64](fold)
			b.Add(whole)
			return b.words(), b.Round()
		},
	}
	for name, fault := range faults {
		rng := rand.New(rand.NewPCG(1, 2))
		require.Error(t, func() error {
			for range 30 {
				for _, n := range []int{0, 5, 40} {
					for _, x := range binnedData[float64](rng, n) {
						if err := checkBins(fault, 3, x); err != nil {
							return err
						}
					}
				}
			}
			return nil
		}(), name)
	}
}

// The order of the terms decides the bits of a sum sliced by a running sum, and not of
// ours: q(1)/2 is a tie that one of them rounds by parity.
func TestRunningSumsAreNotPermutationInvariant(t *testing.T) {
	x := []float64{0x1p-1035, 0x1p-1034, 0x1p-960, -0x1p-960} // q(1)/2, q(1) and terms of top 2
	y := []float64{0x1p-1034, 0x1p-1035, 0x1p-960, -0x1p-960}
	_, a := slicedByRunningSum(2, x)
	_, b := slicedByRunningSum(2, y)
	require.NotEqual(t, math.Float64bits(a), math.Float64bits(b))
	_, three := byBins(3, x)
	require.Equal(t, 0x3p-1035, three, "fold 3 keeps the tie") // the example of SPEC.md
	_, a = byBins(2, x)
	require.Equal(t, 0x1p-1034, a)
	_, b = byBins(2, y)
	require.Equal(t, math.Float64bits(a), math.Float64bits(b))
}
