package benchmarks_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestRelativeError(t *testing.T) {
	third := new(big.Float).SetPrec(200).Quo(big.NewFloat(1), big.NewFloat(3))
	// RN(1/3) is 1/3 less 2^-54/3: 0x1.5555555555555p-2.
	require.Equal(t, 0x1p-54, benchmarks.RelativeError(1.0/3, third))
	require.Equal(t, 1.0, benchmarks.RelativeError(0.0, third))
	require.Equal(t, 0x1p-100, benchmarks.RelativeError(1.0, new(big.Float).SetPrec(200).Sub(big.NewFloat(1), big.NewFloat(0x1p-100))))
	require.Zero(t, benchmarks.RelativeError(float32(-2), big.NewFloat(-2)))
	require.Equal(t, 2.0, benchmarks.RelativeError(float32(-2), big.NewFloat(2)))
	require.True(t, math.IsInf(benchmarks.RelativeError(math.NaN(), third), 1))
	require.True(t, math.IsInf(benchmarks.RelativeError(float32(math.Inf(-1)), third), 1))
}

func TestEndures(t *testing.T) {
	conditions := []float64{1, 10, 100}
	for want, errors := range map[float64][]float64{0: {2, 0, 0}, 1: {1, 3, 0}, 10: {0, 1, math.Inf(1)}, 100: {1, 0, 1}} {
		require.Equal(t, want, benchmarks.Endures(conditions, errors, 1))
	}
}

// errorsOf measures the contenders with little data.
func errorsOf[T reduce.Float](t *testing.T, op benchmarks.Op, contenders []benchmarks.Contender[T], conditions ...float64) map[string][]float64 {
	t.Helper()
	trials := 0
	all, err := benchmarks.Errors(context.Background(), op, contenders, conditions, 1000, 3, 1, func() { trials++ })
	require.NoError(t, err)
	require.Equal(t, 3*len(conditions), trials)
	byName := map[string][]float64{}
	for i, c := range contenders {
		byName[c.Name] = all[i]
	}
	return byName
}

// roundoff is the unit roundoff of T.
func roundoff[T reduce.Float]() float64 {
	if kernel.Is64[T]() {
		return 0x1p-53
	}
	return 0x1p-24
}

// testErrors checks the measured errors against what each order is known to bear,
// from both sides: a bound that is never reached would prove nothing.
func testErrors[T reduce.Float](t *testing.T, op benchmarks.Op) {
	u, most := roundoff[T](), benchmarks.MaxCondition[T]()
	got := errorsOf(t, op, benchmarks.Contenders[T](op, 1, 1), 1, 0.01/u, 0.01/u/u, most)
	for name, e := range got {
		require.LessOrEqual(t, e[0], 1000*u, "%s: (n-1) u", name)
	}
	for _, e := range got["exact"] {
		require.LessOrEqual(t, e, u)
		require.NotZero(t, e)
	}
	for _, name := range []string{"neumaier", "double-double"} {
		e := got[name]
		require.LessOrEqual(t, e[0], 2*u, name)
		require.GreaterOrEqual(t, e[3], 1.0, name)
		if op == benchmarks.Sum || name == "double-double" { // Neumaier's products are rounded
			require.LessOrEqual(t, e[1], 2*u, name)
		}
	}
	for _, name := range []string{"sequential", "pairwise", "kahan", "shuffled", "arrival"} {
		e := got[name]
		require.Greater(t, e[1], 1e-5, name)
		require.Less(t, e[1], 10.0, name)
		require.GreaterOrEqual(t, e[2], 1.0, name)
	}
}

func TestErrorsAreThoseOfTheOrders(t *testing.T) {
	for _, op := range []benchmarks.Op{benchmarks.Sum, benchmarks.Dot} {
		t.Run(string(op)+"/f64", func(t *testing.T) { testErrors[float64](t, op) })
		t.Run(string(op)+"/f32", func(t *testing.T) { testErrors[float32](t, op) })
	}
}

func TestErrorsSeeAFault(t *testing.T) {
	lossy := benchmarks.Contender[float64]{Name: "lossy", Repeat: func(x, _ []float64, _ int) float64 {
		return reduce.Sum(reduce.Exact, x[1:])
	}}
	e := errorsOf(t, benchmarks.Sum, []benchmarks.Contender[float64]{lossy}, 1, 1e30)["lossy"]
	require.Greater(t, e[0], 1e-5, "a thousandth is missing")
	require.Greater(t, e[1], 1e5)
}

