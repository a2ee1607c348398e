package reduce_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// extremes of T.
func largestFinite[T reduce.Float]() T { return fromBits[T](kernel.Bits(T(math.Inf(1))) - 1) }

// hardVectors are vectors, by name, that break norms and moments.
func hardVectors[T reduce.Float]() map[string][]T {
	most, least := largestFinite[T](), smallest[T]()
	inf, nan, negative0 := T(math.Inf(1)), T(math.NaN()), T(math.Copysign(0, -1))
	p := T(1 << 24) // 2^precision
	if kernel.Is64[T]() {
		p = 1 << 53
	}
	half := T(math.Sqrt(float64(p))) // rounded down to a power of two
	half = T(math.Ldexp(1, int(math.Log2(float64(half)))))
	return map[string][]T{
		"empty": {}, "one": {1}, "MAX": {most}, "MAX twice": {most, most}, "MAX, not all of one sign": {most, most, -most},
		"half of MAX": {most / 2, most / 2, most / 2}, "least": {least}, "three of the least": {least, least, least},
		"a few of the least": {3 * least, 4 * least, 0}, "MAX and least": {most, least},
		"+0": {0, 0}, "-0 and +0": {negative0, 0, negative0}, "only -0": {negative0, negative0},
		"infinity": {1, inf, 2}, "infinities": {inf, -inf}, "NaN": {1, nan}, "NaN and infinity": {-inf, nan, inf},
		"overflow of a mean": {most, most, most, most}, "cancels": {most, 1, -most, -1},
		"constant": {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, "far from 0": {1e7, 1e7 + 1, 1e7 + 2, 1e7 + 3},
		"tie of a root, down": {p, half, half, 1}, "tie of a root, up": {p + 2, half, half, 2, 1}, "beside a tie": {p, half, half, 1, least},
		"tie of a mean": {p, p + 2, 0, 0}, "tie of a subnormal mean": {least, 0}, "and up": {least, 2 * least}, "tie, three": {least, 0, 0, 0},
		"normal mean of large": {most, least}, "negative rounds to 0": {-least, 0, 0},
	}
}

// vectors are hardVectors, random ones of all lengths over a row of lanes and over
// two blocks, some at both ends of the range, and nasty ones.
func vectors[T reduce.Float]() map[string][]T {
	all := hardVectors[T]()
	for n := range 36 {
		all[fmt.Sprintf("spread, n = %d", n)] = spread[T](uint64(n), n)
	}
	for _, n := range []int{63, 64, 65, 1023, 1024, 1025, 2600} {
		all[fmt.Sprintf("spread, n = %d", n)] = spread[T](uint64(n), n)
	}
	top := 126
	if kernel.Is64[T]() {
		top = 1022
	}
	for _, e := range []int{top - 60, -top - 23, -top + 10, -top - 40, 32, -33, 449, -451, 400} {
		x := spread[T](uint64(e+5000), 37)
		for i := range x {
			x[i] = T(math.Ldexp(float64(x[i]), e))
		}
		all[fmt.Sprintf("times 2^%d", e)] = x
	}
	for i, x := range nasty[T](40, 80) {
		all[fmt.Sprintf("nasty %d", i)] = x
	}
	return all
}

// asWritten compares the operations with SPEC.md, over all vectors and orders.
func asWritten[T reduce.Float](f operations[T]) error {
	for name, x := range vectors[T]() {
		for range 2 {
			for _, o := range specified[T]() {
				what := fmt.Sprintf("%v of %s: %v", o, name, x[:min(len(x), 20)])
				if err := same(writtenSumAbs(o, x), f.sumAbs(o, x), "SumAbs, "+what); err != nil {
					return err
				}
				if err := same(writtenNorm2(o, x), f.norm2(o, x), "Norm2, "+what); err != nil {
					return err
				}
				if err := same(writtenMean(o, x), f.mean(o, x), "Mean, "+what); err != nil {
					return err
				}
				for ddof := range 3 {
					if err := same(writtenVariance(o, x, ddof), f.variance(o, x, ddof), fmt.Sprintf("Variance, ddof %d, %s", ddof, what)); err != nil {
						return err
					}
				}
			}
			if len(x) > 0 {
				most, at := writtenMax(x)
				if err := same(most, f.max(x), "Max of "+name); err != nil {
					return err
				}
				if got := f.argMax(x); got != at {
					return fmt.Errorf("ArgMax of %s: want %d, got %d", name, at, got)
				}
			}
			x = negate(x)
		}
	}
	return nil
}

func TestOperationsAreAsWritten(t *testing.T) {
	require.NoError(t, asWritten(ours[float32]()))
	require.NoError(t, asWritten(ours[float64]()))
}

// only gives the first function to the order o and leaves the others to ours.
func only[T reduce.Float](o reduce.Order, faulty, right func(reduce.Order, []T) T) func(reduce.Order, []T) T {
	return func(order reduce.Order, x []T) T {
		if order == o {
			return faulty(order, x)
		}
		return right(order, x)
	}
}

func TestAsWrittenSeesFaults(t *testing.T) {
	right := ours[float64]()
	plainNorm := func(o reduce.Order, x []float64) float64 { return math.Sqrt(reduce.SumSquares(o, x)) }
	faults := map[string]func(f *operations[float64]){
		"a norm that overflows": func(f *operations[float64]) { f.norm2 = only(reduce.Pairwise, plainNorm, right.norm2) },
		"an exact norm, rounded twice": func(f *operations[float64]) {
			f.norm2 = only(reduce.Exact, func(o reduce.Order, x []float64) float64 {
				if v := right.norm2(o, x); math.IsInf(v, 1) || v < 1e-100 || v > 1e100 {
					return v
				}
				return plainNorm(o, x)
			}, right.norm2)
		},
		"an exact mean, rounded twice": func(f *operations[float64]) {
			f.mean = only(reduce.Exact, func(o reduce.Order, x []float64) float64 {
				if v := reduce.Sum(o, x); kernel.IsFinite(v) {
					return kernel.Canonical(v / float64(len(x)))
				}
				return right.mean(o, x)
			}, right.mean)
		},
		"magnitudes by comparison": func(f *operations[float64]) {
			f.sumAbs = func(o reduce.Order, x []float64) float64 {
				y := append([]float64(nil), x...)
				for i, v := range x {
					if v < 0 {
						y[i] = -v
					}
				}
				return reduce.Sum(o, y)
			}
		},
		"a variance without the correction": func(f *operations[float64]) {
			f.variance = func(o reduce.Order, x []float64, ddof int) float64 {
				if o != reduce.Sequential || len(x) <= ddof {
					return right.variance(o, x, ddof)
				}
				d, m := append([]float64(nil), x...), reduce.Mean(o, x)
				for i := range d {
					d[i] -= m
				}
				return kernel.Canonical(reduce.SumSquares(o, d) / float64(len(x)-ddof))
			}
		},
		"a maximum by comparison": func(f *operations[float64]) {
			f.max = func(x []float64) float64 {
				m := x[0]
				for _, v := range x {
					if v > m || v != v {
						m = v
					}
				}
				return kernel.Canonical(m)
			}
		},
		"the last of equals": func(f *operations[float64]) {
			f.argMax = func(x []float64) int {
				at := right.argMax(x)
				for i := at; i < len(x); i++ {
					if kernel.Bits(x[i]) == kernel.Bits(x[at]) {
						at = i
					}
				}
				return at
			}
		},
	}
	for name, inject := range faults {
		f := right
		inject(&f)
		require.Error(t, asWritten(f), name)
	}
}

// The norm of 3*2^k and 4*2^k is 5*2^k for every k that T has, in every order.
func testNormOverTheRange[T reduce.Float](t *testing.T, low, high int) {
	for k := low; k <= high; k++ {
		x := []T{T(math.Ldexp(3, k)), T(math.Ldexp(-4, k))}
		want := T(math.Ldexp(5, k))
		require.True(t, want > 0 && kernel.IsFinite(want))
		for _, o := range ordersThat[T](func(reduce.Order) bool { return true }) {
			requireBits(t, want, reduce.Norm2(o, x), "%v of %v", o, x)
		}
	}
}

func TestNormOverTheRange(t *testing.T) {
	testNormOverTheRange[float32](t, -149, 125)
	testNormOverTheRange[float64](t, -1074, 1021)
}

// Known results, by hand.
func TestKnownNormsAndMoments(t *testing.T) {
	most, least := math.MaxFloat64, math.SmallestNonzeroFloat64
	inf, nan := math.Inf(1), math.NaN()
	require.Equal(t, 0x1p53, reduce.Norm2(reduce.Exact, []float64{0x1p53, 0x1p27, 1}), "(2^53+1)² = 2^106 + 2^54 + 1: a tie, to even")
	require.Equal(t, 0x1p53+2, reduce.Norm2(reduce.Exact, []float64{0x1p53, 0x1p27, 1, least}), "and just above it")
	require.Equal(t, 0x1p53+4, reduce.Norm2(reduce.Exact, []float64{0x1p53 + 2, 0x1p27, 2, 1}), "a tie, up")
	require.Equal(t, float32(0x1p24), reduce.Norm2(reduce.Exact, []float32{0x1p24, 0x1p12, 0x1p12, 1}))
	require.Equal(t, float32(0x1p24+4), reduce.Norm2(reduce.Exact, []float32{0x1p24 + 2, 0x1p12, 0x1p12, 2, 1}))
	require.Equal(t, most, reduce.Mean(reduce.Exact, []float64{most, most, most}))
	require.Equal(t, inf, reduce.Mean(reduce.Pairwise, []float64{most, most, most}), "the sum overflows")
	require.Equal(t, 0x1.5555555555555p-1, reduce.Mean(reduce.Exact, []float64{1, 1, 0}))
	require.True(t, math.Signbit(reduce.Mean(reduce.Exact, []float64{-least, 0, 0})), "rounds to -0")
	require.Equal(t, 2.5, reduce.Variance(reduce.Exact, []float64{1, 2, 3, 4, 5}, 1))
	require.Equal(t, 2.0, reduce.Variance(reduce.Exact, []float64{1, 2, 3, 4, 5}, 0))
	require.Equal(t, 0x1p-2, reduce.Variance(reduce.Exact, []float64{0x1p53, 0x1p53 - 1}, 0))
	for _, o := range specified[float64]() {
		require.Equal(t, inf, reduce.Norm2(o, []float64{1, -inf, inf, 2}), "%v", o)
		requireBits(t, kernel.NaN[float64](), reduce.Norm2(o, []float64{inf, nan}), "%v", o)
		requireBits(t, most, reduce.Norm2(o, []float64{-most}), "%v", o)
		require.Equal(t, inf, reduce.Norm2(o, []float64{most, most}), "%v", o)
		requireBits(t, 0, reduce.SumAbs(o, []float64{math.Copysign(0, -1)}), "%v", o)
		requireBits(t, 0, reduce.Variance(o, []float64{0.1}, 0), "%v", o)
		for ddof := range 4 { // 2 elements: from 2 on nothing is left to divide by
			v := reduce.Variance(o, []float64{1, 2}, ddof)
			require.Equal(t, ddof >= 2, math.IsNaN(v), "%v, ddof %d", o, ddof)
		}
		requireBits(t, kernel.NaN[float64](), reduce.Mean(o, []float64(nil)), "%v", o)
		requireBits(t, kernel.NaN[float64](), reduce.Variance(o, []float64(nil), 0), "%v", o)
	}
}

// beyondBound returns an error where a norm errs by more than its documented bound:
// half of that of SumSquares, and u.
func beyondBound[T reduce.Float](norm func(reduce.Order, []T) T, x []T) error {
	u := 0x1p-24
	if kernel.Is64[T]() {
		u = 0x1p-53
	}
	n := float64(len(x))
	exact := float64(reduce.Norm2(reduce.Exact, x))
	for o, factor := range map[reduce.Order]float64{
		reduce.Sequential: n, reduce.Pairwise: math.Log2(n) + 2, reduce.Kahan: 3, reduce.Neumaier: 2, reduce.DoubleDouble: 1,
	} {
		got := float64(norm(o, x))
		if bound := exact * (u*(factor/2+1) + u); !(math.Abs(got-exact) <= bound) { // and u for the rounding of exact
			return fmt.Errorf("%v: norm %x of %d elements errs by more than %g: want %x", o, got, len(x), bound, exact)
		}
	}
	return nil
}

// nearThreshold has one element beside 2^e and n-1 whose squares underflow or nearly do.
func nearThreshold[T reduce.Float](n, e, others int) []T {
	rng := rand.New(rand.NewPCG(uint64(n), 3))
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(1+rng.Float64(), others))
	}
	x[n/2] = T(math.Ldexp(1, e))
	return x
}

