package peers

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/benchmarks/suite"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// contenders returns ours, gonum and the peers.
func contenders[T reduce.Float](t testing.TB, op benchmarks.Op) []benchmarks.Contender[T] {
	t.Helper()
	peers, err := Contenders[T](op)
	require.NoError(t, err)
	return append(benchmarks.Contenders[T](op, 1, 1), peers...)
}

func BenchmarkSum(b *testing.B) {
	suite.Run(b, benchmarks.Sum, contenders[float64](b, benchmarks.Sum))
	suite.Run(b, benchmarks.Sum, contenders[float32](b, benchmarks.Sum))
}

func BenchmarkDot(b *testing.B) {
	suite.Run(b, benchmarks.Dot, contenders[float64](b, benchmarks.Dot))
	suite.Run(b, benchmarks.Dot, contenders[float32](b, benchmarks.Dot))
}

func TestEveryPeerIsThere(t *testing.T) {
	names := func(op benchmarks.Op) (all []string) {
		peers, err := Contenders[float32](op)
		require.NoError(t, err)
		for _, p := range peers {
			all = append(all, p.Name)
		}
		return all
	}
	require.Equal(t, []string{"gcc-simd", "eigen", "mpfr", "openblas", "gsl"}, names(benchmarks.Sum))
	require.Equal(t, []string{"gcc-simd", "eigen", "mpfr", "openblas", "blis", "gslcblas"}, names(benchmarks.Dot))
	_, err := open("libnosuchthing.so")
	require.ErrorContains(t, err, "apt-get install")
}

// unitRoundoff is that of T.
func unitRoundoff[T reduce.Float]() float64 {
	limit := benchmarks.HalfTheDigits[T]()
	return limit * limit
}

// worst returns the largest error of a contender as a multiple of u times the
// condition number. In any order of n additions, it is at most about n (Higham,
// Accuracy and Stability, 4.2).
func worst[T reduce.Float](t *testing.T, op benchmarks.Op, c benchmarks.Contender[T], n int) float64 {
	t.Helper()
	conditions := []float64{1, 10, 1e3}
	errors, err := benchmarks.Errors(context.Background(), op, []benchmarks.Contender[T]{c}, conditions, n, 3, 1, func() {})
	require.NoError(t, err)
	most := 0.0
	for i, e := range errors[0] {
		most = max(most, e/conditions[i]/unitRoundoff[T]())
	}
	return most
}

func testAccuracy[T reduce.Float](t *testing.T, op benchmarks.Op) {
	all := contenders[T](t, op)
	conditions := benchmarks.Conditions[T]()
	errors, err := benchmarks.Errors(context.Background(), op, all, conditions, 1000, 3, 1, func() {})
	require.NoError(t, err)
	for i, c := range all {
		for _, n := range []int{100, 101, 1000, 4099} {
			require.LessOrEqual(t, worst(t, op, c, n), 2*float64(n), "%s, n = %d", c.Name, n)
		}
		t.Logf("%-18s half the digits up to condition number %.0e", c.Name, benchmarks.Endures(conditions, errors[i], benchmarks.HalfTheDigits[T]()))
	}
	lossy := benchmarks.Contender[T]{Repeat: func(x, y []T, _ int) T {
		if op == benchmarks.Dot {
			return reduce.Dot(reduce.Exact, x[1:], y[1:])
		}
		return reduce.Sum(reduce.Exact, x[1:])
	}}
	require.Greater(t, worst(t, op, lossy, 1000), 2000.0, "the check must see that a term is missing")
}

func TestAccuracy(t *testing.T) {
	for _, op := range []benchmarks.Op{benchmarks.Sum, benchmarks.Dot} {
		t.Run(string(op)+"/f64", func(t *testing.T) { testAccuracy[float64](t, op) })
		t.Run(string(op)+"/f32", func(t *testing.T) { testAccuracy[float32](t, op) })
	}
}

// named returns the contender of that name.
func named[T reduce.Float](t *testing.T, op benchmarks.Op, name string) benchmarks.Contender[T] {
	t.Helper()
	one, err := benchmarks.Select(contenders[T](t, op), name)
	require.NoError(t, err)
	return one[0]
}

// wide returns numbers of the exponents from lo to hi.
func wide[T reduce.Float](rng *rand.Rand, n, lo, hi int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(2*rng.Float64()-1, lo+rng.IntN(hi-lo+1)))
	}
	return x
}

// differences counts the results in which MPFR and the order differ in any bit.
func differences[T reduce.Float](t *testing.T, order reduce.Order, lo, hi int) (n int) {
	sum, dot := named[T](t, benchmarks.Sum, "mpfr"), named[T](t, benchmarks.Dot, "mpfr")
	rng := rand.New(rand.NewPCG(1, 2))
	same := func(a, b T) bool { // negative zeros have tests of their own
		return math.Float64bits(float64(a)) == math.Float64bits(float64(b)) || a == 0 && b == 0
	}
	check := func(x, y []T) {
		if !same(sum.Repeat(x, nil, 1), reduce.Sum(order, x)) {
			n++
		}
		if !same(dot.Repeat(x, y, 1), reduce.Dot(order, x, y)) {
			n++
		}
	}
	for size := 1; size <= 300; size++ {
		x, y := wide[T](rng, size, lo, hi), wide[T](rng, size, lo, hi)
		check(x, y)
		for i := range x {
			x[i] = -x[i]
		}
		check(x, y)
	}
	return n
}

// MPFR is an opinion on Exact that shares nothing with it, over normal and
// subnormal numbers, sums that overflow and products that underflow.
func TestExactIsWhatMPFRSays(t *testing.T) {
	for _, span := range [][2]int{{0, 0}, {-40, 40}, {-1074, 1023}, {-1080, -1000}, {1023, 1024}, {-560, -500}} {
		require.Zero(t, differences[float64](t, reduce.Exact, span[0], span[1]), "f64 %v", span)
	}
	for _, span := range [][2]int{{0, 0}, {-20, 20}, {-149, 127}, {-155, -120}, {127, 128}, {-80, -60}} {
		require.Zero(t, differences[float32](t, reduce.Exact, span[0], span[1]), "f32 %v", span)
	}
	require.NotZero(t, differences[float64](t, reduce.Neumaier, -40, 40), "the comparison must see a rounding")
	require.NotZero(t, differences[float32](t, reduce.Neumaier, -20, 20), "the comparison must see a rounding")
	tie := []float32{1, 0x1p-24, 0x1p-70}
	require.Equal(t, float32(1+0x1p-23), named[float32](t, benchmarks.Sum, "mpfr").Repeat(tie, nil, 1))
	require.Equal(t, float32(1), reduce.Sum(reduce.Widened, tie), "rounded twice")
	for _, op := range []benchmarks.Op{benchmarks.Sum, benchmarks.Dot} {
		for _, condition := range benchmarks.Conditions[float64]() {
			d := benchmarks.Conditioned[float64](op, 1000, condition, 1)
			exact, mpfr := named[float64](t, op, "exact"), named[float64](t, op, "mpfr")
			require.Equal(t, math.Float64bits(exact.Repeat(d.X, d.Y, 1)), math.Float64bits(mpfr.Repeat(d.X, d.Y, 1)), "%s %g", op, condition)
		}
	}
}

func TestLengthsAreChecked(t *testing.T) {
	require.PanicsWithValue(t, "peers: dot product of 3 and 2 elements", func() {
		named[float64](t, benchmarks.Dot, "openblas").Repeat(make([]float64, 3), make([]float64, 2), 1)
	})
}
