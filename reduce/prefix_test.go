package reduce_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// prefixesOfSums: dst[i] has the bits of the canonical sum of the first i+1 terms,
// for the i that sampled selects.
func prefixesOfSums[T reduce.Float](prefixSums func(dst, x []T), sum func(x []T) T, x []T, sampled func(i int) bool) error {
	dst := make([]T, len(x))
	prefixSums(dst, x)
	for i, got := range dst {
		if !sampled(i) {
			continue
		}
		if err := same(sum(x[:i+1]), got, fmt.Sprintf("prefix %d of %d", i, len(x))); err != nil {
			return err
		}
	}
	return nil
}

func all(int) bool { return true }

// pairwiseWritten is the canonical sum as the paper has it; ours is proven equal to it.
func pairwiseWritten[T reduce.Float](x []T) T { return canonicalSum(reduce.Pairwise, x, nil) }
func pairwise[T reduce.Float](x []T) T        { return reduce.Sum(reduce.Pairwise, x) }

func testPrefixSums[T reduce.Float](t *testing.T) {
	x := spread[T](3, 300)
	require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwiseWritten[T], x, all))
	for n := range 301 { // prefixes of prefixes
		dst, whole := make([]T, n), make([]T, 300)
		reduce.PrefixSums(dst, x[:n])
		reduce.PrefixSums(whole, x)
		for i := range dst {
			requireBits(t, whole[i], dst[i], "element %d of %d", i, n)
		}
	}
	long := spread[T](4, 1<<17+100)
	around := func(i int) bool { // powers of two of rows, and every 1999th
		lanes := publishedLanes[T]()
		rows := i / lanes
		return i%1999 == 0 || rows > 60 && (rows&(rows-1) == 0 || rows&(rows+1) == 0) && i%lanes < 3
	}
	require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwise[T], long, around))
	sums := make([]T, len(long))
	reduce.PrefixSums(sums, long)
	requireBits(t, pairwise(long), sums[len(sums)-1], "the last")

	for i, y := range nasty[T](100, 200) {
		require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwise[T], y, all), "nasty %d", i)
		require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwise[T], negate(y), all), "nasty %d, negated", i)
	}
	for name, y := range hardVectors[T]() {
		require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwise[T], y, all), name)
		require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwise[T], negate(y), all), name)
	}
	for _, at := range []int{0, 1, 15, 31, 32, 40, 100} { // what comes after an infinity or a NaN
		for _, v := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
			y := spread[T](7, 150)
			y[at] = T(v)
			require.NoError(t, prefixesOfSums(reduce.PrefixSums[T], pairwise[T], y, all), "%v at %d", v, at)
		}
	}
	negative0 := make([]T, 80)
	for i := range negative0 {
		negative0[i] = T(math.Copysign(0, -1))
	}
	reduce.PrefixSums(negative0, negative0)
	requireBits(t, T(math.Copysign(0, -1)), negative0[79], "-0 stays")
}

func TestPrefixSums(t *testing.T) {
	t.Run("float32", testPrefixSums[float32])
	t.Run("float64", testPrefixSums[float64])
}

func TestPrefixSumsInPlaceAndStrided(t *testing.T) {
	for _, n := range []int{0, 1, 16, 17, 250, 1500} {
		x := spread[float64](uint64(n), n)
		want := make([]float64, n)
		reduce.PrefixSums(want, x)
		for inc := 1; inc <= 4; inc++ {
			v, dst := strided(x, inc, 1), strided(make([]float64, n), 5-inc, 2)
			v.PrefixSums(dst)
			v.PrefixSums(v)
			for i := range n {
				requireBits(t, want[i], v.Data[i*v.Inc], "in place, increment %d, element %d of %d", inc, i, n)
				requireBits(t, want[i], dst.Data[i*dst.Inc], "increment %d to %d, element %d of %d", inc, 5-inc, i, n)
			}
			for i, y := range dst.Data {
				require.Equal(t, i%dst.Inc != 0, y != y, "numbers between the elements are left alone")
			}
		}
		reduce.PrefixSums(x, x)
		for i := range want {
			requireBits(t, want[i], x[i], "in place")
		}
	}
}

// checkOverlap compares what PrefixSums says of two vectors in the same memory with a table of
// their places.
func checkOverlap(t *testing.T, memory []float64, n, at, inc, dstAt, dstInc int) {
	t.Helper()
	v, dst := reduce.NewVector(n, inc, memory[at:]), reduce.NewVector(n, dstInc, memory[dstAt:])
	place, shared := map[int]int{}, false
	for i := range n {
		place[at+i*inc] = i
	}
	same := true
	for i := range n {
		j, known := place[dstAt+i*dstInc]
		shared = shared || known
		same = same && known && i == j
	}
	name := fmt.Sprintf("%d elements, x %d apart from %d on, dst %d apart from %d on", n, inc, at, dstInc, dstAt)
	if shared && !same {
		require.Panics(t, func() { v.PrefixSums(dst) }, name)
		return
	}
	want, got := make([]float64, n), make([]float64, n)
	v.PrefixSums(reduce.NewVector(n, 1, want))
	v.PrefixSums(dst)
	for i := range got {
		got[i] = dst.Data[i*dst.Inc]
	}
	require.Equal(t, want, got, name)
}

func TestPrefixSumsRefuseOverlap(t *testing.T) {
	memory := make([]float64, 64)
	for i := range memory {
		memory[i] = float64(i%7) - 3
	}
	for n := range 9 {
		for at := range 12 {
			for dstAt := range 12 {
				for inc := 1; inc <= 6; inc++ {
					for dstInc := 1; dstInc <= 6; dstInc++ {
						checkOverlap(t, memory, n, at, inc, dstAt, dstInc)
					}
				}
			}
		}
	}
	x := memory[:9]
	require.PanicsWithValue(t, "reduce: prefix sums of 8 elements to memory that overlaps theirs: element 0 of the sums is term 1; want all of them the same, or none",
		func() { reduce.PrefixSums(x[1:], x[:8]) })
	for _, inc := range []int{1 << 30, math.MaxInt/2 + 1, math.MaxInt} { // in bytes, some are 0 modulo 2^64
		one := reduce.NewVector(1, inc, x[3:])
		one.PrefixSums(one)
		one.PrefixSums(reduce.NewVector(1, 5, x[3:]))
		one.PrefixSums(reduce.NewVector(1, inc, x[4:]))
	}
}

func TestPrefixCheckSeesFaults(t *testing.T) {
	x := spread[float64](5, 300)
	running := func(dst, x []float64) {
		s := x[0]
		dst[0] = s
		for i, v := range x[1:] {
			s += v
			dst[i+1] = s
		}
	}
	require.Error(t, prefixesOfSums(running, pairwise[float64], x, all), "running sums")
	require.NoError(t, prefixesOfSums(running, pairwise[float64], x[:3], all), "which begin alike")
	late := func(dst, x []float64) {
		reduce.PrefixSums(dst, x)
		dst[len(dst)-1] = dst[len(dst)-2]
	}
	require.Error(t, prefixesOfSums(late, pairwise[float64], x, all), "a late one")
	nan := func(dst, x []float64) {
		reduce.PrefixSums(dst, x)
		dst[7] = -kernel.NaN[float64]()
	}
	require.Error(t, prefixesOfSums(nan, pairwise[float64], []float64{1, 2, 3, 4, 5, 6, 7, math.NaN()}, all), "a NaN that is not canonical")
}
