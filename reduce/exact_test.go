package reduce_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/ericlagergren/decimal"
	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// requireExact compares an exact sum with math/big, and so that of the negated terms.
func requireExact[T reduce.Float](t *testing.T, x []T, what string) {
	t.Helper()
	for range 2 {
		requireBits(t, fuzz.RoundExact[T](fuzz.ExactSum(x)), reduce.Sum(reduce.Exact, x), "%s: %v", what, x)
		x = negate(x)
	}
}

func requireExactDot[T reduce.Float](t *testing.T, x, y []T, what string) {
	t.Helper()
	for range 2 {
		requireBits(t, fuzz.RoundExact[T](fuzz.ExactDot(x, y)), reduce.Dot(reduce.Exact, x, y), "%s: %v . %v", what, x, y)
		x = negate(x)
	}
}

func negate[T reduce.Float](x []T) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = -v
	}
	return y
}

// hardSums are the published ways to get an exact sum wrong, in float64.
var hardSums = map[string][]float64{
	"-1":                          {-1},
	"-MAX":                        {-math.MaxFloat64},
	"overflow that cancels":       {math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64},
	"overflow":                    {math.MaxFloat64, math.MaxFloat64},
	"just no overflow":            {math.MaxFloat64, 0x1p970 * (1 - 0x1p-53)},
	"halfway to overflow":         {math.MaxFloat64, 0x1p970},
	"a little less than halfway":  {math.MaxFloat64, 0x1p970, -math.SmallestNonzeroFloat64},
	"ten times 0.1":               {.1, .1, .1, .1, .1, .1, .1, .1, .1, .1},
	"tie to even, down":           {1 << 53, 1},
	"tie to even, up":             {1<<53 + 2, 1},
	"tie and a tiny disturbance":  {1 << 53, 1, math.SmallestNonzeroFloat64},
	"tie and a tiny one below":    {1<<53 + 2, 1, -math.SmallestNonzeroFloat64},
	"tie of float32":              {1, 0x1p-24},
	"rounds twice through 53":     {1, 0x1p-24, 0x1p-60},
	"and from above":              {1, 0x1p-23, 0x1p-24, -0x1p-60},
	"all ones":                    {1 - 0x1p-53, 0x1p-54, 0x1p-54},
	"negative all ones":           {-(1<<53 - 1), -0.5, 0x1p-1074},
	"carry over all digits":       {0x1p1000, -0x1p-1074},
	"subnormals":                  {0x1p-1074, 0x1p-1074, 0x1p-1073},
	"smallest normal from below":  {0x1p-1022 - 0x1p-1074, 0x1p-1074},
	"cancels to subnormal":        {0x1p-1022, -(0x1p-1022 - 0x1p-1074)},
	"cancels to nothing":          {1e300, 1, -1e300, -1},
	"-0":                          {math.Copysign(0, -1)},
	"-0 and +0":                   {math.Copysign(0, -1), 0},
	"infinity":                    {1, math.Inf(1), -math.MaxFloat64},
	"both infinities":             {math.Inf(1), math.Inf(-1)},
	"NaN":                         {1, math.NaN()},
	"NaN of any payload":          {math.Float64frombits(0xfff0000000000123), math.Inf(1)},
	"a float32 half the smallest": {0x1p-150},
}

func TestExactOnHardSums(t *testing.T) {
	for name, x := range hardSums {
		requireExact(t, x, name)
		single := make([]float32, len(x))
		for i, v := range x {
			single[i] = float32(v)
		}
		requireExact(t, single, name+" in float32")
		var a reduce.Superaccumulator // float32 rounded once from float64 terms
		for _, v := range x {
			a.Add(v)
		}
		requireBits(t, fuzz.RoundExact[float32](fuzz.ExactSum(x)), reduce.Round[float32](&a), "%s, rounded to float32", name)
	}
	require.Equal(t, 1.0, reduce.Sum(reduce.Exact, hardSums["ten times 0.1"]))
	require.Equal(t, 0x1p53+2, reduce.Sum(reduce.Exact, hardSums["tie and a tiny disturbance"]))
}

func testExactOnRandomSums[T reduce.Float](t *testing.T) {
	for _, x := range nasty[T](400, 300) {
		requireExact(t, x, "nasty")
		y := append([]T(nil), x...)
		for i := range y {
			y[i] = x[(i*7+3)%len(x)]
		}
		requireExactDot(t, x, y, "nasty")
	}
	rng := rand.New(rand.NewPCG(8, 8))
	for range 300 { // exact ties, and what lies just beside them
		m := T(rng.IntN(1<<20)) + 1<<20
		half := halfUlp(m)
		tiny := T(math.Ldexp(1, -rng.IntN(140)-3))
		for _, x := range [][]T{{m, half}, {m, half, tiny}, {m, half, -tiny}, {tiny, m, half, -tiny}} {
			requireExact(t, x, "tie")
		}
	}
}

// halfUlp returns half the distance from x > 0 to the next number.
func halfUlp[T reduce.Float](x T) T {
	_, e := math.Frexp(float64(x))
	if kernel.Is64[T]() {
		return T(math.Ldexp(1, e-54))
	}
	return T(math.Ldexp(1, e-25))
}

func TestExactOnRandomSums(t *testing.T) {
	t.Run("float32", testExactOnRandomSums[float32])
	t.Run("float64", testExactOnRandomSums[float64])
}

