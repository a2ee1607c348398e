package gemm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// checkInvariance computes one product in many ways that must not matter, and
// returns an error for the first that does.
func checkInvariance[T gemm.Float](impl product[T], o gemm.Options, m, n, k int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 5))
	plain := problem{values: normal}
	a, _ := guarded[T](rng, plain, m, k, false)
	b, _ := guarded[T](rng, plain, k, n, false)
	want, err := multiplied(impl, o, false, false, a, b)
	if err != nil {
		return err
	}
	name := func(how string) string { return fmt.Sprintf("%v %dx%dx%d seed %d: %s", o.Order, m, n, k, seed, how) }
	for threads := 2; threads <= 5; threads++ {
		o.Threads = threads
		if err := sameProduct(impl, o, false, false, a, b, want, name(fmt.Sprint(threads, " threads"))); err != nil {
			return err
		}
	}
	for trans := range 4 {
		tA, tB := trans&1 != 0, trans&2 != 0
		for gap := range 3 {
			x, y := stored(a, tA, gap, gap+trans), stored(b, tB, 2*gap+1, trans)
			if err := sameProduct(impl, o, tA, tB, x, y, want, name(fmt.Sprint("stored otherwise: ", tA, tB, gap))); err != nil {
				return err
			}
		}
	}
	for i := range m {
		if err := sameProduct(impl, o, false, false, a.View(i, i+1, 0, k), b, want.View(i, i+1, 0, n), name(fmt.Sprint("row alone: ", i))); err != nil {
			return err
		}
	}
	for j := range n {
		if err := sameProduct(impl, o, false, false, a, b.View(0, k, j, j+1), want.View(0, m, j, j+1), name(fmt.Sprint("column alone: ", j))); err != nil {
			return err
		}
	}
	return nil
}

// multiplied returns op(a)*op(b).
func multiplied[T gemm.Float](impl product[T], o gemm.Options, tA, tB bool, a, b gemm.Matrix[T]) (gemm.Matrix[T], error) {
	m, n := a.Rows, b.Cols
	if tA {
		m = a.Cols
	}
	if tB {
		n = b.Rows
	}
	c := gemm.NewMatrix[T](m, n)
	return c, impl(o, tA, tB, 1, a, b, 0, c)
}

func sameProduct[T gemm.Float](impl product[T], o gemm.Options, tA, tB bool, a, b, want gemm.Matrix[T], of string) error {
	c, err := multiplied(impl, o, tA, tB, a, b)
	for i := 0; err == nil && i < c.Rows; i++ {
		err = sameBits(want.Row(i), c.Row(i), of)
	}
	return err
}

// stored returns a copy of m, transposed if so told, at another offset and stride.
func stored[T gemm.Float](m gemm.Matrix[T], trans bool, gap, offset int) gemm.Matrix[T] {
	rows, cols := m.Rows, m.Cols
	if trans {
		rows, cols = cols, rows
	}
	c := gemm.Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: make([]T, offset+rows*(cols+gap))[offset:]}
	for i := range rows {
		copy(c.Row(i), column(m, !trans, i))
	}
	return c
}

func TestSameBitsHoweverEvaluated(t *testing.T) {
	for _, shape := range [][3]int{{1, 1, 40}, {5, 7, 97}, {18, 9, 70}, {35, 4, 33}} {
		for i, order := range ordersFor[float32]() {
			require.NoError(t, checkInvariance(gemm.Gemm[float32], gemm.Options{Order: order, Growing: i%2 == 0}, shape[0], shape[1], shape[2], 1))
		}
		for i, order := range ordersFor[float64]() {
			require.NoError(t, checkInvariance(gemm.Gemm[float64], gemm.Options{Order: order, Growing: i%2 == 1}, shape[0], shape[1], shape[2], 2))
		}
	}
}

func TestInvarianceCatchesFaults(t *testing.T) {
	byThreads := instead[float32](func(o gemm.Options) gemm.Options {
		o.Order = o.Order.WithLeaf(8 * max(1, o.Threads))
		return o
	})
	byShape := func(o gemm.Options, tA, tB bool, alpha float32, a, b gemm.Matrix[float32], beta float32, c gemm.Matrix[float32]) error {
		if c.Rows > 1 {
			o.Order = reduce.Sequential
		}
		return gemm.Gemm(o, tA, tB, alpha, a, b, beta, c)
	}
	byStride := func(o gemm.Options, tA, tB bool, alpha float32, a, b gemm.Matrix[float32], beta float32, c gemm.Matrix[float32]) error {
		if a.Stride%2 == 1 {
			o.Growing = !o.Growing
		}
		return gemm.Gemm(o, tA, tB, alpha, a, b, beta, c)
	}
	for name, fault := range map[string]product[float32]{"threads": byThreads, "batch": byShape, "stride": byStride} {
		require.Error(t, checkInvariance(fault, gemm.Options{Order: reduce.Pairwise}, 5, 7, 161, 1), name)
	}
}

// checkGrowth checks that in the growing tree zero multipliers after an element's
// own terms leave its bits as they are.
func checkGrowth[T gemm.Float](o gemm.Options, k, after int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 6))
	a, b := randomMatrix[T](rng, 3, k+after), randomMatrix[T](rng, k+after, 5)
	for i := range a.Rows {
		clear(a.Row(i)[k:])
	}
	want, err := multiplied(gemm.Gemm[T], o, false, false, a.View(0, 3, 0, k), b.View(0, k, 0, 5))
	if err != nil {
		return err
	}
	return sameProduct(gemm.Gemm[T], o, false, false, a, b, want, fmt.Sprintf("%v: %d terms and %d after", o.Order, k, after))
}

func TestGrowingBitsDoNotDependOnWhatFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, after := rapid.IntRange(1, 400).Draw(t, "k"), rapid.IntRange(1, 400).Draw(t, "after")
		leaf, seed := rapid.SampledFrom([]int{5, 16, 32}).Draw(t, "leaf"), rapid.Uint64().Draw(t, "seed")
		for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened} {
			o := gemm.Options{Order: order.WithLeaf(leaf), Growing: true}
			require.NoError(t, checkGrowth[float32](o, k, after, seed))
			if order != reduce.Widened {
				require.NoError(t, checkGrowth[float64](o, k, after, seed))
			}
		}
	})
	require.Error(t, checkGrowth[float32](gemm.Options{Order: reduce.Pairwise}, 6*32, 2*32, 1), "the halving tree moves")
}
