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

func TestNoAllocations(t *testing.T) {
	t.Run("float32", testNoAllocations[float32])
	t.Run("float64", testNoAllocations[float64])
}
