package reduce_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func requireBits[T reduce.Float](t *testing.T, want, got T, format string, args ...any) {
	t.Helper()
	if kernel.Bits(want) != kernel.Bits(got) {
		require.Fail(t, "bits differ", "%s: want %x (%#x), got %x (%#x)",
			fmt.Sprintf(format, args...), want, kernel.Bits(want), got, kernel.Bits(got))
	}
}

func testCanonicalSums[T reduce.Float](t *testing.T) {
	check := func(x, y []T, what string) {
		for _, order := range trees[T]() {
			requireBits(t, canonicalSum(order, x, nil), reduce.Sum(order, x), "sum, %v, %s", order, what)
			requireBits(t, canonicalSum(order, x, y), reduce.Dot(order, x, y), "dot, %v, %s", order, what)
			requireBits(t, canonicalSum(order, x, x), reduce.SumSquares(order, x), "squares, %v, %s", order, what)
		}
	}
	x, y := spread[T](1, 5000), spread[T](2, 5000)
	for n := range 301 {
		check(x[:n], y[:n], fmt.Sprintf("n = %d", n))
	}
	for _, n := range []int{511, 512, 513, 1000, 1023, 1025, 2047, 3333, 4095, 4096, 4097, 5000} {
		check(x[:n], y[:n], fmt.Sprintf("n = %d", n))
	}
	for i, v := range nasty[T](150, 600) {
		check(v, y[:len(v)], fmt.Sprintf("nasty case %d, n = %d", i, len(v)))
	}
}

func TestCanonicalSumsFollowTheFormula(t *testing.T) {
	t.Run("float32", testCanonicalSums[float32])
	t.Run("float64", testCanonicalSums[float64])
}

func testOffsets[T reduce.Float](t *testing.T) {
	const n = 205
	x := spread[T](3, n)
	room := make([]T, n+64)
	for offset := range 64 {
		for i := range room {
			room[i] = kernel.NaN[T]() // whatever is read beside x shows
		}
		shifted := room[offset : offset+n]
		copy(shifted, x)
		for _, order := range reduce.Orders(1) {
			if reduce.Check[T](order) == nil {
				requireBits(t, reduce.Sum(order, x), reduce.Sum(order, shifted), "%v at offset %d", order, offset)
				requireBits(t, reduce.Dot(order, x, x), reduce.Dot(order, x, shifted), "dot, %v at offset %d", order, offset)
			}
		}
	}
}

func TestBitsDoNotDependOnTheAddress(t *testing.T) {
	t.Run("float32", testOffsets[float32])
	t.Run("float64", testOffsets[float64])
}

// commonSizes gives, for each pair of terms, how many terms the smallest subtree
// that holds both has. It determines the tree (Xie et al., 2024, "FPRev:
// revealing the order of floating-point summation", arXiv 2411.00442).
func commonSizes(e *expr, sizes map[[2]int]int) []int {
	if e.left == nil {
		return []int{e.term}
	}
	left, right := commonSizes(e.left, sizes), commonSizes(e.right, sizes)
	for _, i := range left {
		for _, j := range right {
			sizes[[2]int{min(i, j), max(i, j)}] = len(left) + len(right)
		}
	}
	return append(left, right...)
}

// reveal measures the same of an implementation: among ones, M and -M swamp all
// that is added to either before they meet, so that the sum counts the rest.
func reveal[T reduce.Float](sum func([]T) T, n int, huge T) map[[2]int]int {
	sizes := map[[2]int]int{}
	x := make([]T, n)
	for i := range x {
		x[i] = 1
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			x[i], x[j] = huge, -huge
			sizes[[2]int{i, j}] = n - int(sum(x))
			x[i], x[j] = 1, 1
		}
	}
	return sizes
}

func testRevealedTree[T reduce.Float](t *testing.T, huge T) {
	inPieces := func(x []T) T {
		whole, next := accumulate(reduce.Pairwise, 0, x[:len(x)/3]), accumulate(reduce.Pairwise, len(x)/3, x[len(x)/3:])
		if err := whole.Merge(next); err != nil {
			panic(err)
		}
		return finish(whole)
	}
	for _, n := range []int{1, 2, 3, 15, 16, 17, 31, 32, 33, 50, 65, 100, 129, 200} {
		want := map[[2]int]int{}
		commonSizes(inLanes(n, publishedLanes[T]()), want)
		for _, order := range trees[T]() {
			if order.Kind() == reduce.KindDoubleDouble {
				continue // nothing swamps a pair
			}
			require.Equal(t, want, reveal(func(x []T) T { return reduce.Sum(order, x) }, n, huge), "%v, n = %d", order, n)
		}
		require.Equal(t, want, reveal(inPieces, n, huge), "in two pieces, n = %d", n)
		if n > 3 {
			fold := reveal(func(x []T) T { return reduce.Sum(reduce.Sequential, x) }, n, huge)
			require.Equal(t, n, fold[[2]int{0, n - 1}])
			require.NotEqual(t, want, fold, "a left fold is told from the tree, n = %d", n)
		}
	}
}

func TestRevealedTree(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testRevealedTree[float32](t, 0x1p126) })
	t.Run("float64", func(t *testing.T) { testRevealedTree[float64](t, 0x1p1000) })
}

func TestSumsOfNothingAndOfZeros(t *testing.T) {
	zero := math.Copysign(0, -1)
	for _, order := range reduce.Orders(1) {
		if order == reduce.Widened {
			requireBits(t, float32(zero), reduce.Sum(order, []float32{float32(zero), float32(zero)}), "%v of -0", order)
			continue
		}
		requireBits(t, 0, reduce.Sum(order, []float64{}), "%v of nothing", order)
		requireBits(t, 0, reduce.Dot[float64](order, nil, nil), "%v of no products", order)
		for n := 1; n < 70; n++ {
			x := make([]float64, n)
			for i := range x {
				x[i] = zero
			}
			requireBits(t, zero, reduce.Sum(order, x), "%v of %d times -0", order, n)
			x[n/2] = 0
			requireBits(t, 0, reduce.Sum(order, x), "%v of -0 and +0, n = %d", order, n)
		}
	}
}
