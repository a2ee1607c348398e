package reduce_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// strided lays x out inc apart behind offset other numbers, all of them NaN, so that
// a wrong element shows.
func strided[T reduce.Float](x []T, inc, offset int) reduce.Vector[T] {
	if len(x) == 0 {
		return reduce.NewVector[T](0, inc, nil)
	}
	data := make([]T, offset+(len(x)-1)*inc+1)
	for i := range data {
		data[i] = T(math.NaN())
	}
	for i, v := range x {
		data[offset+i*inc] = v
	}
	return reduce.NewVector(len(x), inc, data[offset:])
}

// methods evaluates every operation of v, with w for the second vector.
func methods[T reduce.Float](order reduce.Order, v, w reduce.Vector[T]) []T {
	return []T{
		v.Sum(order), v.SumAbs(order), v.Dot(order, w), w.Dot(order, v), v.SumSquares(order),
		v.Norm2(order), v.Mean(order), v.Variance(order, 0), v.Variance(order, 1),
	}
}

// functions evaluates the functions of those names over slices.
func functions[T reduce.Float](order reduce.Order, x, y []T) []T {
	return []T{
		reduce.Sum(order, x), reduce.SumAbs(order, x), reduce.Dot(order, x, y), reduce.Dot(order, y, x), reduce.SumSquares(order, x),
		reduce.Norm2(order, x), reduce.Mean(order, x), reduce.Variance(order, x, 0), reduce.Variance(order, x, 1),
	}
}

// indifferentToStride: the bits of the vectors are those of the slices.
func indifferentToStride[T reduce.Float](order reduce.Order, x, y []T, v, w reduce.Vector[T]) error {
	want, got := functions(order, x, y), methods(order, v, w)
	for i := range want {
		if err := same(want[i], got[i], fmt.Sprintf("operation %d, %v, n = %d, increments %d and %d", i, order, len(x), v.Inc, w.Inc)); err != nil {
			return err
		}
	}
	return nil
}

func testStrides[T reduce.Float](t *testing.T) {
	check := func(x, y []T, inc, offset int) {
		for _, o := range specified[T]() {
			require.NoError(t, indifferentToStride(o, x, y, strided(x, inc, offset), strided(y, max(4-inc, 1), offset+1)))
		}
		if len(x) == 0 {
			return
		}
		v := strided(x, inc, offset)
		requireBits(t, reduce.Max(x), v.Max(), "n = %d, increment %d", len(x), inc)
		require.Equal(t, reduce.ArgMax(x), v.ArgMax())
	}
	for inc := 1; inc <= 5; inc++ {
		for n := range 36 {
			check(spread[T](uint64(n), n), spread[T](uint64(n+100), n), inc, n%4)
		}
		for _, n := range []int{1023, 1024, 1025, 2100} {
			check(spread[T](uint64(n), n), spread[T](uint64(n+100), n), inc, n%3)
		}
		for i, x := range nasty[T](10, 80) {
			check(x, negate(x), inc, i%4)
		}
	}
	for _, x := range hardVectors[T]() {
		check(x, negate(x), 3, 1)
	}
}

func TestStridesDoNotMatter(t *testing.T) {
	t.Run("float32", testStrides[float32])
	t.Run("float64", testStrides[float64])
}

func TestStrideCheckSeesFaults(t *testing.T) {
	x, y := spread[float64](1, 100), spread[float64](2, 100)
	v, w := strided(x, 3, 0), strided(y, 1, 0)
	for _, o := range specified[float64]() {
		require.NoError(t, indifferentToStride(o, x, y, v, w))
		require.Error(t, indifferentToStride(o, x, y, reduce.NewVector(100, 2, v.Data), w), "%v: a wrong increment", o)
		require.Error(t, indifferentToStride(o, x, y, reduce.NewVector(99, 3, v.Data), reduce.NewVector(99, 1, w.Data)), "%v: a lost tail", o)
	}
}

