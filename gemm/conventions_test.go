package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// dot is the product of a row and a column, C being c.
func dot[T gemm.Float](t *testing.T, order reduce.Order, alpha T, x, y []T, beta, c T) T {
	t.Helper()
	out := gemm.Dense(1, 1, []T{c})
	a, b := gemm.Dense(1, len(x), x), gemm.Dense(len(y), 1, y)
	require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, alpha, a, b, beta, out))
	return out.Data[0]
}

func requireBits[T gemm.Float](t *testing.T, want, got T, of ...any) {
	t.Helper()
	require.Equal(t, kernel.Bits(want), kernel.Bits(got), of...)
}

func testConventions[T gemm.Float](t *testing.T) {
	nan, inf, minus0 := T(math.NaN()), T(math.Inf(1)), T(math.Copysign(0, -1))
	canonical := kernel.NaN[T]()
	for _, order := range append(ordersFor[T](), reduce.Arrival) {
		requireBits(t, 6, dot(t, order, 0, []T{nan}, []T{inf}, 2, 3), "alpha = 0 reads neither A nor B: %v", order)
		requireBits(t, 0, dot(t, order, 0, []T{nan}, []T{inf}, 0, nan), "alpha = 0, beta = 0: %v", order)
		requireBits(t, 10, dot(t, order, 2, []T{1, 2}, []T{1, 2}, 0, guard[T]()), "beta = 0 does not read C: %v", order)
		requireBits(t, 6, dot(t, order, nan, nil, nil, 2, 3), "K = 0: %v", order)
		requireBits(t, 0, dot(t, order, 1, nil, nil, 0, nan), "K = 0, beta = 0: %v", order)
		requireBits(t, canonical, dot(t, order, 0, []T{1}, []T{1}, 1, guard[T]()), "NaN of C: %v", order)

		requireBits(t, canonical, dot(t, order, 1, []T{1, 0}, []T{1, inf}, 0, 0), "0 times Inf: %v", order)
		requireBits(t, canonical, dot(t, order, 1, []T{inf, 0}, []T{0, 1}, 0, 0), "Inf times 0: %v", order)
		requireBits(t, canonical, dot(t, order, 1, []T{inf, -inf}, []T{1, 1}, 0, 0), "Inf - Inf: %v", order)
		requireBits(t, canonical, dot(t, order, 1, []T{1, guard[T]()}, []T{1, 1}, 0, 0), "NaN: %v", order)
		requireBits(t, canonical, dot(t, order, 1, []T{1}, []T{1}, inf, 0), "Inf times C: %v", order)
		infinite := -inf
		if order == reduce.Kahan {
			infinite = canonical // as published: the correction after an infinity is NaN
		}
		requireBits(t, infinite, dot(t, order, 1, []T{1, inf, 5}, []T{1, -2, 5}, 0, 0), "Inf: %v", order)
		requireBits(t, inf, dot(t, order, 1, []T{1, 2}, []T{1, 2}, 1, inf), "Inf of C: %v", order)

		requireBits(t, 0, dot(t, order, 1, []T{minus0, 0}, []T{1, -1}, 0, 0), "-0 and -0: %v", order)
		requireBits(t, 0, dot(t, order, 1, []T{minus0}, []T{1}, 0, 0), "-0: %v", order)
		requireBits(t, 0, dot(t, order, 1, []T{3, -3}, []T{7, 7}, 0, 0), "x + -x: %v", order)
		requireBits(t, 0, dot(t, order, 1, []T{-3, 3}, []T{7, 7}, 0, 0), "-x + x: %v", order)
	}
}

func TestConventions(t *testing.T) {
	testConventions[float32](t)
	testConventions[float64](t)
}