func TestExactProductsThatUnderflow(t *testing.T) {
	tiny, huge := math.SmallestNonzeroFloat64, math.MaxFloat64
	for name, c := range map[string][2][]float64{
		"the smallest product":         {{tiny}, {tiny}},
		"half the smallest subnormal":  {{0x1p-1000}, {0x1p-75}},
		"and a little more":            {{0x1p-1000, tiny}, {0x1p-75, tiny}},
		"three quarters of it":         {{0x1.8p-1000}, {0x1p-75}},
		"tiny products that add up":    {{0x1p-1000, 0x1p-1000, 0x1p-1000}, {0x1p-75, 0x1p-75, 0x1p-75}},
		"huge products that cancel":    {{huge, huge, 1}, {huge, -huge, 5}},
		"huge products that leave one": {{huge, huge, tiny}, {huge, -huge, tiny}},
		"rounding errors of products":  {{1 + 0x1p-52, 1}, {1 - 0x1p-52, -1}},
		"-0":                           {{0}, {-1}},
		"0 times infinity":             {{0, 1}, {math.Inf(1), 1}},
		"infinity times -1":            {{math.Inf(1), 1}, {-1, 1}},
	} {
		requireExactDot(t, c[0], c[1], name)
	}
	require.Equal(t, math.Copysign(0, -1), reduce.Dot(reduce.Exact, []float64{tiny}, []float64{-tiny}), "a negative sum rounds to -0")
	require.True(t, math.Signbit(reduce.Dot(reduce.Exact, []float64{tiny}, []float64{-tiny})))
}

// A third opinion, that of decimal arithmetic.
func TestExactAgainstDecimal(t *testing.T) {
	if decimal.MaxPrecision < 800 {
		t.Skipf("the decimal module allows %d digits on this architecture", decimal.MaxPrecision)
	}
	context := decimal.Context{Precision: 800}
	for seed := range uint64(40) {
		x := spread[float64](seed, 60)
		sum := decimal.WithContext(context)
		for _, v := range x {
			term := decimal.WithContext(context)
			context.Add(sum, sum, term.SetFloat64(v))
		}
		want, err := strconv.ParseFloat(sum.String(), 64) // decimal's own Float64 is not correctly rounded
		require.NoError(t, err)
		requireBits(t, want, reduce.Sum(reduce.Exact, x), "seed %d", seed)
	}
}

func TestSuperaccumulatorMerge(t *testing.T) {
	for i, x := range nasty[float64](200, 200) {
		cut := i % (len(x) + 1)
		var whole, left, right reduce.Superaccumulator
		for k, v := range x {
			whole.Add(v)
			if k < cut {
				left.Add(v)
			} else {
				right.Add(v)
			}
		}
		before := reduce.Round[float64](&right)
		left.Merge(&right)
		requireBits(t, reduce.Round[float64](&whole), reduce.Round[float64](&left), "merge after %d of %d", cut, len(x))
		requireBits(t, before, reduce.Round[float64](&right), "the merged one keeps its value")
		require.Equal(t, int64(len(x)), left.Count())
		require.Equal(t, whole.EncodedLen(), left.EncodedLen(), "equal sums have equal states")
	}
	var a reduce.Superaccumulator
	a.Add(3)
	a.Merge(&a)
	require.Equal(t, 6.0, reduce.Round[float64](&a), "merged with itself")
	a.Reset()
	require.Zero(t, a.Count())
	requireBits(t, 0, reduce.Round[float64](&a), "after Reset")
}

func TestSuperaccumulatorInt(t *testing.T) {
	for _, x := range nasty[float64](200, 100) {
		e := fuzz.ExactSum(x)
		var a reduce.Superaccumulator
		for _, v := range x {
			a.Add(v)
		}
		n, err := a.Int()
		if e.Special != 0 {
			require.ErrorContains(t, err, "is no integer")
			continue
		}
		require.NoError(t, err)
		got := new(big.Float).SetPrec(e.Sum.Prec()).SetInt(n)
		got.SetMantExp(got, reduce.ExactExponent)
		require.Zero(t, e.Sum.Cmp(got))
	}
}

func TestEncodedLen(t *testing.T) {
	length := func(x ...float64) int {
		var a reduce.Superaccumulator
		for _, v := range x {
			a.Add(v)
		}
		return a.EncodedLen()
	}
	require.Equal(t, 16, length(), "nothing but the header")
	require.Equal(t, 16, length(1e300, 1, -1e300, -1), "what cancels takes no room")
	require.Equal(t, 20, length(1))
	require.LessOrEqual(t, length(-1), 20)
	require.LessOrEqual(t, length(math.Pi), 28)
	require.LessOrEqual(t, length(-math.Pi), 28)
	require.Greater(t, length(0x1p1000, 1), 16+4*30, "1000 bits")
	require.Less(t, length(math.MaxFloat64, math.SmallestNonzeroFloat64), 16+4*70)
}

// A sum may be merged into others any number of times, also into itself.
func TestMergeLeavesItsArgument(t *testing.T) {
	var a, b reduce.Superaccumulator
	for _, x := range []float64{1, -0x1p-1074, 0x1p1000, -3} {
		b.Add(x)
	}
	before := b
	a.Merge(&b)
	require.Equal(t, before, b)
	a.Merge(&b)
	b.Merge(&b)
	require.Equal(t, a, b)
}

// A number is the rounded sum of itself, at every exponent.
func TestRoundAtEveryExponent(t *testing.T) {
	for e := -1074; e <= 1023; e++ {
		for _, m := range []float64{1, 1.5, 2 - 0x1p-52, 1 + 0x1p-52} {
			x := math.Ldexp(m, e)
			if math.IsInf(x, 0) {
				continue
			}
			for _, v := range []float64{x, -x} {
				var a reduce.Superaccumulator
				a.Add(v)
				require.Equal(t, math.Float64bits(v), math.Float64bits(reduce.Round[float64](&a)), "%v", v)
				require.Equal(t, math.Float32bits(float32(v)), math.Float32bits(reduce.Round[float32](&a)), "%v", v)
			}
		}
	}
}
