package reduce_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func accumulate[T reduce.Float](order reduce.Order, start int, x []T) *reduce.Accumulator[T] {
	a, err := reduce.NewAccumulator[T](order, start)
	if err != nil {
		panic(err)
	}
	a.Add(x...)
	return a
}

func finish[T reduce.Float](a *reduce.Accumulator[T]) T {
	v, err := a.Sum()
	if err != nil {
		panic(err)
	}
	return v
}

// A piecewise sum evaluates x by a program of cuts and merges.
type piecewise[T reduce.Float] func(order reduce.Order, x []T, p fuzz.Program) T

// byAccumulators is the piecewise sum of package reduce.
func byAccumulators[T reduce.Float](order reduce.Order, x []T, p fuzz.Program) T {
	return finish(fuzz.Run(p, len(x),
		func(lo, hi int) *reduce.Accumulator[T] { return accumulate(order, lo, x[lo:hi]) },
		func(left, right *reduce.Accumulator[T]) *reduce.Accumulator[T] {
			if err := left.Merge(right); err != nil {
				panic(err)
			}
			return left
		}))
}

// The properties. Each returns an error that names the numbers where it fails.

// indifferentToCuts: any program gives the bits of one call.
func indifferentToCuts[T reduce.Float](sum piecewise[T], order reduce.Order, x []T, p fuzz.Program) error {
	return same(reduce.Sum(order, x), sum(order, x, p), fmt.Sprintf("%v of %d terms, %+v", order, len(x), p))
}

// indifferentToThreads: any number of goroutines gives the bits of one.
func indifferentToThreads[T reduce.Float](sum func(order reduce.Order, x []T, threads int) T, order reduce.Order, x []T) error {
	var found error
	for threads := 0; threads <= 9; threads++ {
		found = errors.Join(found, same(reduce.Sum(order, x), sum(order, x, threads), fmt.Sprintf("%v on %d threads", order, threads)))
	}
	return found
}

// indifferentToOrder: any permutation of the terms gives the same bits.
func indifferentToOrder[T reduce.Float](order reduce.Order, x []T, rng *rand.Rand) error {
	shuffled := append([]T(nil), x...)
	rng.Shuffle(len(x), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return same(reduce.Sum(order, x), reduce.Sum(order, shuffled), fmt.Sprintf("%v of a permutation", order))
}

func same[T reduce.Float](want, got T, what string) error {
	if kernel.Bits(want) != kernel.Bits(got) {
		return fmt.Errorf("%s: %x, want %x", what, got, want)
	}
	return nil
}

func testCutsWithRapid[T reduce.Float](t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		x := fuzz.Values[T](fuzz.NewSource(rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(r, "data")), 700, true)
		p := fuzz.NewProgram(fuzz.NewSource(rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(r, "program")), len(x))
		for _, order := range append(ordersThat[T](reduce.Order.CutInvariant), reduce.BinnedFold(2), reduce.BinnedFold(4)) {
			require.NoError(r, indifferentToCuts(byAccumulators[T], order, x, p))
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "shuffle"), 0))
		for _, order := range []reduce.Order{reduce.Exact, reduce.Binned, reduce.BinnedFold(2), reduce.BinnedFold(4)} {
			require.NoError(r, indifferentToOrder(order, x, rng))
		}
	})
}

func TestBitsDoNotDependOnCutsOrMerges(t *testing.T) {
	t.Run("float32", testCutsWithRapid[float32])
	t.Run("float64", testCutsWithRapid[float64])
}

// Every pair of cuts of a short sum, merged from the left and from the right.
func TestEveryTwoCuts(t *testing.T) {
	const n = 85
	x := spread[float64](5, n)
	for _, order := range ordersThat[float64](reduce.Order.CutInvariant) {
		for first := range n + 1 {
			for second := first; second <= n; second++ {
				for merge := range 2 {
					p := fuzz.Program{Cuts: []int{first, second}, Merges: []int{merge, 0}}
					require.NoError(t, indifferentToCuts(byAccumulators[float64], order, x, p))
				}
			}
		}
	}
}