func TestNormKeepsItsBound(t *testing.T) {
	for _, n := range []int{10, 1000, 60000} {
		for _, at := range [][2]int{{-32, -75}, {-33, -76}, {-74, -74}, {-140, -149}, {31, 31}, {32, 32}, {126, 118}} {
			require.NoError(t, beyondBound(reduce.Norm2[float32], nearThreshold[float32](n, at[0], at[1])), "n = %d, 2^%v", n, at)
		}
		for _, at := range [][2]int{{-450, -537}, {-451, -537}, {-537, -537}, {-1060, -1070}, {449, 449}, {450, 450}, {1022, 1010}} {
			require.NoError(t, beyondBound(reduce.Norm2[float64], nearThreshold[float64](n, at[0], at[1])), "n = %d, 2^%v", n, at)
		}
	}
	plain := func(o reduce.Order, x []float32) float32 { return float32(math.Sqrt(float64(reduce.SumSquares(o, x)))) }
	require.Error(t, beyondBound(plain, nearThreshold[float32](1000, -74, -74)), "it sees underflow")
	require.Error(t, beyondBound(plain, nearThreshold[float32](1000, 64, 60)), "and overflow")
	careless := func(o reduce.Order, x []float32) float32 { return reduce.Norm2(o, x) * (1 + 0x1p-18) }
	require.Error(t, beyondBound(careless, nearThreshold[float32](10, -32, -75)), "and a few units in the last place")
}

