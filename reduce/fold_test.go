package reduce_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// The compensated folds written out from their publications, without regard to
// special values.

func kahanWrittenOut[T reduce.Float](x []T) T {
	sum, c := x[0], T(0)
	for _, v := range x[1:] {
		y := v - c
		t := sum + y
		c = (t - sum) - y
		sum = t
	}
	return sum
}

func neumaierWrittenOut[T reduce.Float](x []T) T {
	sum, c := x[0], T(0)
	for _, v := range x[1:] {
		t := sum + v
		if math.Abs(float64(sum)) >= math.Abs(float64(v)) {
			c += (sum - t) + v
		} else {
			c += (v - t) + sum
		}
		sum = t
	}
	return sum + c
}

func sequentialWrittenOut[T reduce.Float](x []T) T {
	sum := x[0]
	for _, v := range x[1:] {
		sum += v
	}
	return sum
}

func testFolds[T reduce.Float](t *testing.T) {
	x, y := spread[T](11, 300), spread[T](12, 300)
	for n := 1; n <= 300; n++ {
		products := make([]T, n)
		for i := range products {
			products[i] = x[i] * y[i]
		}
		for order, fold := range map[reduce.Order]func([]T) T{
			reduce.Sequential: sequentialWrittenOut[T], reduce.Kahan: kahanWrittenOut[T], reduce.Neumaier: neumaierWrittenOut[T],
		} {
			requireBits(t, fold(x[:n]), reduce.Sum(order, x[:n]), "%v, n = %d", order, n)
			requireBits(t, fold(products), reduce.Dot(order, x[:n], y[:n]), "dot, %v, n = %d", order, n)
		}
	}
}

func TestFoldsAreThosePublished(t *testing.T) {
	t.Run("float32", testFolds[float32])
	t.Run("float64", testFolds[float64])
}

func TestPublishedCounterexample(t *testing.T) {
	x := []float64{1, 1e100, 1, -1e100}
	require.Equal(t, 0.0, reduce.Sum(reduce.Kahan, x))
	require.Equal(t, 2.0, reduce.Sum(reduce.Neumaier, x))
	require.Equal(t, 2.0, reduce.Sum(reduce.DoubleDouble, x))
	require.Equal(t, 2.0, reduce.Sum(reduce.Exact, x))
	require.Equal(t, 0.0, reduce.Sum(reduce.Sequential, x))
}

func TestFoldsOfInfinities(t *testing.T) {
	inf := math.Inf(1)
	require.Equal(t, inf, reduce.Sum(reduce.Neumaier, []float64{1, inf, 2, 3}))
	require.Equal(t, inf, reduce.Sum(reduce.DoubleDouble, []float64{1, inf, 2, 3}))
	requireBits(t, kernel.NaN[float64](), reduce.Sum(reduce.Kahan, []float64{1, inf, 2, 3}), "Kahan's correction of an infinity is a NaN")
	requireBits(t, kernel.NaN[float64](), reduce.Sum(reduce.Neumaier, []float64{inf, -inf}), "as published otherwise")
	require.Equal(t, inf, reduce.Sum(reduce.Neumaier, []float64{math.MaxFloat64, math.MaxFloat64, -1}), "after overflow")
}

// illConditioned returns n terms whose sum is small beside their magnitude: half
// of them random, then their negatives with noise, shuffled.
func illConditioned[T reduce.Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range n / 2 {
		x[i] = T((rng.Float64() - 0.5) * float64(uint64(1)<<rng.IntN(40)))
		noise := T(T(rng.Float64()-0.5) * T(math.Ldexp(1, -rng.IntN(24))))
		x[n/2+i] = -x[i] + T(noise*x[i])
	}
	rng.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	return x
}

// ascending returns terms of one sign, on which a left fold loses most.
func ascending[T reduce.Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(1 + rng.Float64())
	}
	return x
}

func testBounds[T reduce.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	plainIsCaught := map[reduce.Kind]int{}
	for i := range 120 {
		x := illConditioned[T](rng, 2+2*rng.IntN(1500))
		if i%3 == 0 {
			x = ascending[T](rng, 3000)
		}
		y := illConditioned[T](rng, len(x))
		sum, dot := fuzz.ExactSum(x), fuzz.ExactDot(x, y)
		for _, order := range ordersThat[T](func(reduce.Order) bool { return true }) {
			require.NoError(t, fuzz.Judge(order, sum, reduce.Sum(order, x)))
			require.NoError(t, fuzz.Judge(order, dot, reduce.Dot(order, x, y)))
			if fuzz.Judge(order, sum, reduce.Sum(reduce.Sequential, x)) != nil {
				plainIsCaught[order.Kind()]++
			}
		}
	}
	for _, kind := range []reduce.Kind{reduce.KindKahan, reduce.KindNeumaier, reduce.KindDoubleDouble, reduce.KindExact} {
		require.Positive(t, plainIsCaught[kind], "%v without its compensation breaks its bound", kind)
	}
	require.Zero(t, plainIsCaught[reduce.KindSequential])
}

func TestErrorsAreWithinTheirBounds(t *testing.T) {
	t.Run("float32", testBounds[float32])
	t.Run("float64", testBounds[float64])
}