// Arrival has no bits to compare; its value is right all the same.
func TestArrivalOfVectors(t *testing.T) {
	x := spread[float64](4, 30000)
	v := strided(x, 2, 1)
	for i, want := range functions(reduce.Exact, x, x) {
		for _, got := range []float64{methods(reduce.Arrival, v, v)[i], functions(reduce.Arrival, x, x)[i]} {
			require.InEpsilon(t, want, got, 1e-9, "operation %d", i)
		}
	}
}

// A column of a row-major matrix, for the sake of the blas64 convention.
func TestColumn(t *testing.T) {
	m := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	column := reduce.NewVector(4, 2, m[1:])
	require.Equal(t, 20.0, column.Sum(reduce.Pairwise))
	require.Equal(t, 3, column.ArgMax())
	require.Equal(t, 8.0, column.Max())
}

func TestVectorsPanicNamesTheNumbers(t *testing.T) {
	panics := func(want string, f func()) {
		t.Helper()
		require.PanicsWithValue(t, "reduce: "+want, f)
	}
	data := make([]float64, 7)
	panics("vector of -1 elements: want 0 or more", func() { reduce.NewVector(-1, 1, data) })
	panics("vector of increment 0: want 1 or more", func() { reduce.NewVector(2, 0, data) })
	panics("vector of increment -2: want 1 or more", func() { reduce.NewVector(0, -2, data) })
	panics("vector of 5 elements at increment 2: too long for 7 numbers", func() { reduce.NewVector(5, 2, data) })
	panics("vector of 1 element at increment 1: too long for 0 numbers", func() { reduce.NewVector[float64](1, 1, nil) })
	panics(fmt.Sprintf("vector of 3 elements at increment %d: too long for 7 numbers", math.MaxInt), func() { reduce.NewVector(3, math.MaxInt, data) })
	require.Equal(t, 4, reduce.NewVector(4, 2, data).N, "just long enough")

	bad, good := reduce.Vector[float64]{N: 9, Inc: 1, Data: data}, reduce.NewVector(4, 2, data)
	const tooLong = "vector of 9 elements at increment 1: too long for 7 numbers"
	for _, o := range specified[float64]() {
		for _, f := range []func(){
			func() { bad.Sum(o) }, func() { bad.SumAbs(o) }, func() { bad.SumSquares(o) }, func() { bad.Norm2(o) },
			func() { bad.Mean(o) }, func() { bad.Variance(o, 0) }, func() { bad.Dot(o, bad) },
			func() { strided(make([]float64, 9), 2, 0).Dot(o, bad) }, func() { bad.Dot(o, strided(make([]float64, 9), 2, 0)) },
		} {
			panics(tooLong, f)
		}
		panics("dot product of 4 and 3 elements", func() { good.Dot(o, reduce.NewVector(3, 1, data)) })
		panics("variance with -1 degrees of freedom taken off: want 0 or more", func() { reduce.Variance(o, data, -1) })
	}
	panics(tooLong, func() { bad.Max() })
	panics(tooLong, func() { bad.ArgMax() })
	panics(tooLong, func() { bad.PrefixSums(bad) })
	panics(tooLong, func() { strided(make([]float64, 9), 2, 0).PrefixSums(bad) })
	panics("prefix sums of 7 elements to 4", func() { reduce.PrefixSums(data[:4], data) })
	panics("maximum of no elements", func() { reduce.Max[float32](nil) })
	panics("maximum of no elements", func() { reduce.ArgMax[float64](nil) })
	panics("maximum of no elements", func() { reduce.NewVector[float64](0, 3, nil).ArgMax() })
	for _, x := range [][]float64{nil, {1}} {
		const wide = "order widened applies to float32 only: there is no wider type than float64"
		panics(wide, func() { reduce.SumAbs(reduce.Widened, x) })
		panics(wide, func() { reduce.Norm2(reduce.Widened, x) })
		panics(wide, func() { reduce.Mean(reduce.Widened, x) })
		panics(wide, func() { reduce.Variance(reduce.Widened, x, 1) })
	}
}

