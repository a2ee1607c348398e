package fuzz

import (
	"errors"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// checkDot demands of every order's dot product what SPEC.md promises.
func checkDot[T kernel.Float](dot func(order reduce.Order, x, y []T) T, data []byte) error {
	var found error
	for _, order := range ordersFor[T](uint64(len(data))) {
		c := plain(order)
		d := decodeDot[T](c, data)
		found = errors.Join(found, CheckDot(func(x, y []T) T { return dot(order, x, y) }, c, d.x, d.y))
	}
	return found
}

func FuzzDot(f *testing.F) {
	addSeeds(f, nil, dotSeeds[float64]())
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, checkDot(reduce.Dot[float32], data))
		require.NoError(t, checkDot(reduce.Dot[float64], data))
	})
}

func TestDotOnRandomInputs(t *testing.T) {
	for _, data := range inputs(100) {
		require.NoError(t, checkDot(reduce.Dot[float32], data), "%v", data)
		require.NoError(t, checkDot(reduce.Dot[float64], data), "%v", data)
	}
}

func TestCheckDotCatchesFaults(t *testing.T) {
	products := func(x, y []float64) []float64 {
		p := make([]float64, len(x))
		for i := range x {
			p[i] = x[i] * y[i]
		}
		return p
	}
	// rounded sums the rounded products where the order wants the exact ones.
	rounded := func(kind reduce.Kind) func(order reduce.Order, x, y []float64) float64 {
		return func(order reduce.Order, x, y []float64) float64 {
			if order.Kind() == kind {
				return reduce.Sum(order, products(x, y))
			}
			return reduce.Dot(order, x, y)
		}
	}
	skipping := func(order reduce.Order, x, y []float64) float64 {
		var p []float64
		for i, v := range products(x, y) {
			if x[i] != 0 && y[i] != 0 {
				p = append(p, v)
			}
		}
		return reduce.Sum(order, p)
	}
	requireCaught(t, "double-double without TwoProd", func(data []byte) error { return checkDot(rounded(reduce.KindDoubleDouble), data) })
	requireCaught(t, "exact over rounded products", func(data []byte) error { return checkDot(rounded(reduce.KindExact), data) })
	requireCaught(t, "zero multipliers skipped", func(data []byte) error { return checkDot(skipping, data) })
}
