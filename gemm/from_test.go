package gemm

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// optional is a value that may be absent.
type optional[V any] struct {
	value   V
	present bool
}

// treeFrom evaluates the growing tree over n leaves, some absent, straight from its
// definition: joining with nothing changes nothing.
func treeFrom[V any](n int, leaf func(i int) optional[V], join func(l, r V) V) V {
	return reduce.Evaluate(reduce.Growing(), reduce.Span{Lo: 0, Hi: n}, leaf, func(l, r optional[V]) optional[V] {
		switch {
		case !l.present:
			return r
		case !r.present:
			return l
		}
		return optional[V]{join(l.value, r.value), true}
	}).value
}

// leafFrom returns the terms of a leaf from index first on.
func leafFrom(i, first, n int) (lo, hi int, present bool) {
	lo, hi = max(first, i*reduce.DefaultLeaf), min(n, (i+1)*reduce.DefaultLeaf)
	return lo, hi, lo < hi
}

// fromOracle is one element of ProductFrom: the terms a[k]*b[k] for k in [first, n).
func fromOracle[T Float](order reduce.Order, first int, a, b []T) T {
	n := len(a)
	leaves := (n + reduce.DefaultLeaf - 1) / reduce.DefaultLeaf
	switch order {
	case reduce.Pairwise:
		return kernel.Canonical(treeFrom(leaves, func(i int) optional[T] {
			lo, hi, present := leafFrom(i, first, n)
			var s T
			for k := lo; k < hi; k++ {
				s = kernel.FMA(a[k], b[k], s)
			}
			return optional[T]{s, present}
		}, func(l, r T) T { return l + r }) + 0)
	case reduce.Widened:
		return kernel.Canonical(T(treeFrom(leaves, func(i int) optional[float64] {
			lo, hi, present := leafFrom(i, first, n)
			s := 0.0
			for k := lo; k < hi; k++ {
				s += float64(float64(a[k]) * float64(b[k]))
			}
			return optional[float64]{s, present}
		}, func(l, r float64) float64 { return l + r })) + 0)
	case reduce.DoubleDouble:
		v := treeFrom(leaves, func(i int) optional[[2]T] {
			lo, hi, present := leafFrom(i, first, n)
			var s [2]T
			for k := lo; k < hi; k++ {
				p := T(a[k] * b[k])
				s = joinPairs(s, [2]T{p, kernel.FMA(a[k], b[k], -p)})
			}
			return optional[[2]T]{s, present}
		}, joinPairs[T])
		return kernel.Canonical(reduce.FinishPair(v[0], v[1]) + 0)
	case reduce.Shuffled(7):
		var s T
		for _, k := range reduce.Permutation(7, n) {
			if k >= first {
				s = kernel.FMA(a[k], b[k], s)
			}
		}
		return s + 0
	}
	panic(order)
}

func joinPairs[T Float](x, y [2]T) [2]T {
	h := x[0] + y[0]
	t := h - x[0]
	e := (x[0] - (h - t)) + (y[0] - t)
	return [2]T{h, (x[1] + y[1]) + e}
}

func TestProductFromIsTheTreeWithAbsentTerms(t *testing.T) {
	t.Run("float32", testProductFrom[float32])
	t.Run("float64", testProductFrom[float64])
}

func testProductFrom[T Float](t *testing.T) {
	orders := []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Shuffled(7)}
	if reduce.Check[T](reduce.Widened) == nil {
		orders = append(orders, reduce.Widened)
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(rt, "terms")
		first := rapid.IntRange(0, n-1).Draw(rt, "first")
		rows, cols := rapid.IntRange(1, 3).Draw(rt, "rows"), rapid.IntRange(1, 9).Draw(rt, "columns")
		a, b := NewMatrix[T](rows, n), NewMatrix[T](n, cols)
		value := rapid.Custom(func(rt *rapid.T) T { return T(rapid.Float32Range(-1, 1).Draw(rt, "x")) })
		for _, m := range []Matrix[T]{a, b} {
			for i := range m.Data {
				m.Data[i] = T(i%17)*T(0.3) - value.Example(i)
			}
		}
		for _, order := range orders {
			for _, backend := range kernel.Backends() {
				restore := kernel.Use(backend)
				native, err := NewNative[T](order, rapid.IntRange(1, 3).Draw(rt, "threads"))
				require.NoError(rt, err)
				c := NewMatrix[T](rows, cols)
				require.NoError(rt, native.ProductFrom(first, a.View(0, rows, first, n), b.View(first, n, 0, cols), c))
				restore()
				for i := range rows {
					for j := range cols {
						column := make([]T, n)
						for k := range column {
							column[k] = b.Row(k)[j]
						}
						want := fromOracle(order, first, a.Row(i), column)
						require.Equal(rt, kernel.Bits(want), kernel.Bits(c.Row(i)[j]), "%v of [%d,%d), %s", order, first, n, backend)
					}
				}
			}
		}
	})
}

// From index 0 it is the growing product; in the orders without places it is that of
// the terms that there are, from any index.
func TestProductFromWithoutPlaces(t *testing.T) {
	const n, first = 150, 45
	a, b := NewMatrix[float64](2, n), NewMatrix[float64](n, 5)
	for i := range a.Data {
		a.Data[i] = 1 / float64(i+1)
	}
	for i := range b.Data {
		b.Data[i] = 1 / float64(3*i+2)
	}
	for _, order := range reduce.Orders(7) {
		if reduce.Check[float64](order) != nil || order == reduce.Arrival {
			continue
		}
		native, err := NewNative[float64](order, 2)
		require.NoError(t, err)
		want, got := NewMatrix[float64](2, 5), NewMatrix[float64](2, 5)
		require.NoError(t, native.Product(1, a, b, false, true, want))
		require.NoError(t, native.ProductFrom(0, a, b, got))
		require.Equal(t, want, got, "%v", order)

		late, rest := a.View(0, 2, first, n), b.View(first, n, 0, 5)
		require.NoError(t, native.Product(1, late, rest, false, true, want))
		require.NoError(t, native.ProductFrom(first, late, rest, got))
		switch order.Kind() {
		case reduce.KindPairwise, reduce.KindDoubleDouble, reduce.KindShuffled: // by place
			if order == reduce.Pairwise {
				require.NotEqual(t, want, got, "%v: the place has no effect", order)
			}
		default:
			require.Equal(t, want, got, "%v", order)
		}
	}
}

func TestProductFromRefuses(t *testing.T) {
	native, err := NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	a, b, c := NewMatrix[float32](1, 4), NewMatrix[float32](4, 2), NewMatrix[float32](1, 2)
	require.EqualError(t, native.ProductFrom(-1, a, b, c), "gemm: terms from index -1: want 0 or more")
	require.ErrorContains(t, native.ProductFrom(0, a, b.View(0, 3, 0, 2), c), "op(A) is 1 x 4, op(B) is 3 x 2")
	c.Data[0] = 5
	require.NoError(t, native.ProductFrom(9, a.View(0, 1, 0, 0), b.View(0, 0, 0, 2), c))
	require.Equal(t, fmt.Sprint([]float32{0, 0}), fmt.Sprint(c.Data))
}