// The sums of blocks in the orders that do not depend on cuts keep their state in
// an Accumulator; what else is here takes no memory, whatever the length.
func testOperationsDoNotAllocate[T reduce.Float](t *testing.T) {
	x, out := make([]T, 3000), make([]T, 3000)
	for i := range x {
		x[i] = 1 / T(i+1) // of a size that Norm2 need not scale
	}
	v := strided(x, 2, 0)
	none := func(what string, f func()) {
		t.Helper()
		require.Zero(t, testing.AllocsPerRun(5, f), what)
	}
	for _, o := range []reduce.Order{reduce.Sequential, reduce.Kahan, reduce.Neumaier} {
		none(fmt.Sprint("functions, ", o), func() { reduce.SumAbs(o, x); reduce.Norm2(o, x); reduce.Mean(o, x); reduce.Variance(o, x, 1) })
		none(fmt.Sprint("methods, ", o), func() {
			v.Sum(o)
			v.SumAbs(o)
			v.Dot(o, v)
			v.SumSquares(o)
			v.Norm2(o)
			v.Mean(o)
			v.Variance(o, 1)
		})
	}
	for _, o := range trees[T]() {
		none(fmt.Sprint("norm and mean, ", o), func() { reduce.Norm2(o, x); reduce.Mean(o, x) })
	}
	none("prefix sums", func() { reduce.PrefixSums(out, x); v.PrefixSums(v) })
	none("maxima", func() { reduce.Max(x); reduce.ArgMax(x); v.Max(); v.ArgMax() })
}

func TestOperationsDoNotAllocate(t *testing.T) {
	t.Run("float32", testOperationsDoNotAllocate[float32])
	t.Run("float64", testOperationsDoNotAllocate[float64])
}

// The maximum over every pair of special values, at every place of vectors that
// the unrolled loop cuts differently.
func testMaxima[T reduce.Float](t *testing.T) {
	inf, negative0 := T(math.Inf(1)), T(math.Copysign(0, -1))
	payload := fromBits[T](kernel.Bits(inf) + 5)                                            // a signalling NaN
	negativeNaN := fromBits[T](kernel.Bits(-inf) + (kernel.Bits(inf)&-kernel.Bits(inf))>>1) // a quiet one
	values := []T{0, negative0, inf, -inf, payload, negativeNaN, 1, -1, smallest[T](), -smallest[T](), largestFinite[T](), -largestFinite[T]()}
	require.True(t, payload != payload && negativeNaN != negativeNaN)
	for n := 1; n <= 26; n++ {
		for _, a := range values {
			for _, b := range values {
				x := make([]T, n)
				for i := range x {
					x[i] = -inf
				}
				x[(n*3)%n], x[(n*5+7)%n] = a, a
				x[(n*11+13)%n] = b
				x[n-1] = b
				most, at := writtenMax(x)
				requireBits(t, most, reduce.Max(x), "%v", x)
				require.Equal(t, at, reduce.ArgMax(x), "%v", x)
			}
		}
	}
	for n := 1; n <= 40; n++ { // a single largest element, at each place
		for at := range n {
			x := make([]T, n)
			for i := range x {
				x[i] = negative0
			}
			x[at] = 0
			requireBits(t, 0, reduce.Max(x), "+0 at %d of %d", at, n)
			require.Equal(t, at, reduce.ArgMax(x))
			x[at] = negativeNaN
			requireBits(t, kernel.NaN[T](), reduce.Max(x), "NaN at %d of %d", at, n)
			require.Equal(t, at, reduce.ArgMax(x))
		}
	}
}

func TestMaxima(t *testing.T) {
	t.Run("float32", testMaxima[float32])
	t.Run("float64", testMaxima[float64])
}
