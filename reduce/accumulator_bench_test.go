package reduce_test

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/reduce"
)

func benchmarkSingles[T reduce.Float](b *testing.B, name string) {
	x := spread[T](1, 4096)
	for _, order := range ordersThat[T](reduce.Order.CutInvariant) {
		b.Run(fmt.Sprintf("type=%s/order=%v", name, order), func(b *testing.B) {
			a := accumulate[T](order, 0, nil)
			for i := 0; b.Loop(); i++ {
				a.Add(x[i&4095])
			}
		})
	}
}

// BenchmarkAddSingle adds single values to an accumulator.
func BenchmarkAddSingle(b *testing.B) {
	benchmarkSingles[float32](b, "float32")
	benchmarkSingles[float64](b, "float64")
}