func TestContendersAreWhatTheyAreNamed(t *testing.T) {
	d := benchmarks.Conditioned[float32](benchmarks.Dot, 5000, 1e10, 1)
	for _, c := range benchmarks.Contenders[float32](benchmarks.Dot, 3, 2) {
		if c.Name == "gonum" || c.Name == "plain" || c.Name == "arrival" {
			continue
		}
		o, err := reduce.ParseOrder(c.Name, 3)
		require.NoError(t, err)
		require.Equal(t, kernel.Bits(reduce.Dot(o, d.X, d.Y)), kernel.Bits(c.Repeat(d.X, d.Y, 2)), c.Name)
		require.Equal(t, kernel.Bits(reduce.Dot(o, d.X, d.X)), kernel.Bits(c.Repeat(d.X, d.X, 1)), c.Name)
	}
	count := func(names ...string) map[string]int {
		m := map[string]int{}
		for _, n := range names {
			m[n]++
		}
		return m
	}
	rivals := func(op benchmarks.Op) (f64, f32 []string) {
		orders := len(reduce.Orders(1))
		for _, c := range benchmarks.Contenders[float64](op, 1, 1)[orders-1:] { // Widened is none of float64
			f64 = append(f64, c.Name)
		}
		for _, c := range benchmarks.Contenders[float32](op, 1, 1)[orders:] {
			f32 = append(f32, c.Name)
		}
		return f64, f32
	}
	sum64, sum32 := rivals(benchmarks.Sum)
	dot64, dot32 := rivals(benchmarks.Dot)
	require.Equal(t, count("plain", "gonum", "gonum-compensated"), count(sum64...))
	require.Equal(t, []string{"plain"}, sum32)
	require.Equal(t, []string{"plain", "gonum"}, dot64)
	require.Equal(t, []string{"plain", "gonum"}, dot32)
}

func TestSelect(t *testing.T) {
	all := benchmarks.Contenders[float64](benchmarks.Sum, 1, 1)
	got, err := benchmarks.Select(all, "gonum, exact,pairwise,exact")
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.Equal(t, []string{"pairwise", "exact", "gonum"}, []string{got[0].Name, got[1].Name, got[2].Name})
	got, err = benchmarks.Select(all, "all")
	require.NoError(t, err)
	require.Len(t, got, len(all))
	for _, list := range []string{"", "pairwise,", "widened", "sideways"} {
		_, err = benchmarks.Select(all, list)
		require.ErrorContains(t, err, "want some of sequential, pairwise", "%q", list)
	}
}

func TestAlternateGoesRoundInTurn(t *testing.T) {
	var calls []string
	contender := func(name string, each time.Duration) benchmarks.Contender[float64] {
		return benchmarks.Contender[float64]{Name: name, Repeat: func(_, _ []float64, times int) float64 {
			calls = append(calls, name)
			time.Sleep(time.Duration(times) * each)
			return 0
		}}
	}
	const rounds = 4
	done := 0
	slow, fast := contender("slow", 4*time.Millisecond), contender("fast", time.Millisecond)
	timings, err := benchmarks.Alternate(context.Background(), []benchmarks.Contender[float64]{slow, fast}, nil, nil, 80*time.Millisecond, rounds, func() { done++ })
	require.NoError(t, err)
	require.Equal(t, 2*(rounds+1), done)
	require.Equal(t, []string{"slow", "fast", "slow", "fast", "slow", "fast", "slow", "fast"}, calls[len(calls)-2*rounds:])
	for i, least := range []float64{4e6, 1e6} { // a sleep is never shorter than asked for
		require.GreaterOrEqual(t, timings[i].Least, least)
		require.GreaterOrEqual(t, timings[i].Median, timings[i].Least)
		require.Equal(t, timings[i].Median/timings[i].Least-1, timings[i].Spread())
	}
	require.Greater(t, timings[0].Least, timings[1].Least)
}

func TestMeasuringStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("enough"))
	all := benchmarks.Contenders[float64](benchmarks.Sum, 1, 1)
	_, err := benchmarks.Alternate(ctx, all, []float64{1}, nil, time.Hour, 1, func() { t.Error("a turn was taken") })
	require.ErrorIs(t, err, context.Canceled)
	_, err = benchmarks.Errors(ctx, benchmarks.Sum, all, []float64{1}, 100, 1, 1, func() { t.Error("a trial was made") })
	require.ErrorIs(t, err, context.Canceled)
}