// What only the exact order promises: sums beyond the range, and factors that are
// infinite where the sum overflows or vanishes.
func TestExactBeyondTheRange(t *testing.T) {
	huge, inf := math.MaxFloat64, math.Inf(1)
	requireBits(t, huge, dot(t, reduce.Exact, 1, []float64{huge, huge, -huge}, []float64{1, 1, 1}, 0, 0))
	requireBits(t, -inf, dot(t, reduce.Exact, 1, []float64{huge, huge}, []float64{1, 1}, 1, -inf), "a finite sum does not meet an infinity")
	requireBits(t, inf, dot(t, reduce.Exact, inf, []float64{0x1p-1000}, []float64{0x1p-1000}, 0, 0), "a sum below the range is not 0")
	requireBits(t, huge, dot(t, reduce.Exact, 0.5, []float64{huge, huge}, []float64{1, 1}, 0, 0))
	minus0 := math.Copysign(0, -1)
	requireBits(t, minus0, dot(t, reduce.Exact, 1, []float64{-0x1p-1000}, []float64{0x1p-1000}, 0, 0), "rounding to zero keeps the sign")
	requireBits(t, float32(minus0), dot(t, reduce.Exact, 1, []float32{-0x1p-100}, []float32{0x1p-100}, 0, 0))
	requireBits(t, float32(minus0), dot(t, reduce.Exact, -1, []float32{0x1p-100}, []float32{0x1p-100}, 0, 0))
	requireBits(t, 0, dot(t, reduce.Exact, -1, []float64{3, -3}, []float64{1, 1}, 0, 0), "an exactly zero value is +0")
	requireBits(t, 16777217, dot(t, reduce.Exact, 1, []float64{1 << 24, 1}, []float64{1, 1}, 0, 0))
	requireBits(t, 1<<24, dot(t, reduce.Exact, 1, []float32{1 << 24, 1}, []float32{1, 1}, 0, 0))
	requireBits(t, 1<<24+2, dot(t, reduce.Exact, 1, []float32{1 << 24, 1, 0x1p-60}, []float32{1, 1, 0x1p-60}, 0, 0), "no rounding through float64")
	requireBits(t, 1<<24, dot(t, reduce.Exact, 1, []float32{1 << 24, 1, -0x1p-60}, []float32{1, 1, 0x1p-60}, 0, 0))
}

// An exactly zero contraction is +0 in every order, also where its products
// underflow and a chain of them ends in -0.
func TestExactZeroIsPlusZero(t *testing.T) {
	tiny := []float64{0x1p-600, 0x1p-600}
	require.True(t, math.Signbit(math.FMA(tiny[0], -tiny[0], tiny[0]*tiny[0])), "the chain ends in -0")
	for _, order := range append(ordersFor[float64](), reduce.Arrival) {
		requireBits(t, 0, dot(t, order, 1, tiny, []float64{0x1p-600, -0x1p-600}, 0, 0), order.String())
	}
}

// A panel's padding meets infinite multipliers without a trace.
func TestPaddingReachesNoResult(t *testing.T) {
	for _, order := range append(ordersFor[float32](), reduce.Arrival) {
		inf := float32(math.Inf(1))
		if order == reduce.Kahan {
			inf = 2 // see TestConventions
		}
		a, c := gemm.Dense(1, 2, []float32{0, inf}), gemm.NewMatrix[float32](1, 8)
		require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, 1, a, gemm.Dense(2, 5, []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}), 0, c.View(0, 1, 0, 5)))
		require.NoError(t, sameBits([]float32{inf, inf, inf, inf, inf, 0, 0, 0}, c.Data, order.String()))
	}
}

// checkBound returns an error if an element of a*b is further from the exact value
// than g(roundings) times the sum of magnitudes (Higham, Accuracy and Stability, 3.1).
func checkBound[T gemm.Float](roundings int, a, b, c gemm.Matrix[T]) error {
	u := 0x1p-24
	if kernel.Is64[T]() {
		u = 0x1p-53
	}
	n := float64(roundings)
	g := n * u / (1 - n*u) * (1 + 0x1p-20) // and the rounding of magnitude
	for i := range c.Rows {
		for j, got := range c.Row(i) {
			x, y := a.Row(i), column(b, false, j)
			magnitude, sum := 0.0, wide(0)
			for k := range x {
				magnitude += math.Abs(float64(x[k]) * float64(y[k]))
				p := wide(float64(x[k]))
				sum.Add(sum, p.Mul(p, wide(float64(y[k]))))
			}
			if got != got {
				return fmt.Errorf("element (%d,%d) is NaN", i, j)
			}
			distance, _ := sum.Sub(sum, wide(float64(got))).Float64()
			if math.Abs(distance) > g*magnitude {
				return fmt.Errorf("element (%d,%d) is %g from the exact value: bound %g", i, j, distance, g*magnitude)
			}
		}
	}
	return nil
}