func testThreads[T reduce.Float](t *testing.T) {
	for _, n := range []int{100, 4095, 4096, 4097, 10007, 65536} {
		x, y := spread[T](uint64(n), n), spread[T](7, n)
		for _, order := range ordersThat[T](func(o reduce.Order) bool { return o != reduce.Arrival }) {
			require.NoError(t, indifferentToThreads(reduce.SumParallel[T], order, x))
			requireBits(t, reduce.Dot(order, x, y), reduce.DotParallel(order, x, y, 3), "dot, %v", order)
		}
	}
}

func TestBitsDoNotDependOnThreads(t *testing.T) {
	t.Run("float32", testThreads[float32])
	t.Run("float64", testThreads[float64])
}

// The faults. Each is a way in which a piecewise sum goes wrong in practice, and
// each must be seen by the property.

// addsFinished finishes each piece and adds the values.
func addsFinished(order reduce.Order, x []float64, p fuzz.Program) float64 {
	return fuzz.Run(p, len(x),
		func(lo, hi int) float64 { return reduce.Sum(order, x[lo:hi]) },
		func(left, right float64) float64 { return left + right })
}

// countsFromThePiece numbers rows and lanes from the start of each piece.
func countsFromThePiece(order reduce.Order, x []float64, p fuzz.Program) float64 {
	lanes := func(lo, hi int) (v [16]float64) {
		for lane := range v {
			var hand []float64
			for i := lo + lane; i < hi; i += len(v) {
				hand = append(hand, x[i])
			}
			v[lane] = canonicalTree(hand)
		}
		return v
	}
	sums := fuzz.Run(p, len(x), lanes, func(left, right [16]float64) [16]float64 {
		for i := range left {
			left[i] += right[i]
		}
		return left
	})
	return canonicalTree(sums[:])
}

func canonicalTree(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return evaluate(inRounds(termsTo(len(x))), func(i int) float64 { return x[i] }, func(a, b float64) float64 { return a + b })
}

// cutsOneEarly begins each piece but the first one term too early.
func cutsOneEarly(order reduce.Order, x []float64, p fuzz.Program) float64 {
	return finish(fuzz.Run(p, len(x),
		func(lo, hi int) *reduce.Accumulator[float64] {
			early := append([]float64(nil), x[lo:hi]...)
			if lo > 0 && lo < hi {
				early[0] = x[lo-1]
			}
			return accumulate(order, lo, early)
		},
		func(left, right *reduce.Accumulator[float64]) *reduce.Accumulator[float64] {
			if err := left.Merge(right); err != nil {
				panic(err)
			}
			return left
		}))
}

// losesTheCompensation hands on only the high part of a pair.
func losesTheCompensation(order reduce.Order, x []float64, p fuzz.Program) float64 {
	if order == reduce.DoubleDouble {
		order = reduce.Pairwise
	}
	return byAccumulators(order, x, p)
}

func TestPropertiesCatchFaults(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	x := spread[float64](6, 10007)
	caught := func(sum piecewise[float64], order reduce.Order) bool {
		for range 20 {
			n := 1 + rng.IntN(500)
			p := fuzz.Program{Cuts: []int{rng.IntN(n + 1)}, Merges: []int{0}}
			if indifferentToCuts(sum, order, x[:n], p) != nil {
				return true
			}
		}
		return false
	}
	for _, order := range ordersThat[float64](reduce.Order.CutInvariant) {
		require.False(t, caught(byAccumulators[float64], order), "%v: no fault, no finding", order)
		require.True(t, caught(addsFinished, order), "%v: pieces finished before they are merged", order)
		require.True(t, caught(cutsOneEarly, order), "%v: cuts that are off by one", order)
	}
	require.True(t, caught(countsFromThePiece, reduce.Pairwise), "rows counted from the piece")
	require.True(t, caught(losesTheCompensation, reduce.DoubleDouble), "low parts dropped")

	byThread := func(order reduce.Order, x []float64, threads int) float64 {
		total := 0.0
		for k := range max(threads, 1) {
			total += reduce.Sum(order, x[len(x)*k/max(threads, 1):len(x)*(k+1)/max(threads, 1)])
		}
		return total
	}
	require.Error(t, indifferentToThreads(byThread, reduce.Pairwise, x), "a tree that depends on the threads")
	require.Error(t, indifferentToOrder(reduce.Pairwise, x, rng), "a tree is not order-free")
	require.NoError(t, indifferentToOrder(reduce.Exact, x, rng))
}