// The variance of numbers far from 0, where the textbook's formula has no digit left.
func TestVarianceFarFromZero(t *testing.T) {
	const u, n = 0x1p-53, 5000
	for _, shift := range []float64{0, 1e3, 1e6, 1e9} {
		x := make([]float64, n)
		rng := rand.New(rand.NewPCG(9, 9))
		for i := range x {
			x[i] = shift + rng.Float64()
		}
		exact := reduce.Variance(reduce.Exact, x, 1)
		kappa2 := reduce.SumSquares(reduce.Exact, x) / (n * reduce.Variance(reduce.Exact, x, 0))
		errs := func(v float64) float64 { return math.Abs(v-exact) / exact }
		bound := func(f float64) float64 { return (f+4)*u + f*f*f*kappa2*u*u*u }
		require.LessOrEqual(t, errs(reduce.Variance(reduce.Pairwise, x, 1)), bound(math.Log2(n)), "mean %g", shift)
		require.LessOrEqual(t, errs(reduce.Variance(reduce.Sequential, x, 1)), bound(n), "mean %g", shift)
		s := reduce.Sum(reduce.Pairwise, x)
		textbook := (reduce.SumSquares(reduce.Pairwise, x) - float64(s*s)/n) / (n - 1)
		require.Equal(t, shift >= 1e3, errs(textbook) > bound(math.Log2(n)), "the bound tells them apart, mean %g", shift)
	}
}

// Where the mean of equal numbers is off, as that of a long left fold is, the
// correction may exceed what it corrects.
func TestVarianceIsNeverNegative(t *testing.T) {
	negative := 0
	for n := 1000; n <= 20000; n += 500 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 0.1
		}
		got := reduce.Variance(reduce.Sequential, x, 0)
		requireBits(t, writtenVariance(reduce.Sequential, x, 0), got, "n = %d", n)
		require.False(t, got < 0 || math.Signbit(float64(got)))
		d, m := append([]float32(nil), x...), reduce.Mean(reduce.Sequential, x)
		for i := range d {
			d[i] -= m
		}
		s := reduce.Sum(reduce.Sequential, d)
		if square := float32(s * s); reduce.SumSquares(reduce.Sequential, d) < square/float32(n) {
			negative++
			requireBits(t, 0, got, "n = %d", n)
		}
	}
	require.Positive(t, negative, "it happens")
}