func requireNearExact[T gemm.Float](t *testing.T, a, b, c gemm.Matrix[T]) {
	t.Helper()
	require.NoError(t, checkBound(a.Cols+1, a, b, c))
}

// The documented bounds, on sums whose errors all have one sign.
func TestBounds(t *testing.T) {
	const k = 1 << 14
	a, b := gemm.NewMatrix[float32](1, k), gemm.NewMatrix[float32](k, 1)
	for i := range k {
		a.Data[i], b.Data[i] = 1, 0.1
	}
	for _, c := range []struct {
		order     reduce.Order
		roundings int
	}{
		{reduce.Sequential, k}, {reduce.Shuffled(3), k}, {reduce.Pairwise, 32 + 9 + 1}, {reduce.Kahan, 3},
		{reduce.Neumaier, 2}, {reduce.DoubleDouble, 2}, {reduce.Widened, 2}, {reduce.Binned, 2}, {reduce.Exact, 1},
	} {
		product, err := multiplied(gemm.Gemm[float32], gemm.Options{Order: c.order}, false, false, a, b)
		require.NoError(t, err)
		require.NoError(t, checkBound(c.roundings, a, b, product), c.order)
	}
	product, err := multiplied(gemm.Gemm[float32], gemm.Options{}, false, false, a, b)
	require.NoError(t, err)
	require.Error(t, checkBound(32+9+1, a, b, product), "a chain does not keep the bound of the tree")
}

func testArrival[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 13))
	a, b := randomMatrix[T](rng, 7, 500), randomMatrix[T](rng, 500, 9)
	o := gemm.Options{Order: reduce.Arrival, Threads: 1}
	want, err := multiplied(gemm.Gemm[T], o, false, false, a, b)
	require.NoError(t, err)
	require.NoError(t, sameProduct(gemm.Gemm[T], o, false, false, a, b, want, "one goroutine is deterministic"))
	for o.Threads = range 5 {
		c, err := multiplied(gemm.Gemm[T], o, false, false, a, b)
		require.NoError(t, err)
		requireNearExact(t, a, b, c)
	}
}

func TestArrivalKeepsTheBound(t *testing.T) {
	testArrival[float32](t)
	testArrival[float64](t)
}

func testGonum[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 15))
	a, b := randomMatrix[T](rng, 7, 96), randomMatrix[T](rng, 96, 9)
	var g gemm.Gonum[T]
	require.Equal(t, reduce.Sequential, g.Order())
	for _, trans := range []bool{false, true} {
		w, err := g.Pack(stored(b, trans, 3, 1), trans, gemm.Whole(96, g.Order()))
		require.NoError(t, err)
		c := gemm.NewMatrix[T](7, 9)
		require.NoError(t, g.Mul(a, w, c))
		requireNearExact(t, a, b, c)
		require.NoError(t, g.Product(1, a, stored(b, trans, 3, 1), trans, false, c))
		requireNearExact(t, a, b, c)
	}
	parts, err := shards(gemm.Backend[T](g), a, b, gemm.Whole(96, g.Order()), []int{32, 32})
	require.NoError(t, err)
	c := gemm.NewMatrix[T](7, 9)
	require.NoError(t, gemm.Join(parts, c.Data))
	requireNearExact(t, a, b, c)
}

func TestGonumKeepsTheBound(t *testing.T) {
	testGonum[float32](t)
	testGonum[float64](t)
}
