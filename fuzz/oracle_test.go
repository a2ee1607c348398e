package fuzz

import (
	"math"
	"math/bits"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// testOracles compares the two oracles where decimal has a value, and gives them a
// wrong one to see that it differs.
func testOracles[T kernel.Float](t *testing.T) {
	compared := 0
	check := func(e Exact, got T, err error, what string) {
		require.NoError(t, err, what)
		want := RoundExact[T](e)
		if want == 0 && e.Sum.Sign() == 0 {
			want = 0 // decimal has no -0 from a sum
		}
		require.Equal(t, kernel.Bits(want), kernel.Bits(got), "%s: %x and %x", what, want, got)
		compared++
	}
	for _, g := range Generators[T]() {
		x := g.New(3, max(9, g.Least))
		if (terms[T]{x: x}).firstNonFinite() >= 0 {
			_, err := DecimalSum(x)
			require.ErrorContains(t, err, "not finite")
			continue
		}
		sum, err := DecimalSum(x)
		check(ExactSum(x), sum, err, g.Name)
	}
	for _, g := range DotGenerators[T]() {
		x, y := g.New(5, max(9, g.Least))
		if (terms[T]{x, y, true}).firstNonFinite() < 0 {
			dot, err := DecimalDot(x, y)
			check(ExactDot(x, y), dot, err, g.Name)
		}
	}
	require.Greater(t, compared, 50)
}

func TestOraclesAgree(t *testing.T) {
	if bits.UintSize < 64 {
		_, err := DecimalSum([]float64{1})
		require.ErrorIs(t, err, errNarrow)
		return
	}
	t.Run("float32", testOracles[float32])
	t.Run("float64", testOracles[float64])
}

func TestDecimalRoundsOnce(t *testing.T) {
	if bits.UintSize < 64 {
		t.Skip("the decimal library computes wrongly where int has 32 bits")
	}
	for _, c := range []struct {
		x    []float32
		want float32
	}{
		{[]float32{1, 0x1p-24, 0x1p-60}, 1 + 0x1p-23}, // by way of float64: a tie, to even
		{[]float32{1, 0x1p-24}, 1},
		{[]float32{math.MaxFloat32, math.MaxFloat32}, float32(math.Inf(1))},
		{[]float32{-math.MaxFloat32, -math.MaxFloat32}, float32(math.Inf(-1))},
		{[]float32{0x1p-149, 0x1p-149}, 0x1p-148},
		{nil, 0},
	} {
		got, err := DecimalSum(c.x)
		require.NoError(t, err)
		require.Equal(t, kernel.Bits(c.want), kernel.Bits(got), "%v", c.x)
		require.Equal(t, kernel.Bits(c.want), kernel.Bits(RoundExact[float32](ExactSum(c.x))), "%v", c.x)
	}
}

func TestExactOfEdges(t *testing.T) {
	negativeZero := math.Copysign(0, -1)
	require.Equal(t, uint64(0), math.Float64bits(RoundExact[float64](ExactSum[float64](nil))))
	for _, x := range [][]float64{{negativeZero}, {negativeZero, negativeZero}} {
		require.Equal(t, uint64(1)<<63, math.Float64bits(RoundExact[float64](ExactSum(x))))
		require.Equal(t, uint64(1)<<63, math.Float64bits(RoundExact[float64](ExactDot(x, make([]float64, len(x))))), "-0 times 0")
		require.Equal(t, uint64(0), math.Float64bits(RoundExact[float64](ExactDot(x, x))), "-0 times -0")
	}
	e := ExactSum([]float64{3, -4, 0.5})
	require.Equal(t, [3]float64{-0.5, 7.5, 4}, [3]float64{asFloat(e.Sum), asFloat(e.Magnitude), asFloat(e.Largest)})
	require.Equal(t, 15.0, e.Condition())
	require.Equal(t, 30.0, ExactDot([]float64{3, -4, 0.5}, []float64{1, 1, 1}).Condition())
	require.Equal(t, math.Inf(1), ExactSum([]float64{1, -1}).Condition())
	require.Equal(t, 1.0, ExactSum([]float64{}).Condition())
	require.True(t, math.IsNaN(ExactSum([]float64{math.Inf(1)}).Condition()))
	require.Equal(t, 0x1p-24, ExactSum([]float32{1}).Roundoff())
	require.PanicsWithValue(t, "fuzz: dot product of 1 and 2 elements", func() { ExactDot([]float64{1}, []float64{1, 2}) })
}

func TestEveryOrderHasAProfile(t *testing.T) {
	for _, order := range reduce.Orders(1) {
		require.Contains(t, profiles, order.Kind().String())
	}
	require.Panics(t, func() { Bound[float64](reduce.Order{}.WithLeaf(1), Exact{}) }, "an Exact of no sum")
}

// The bounds at u = 2^-53 of three terms, by hand.
func TestBounds(t *testing.T) {
	e := ExactSum([]float64{3, -4, 0.5})
	u := 0x1p-53
	for _, c := range []struct {
		order reduce.Order
		want  float64
	}{
		{reduce.Sequential, 2 * u * 7.5}, {reduce.Pairwise, 2 * u * 7.5}, {reduce.Kahan, 2 * u * 7.5},
		{reduce.Neumaier, u * 0.5}, {reduce.DoubleDouble, u * 0.5}, {reduce.Exact, u * 0.5},
	} {
		require.InEpsilon(t, c.want, asFloat(Bound[float64](c.order, e)), 1e-10, "%v", c.order)
	}
	require.InEpsilon(t, 3*0x1p-80, profiles["binned"].bound(size{n: 3, u: u, fold: 3}).largest, 1e-6)
	require.InEpsilon(t, 3*0x1p-13, profiles["binned"].bound(size{n: 3, u: 0x1p-24, fold: 2}).largest, 1e-6)
	require.Equal(t, 0x1p-53, asFloat(Ulps(1).Bound(e)), "the ulp of numbers in [1/2, 1)")
	require.Equal(t, 0x1p-1074, asFloat(Ulps(1).Bound(ExactSum([]float64{1, -1}))))
	require.Equal(t, 0x1p-24, asFloat(Ulps(1).Bound(ExactSum([]float32{0.5}))))
	require.Equal(t, 0.75, asFloat(Relative(0.1).Bound(e)))
}
