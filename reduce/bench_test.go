package reduce_test

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/reduce"
)

func benchmark[T reduce.Float](b *testing.B, name string) {
	for _, n := range []int{16, 1000, 1_000_000} {
		x, y := spread[T](1, n), spread[T](2, n)
		for _, order := range ordersThat[T](func(reduce.Order) bool { return true }) {
			run := func(op string, f func()) {
				b.Run(fmt.Sprintf("type=%s/op=%s/order=%v/n=%d", name, op, order, n), func(b *testing.B) {
					for b.Loop() {
						f()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
				})
			}
			run("sum", func() { reduce.Sum(order, x) })
			run("dot", func() { reduce.Dot(order, x, y) })
		}
	}
}

func BenchmarkReduce(b *testing.B) {
	benchmark[float32](b, "float32")
	benchmark[float64](b, "float64")
}
