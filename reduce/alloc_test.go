package reduce_test

import (
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func testNoAllocations[T reduce.Float](t *testing.T) {
	x := spread[T](1, 3000)
	for _, order := range ordersThat[T](func(o reduce.Order) bool { return o.Kind() < reduce.KindShuffled }) {
		require.Zero(t, testing.AllocsPerRun(5, func() { reduce.Sum(order, x) }), "Sum, %v", order)
		require.Zero(t, testing.AllocsPerRun(5, func() { reduce.Dot(order, x, x) }), "Dot, %v", order)
	}
}

// Accumulators do not allocate once their nodes have grown, whatever Add is given.
func testNoAllocationsPerAdd[T reduce.Float](t *testing.T) {
	x := spread[T](1, 300)
	for _, order := range mergeable[T]() {
		a := accumulate(order, 0, x)
		require.Zero(t, testing.AllocsPerRun(5, func() {
			a.Reset(0)
			a.Add(x...)
			a.AddProducts(x[:0], nil)
			for _, v := range x[:5] {
				a.Add(v)
			}
		}), "%v", order)
	}
}

func TestNoAllocationsPerAdd(t *testing.T) {
	t.Run("float32", testNoAllocationsPerAdd[float32])
	t.Run("float64", testNoAllocationsPerAdd[float64])
}

func TestNoAllocations(t *testing.T) {
	t.Run("float32", testNoAllocations[float32])
	t.Run("float64", testNoAllocations[float64])
}
