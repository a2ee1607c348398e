package plain

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
)

func benchLoops[T kernel.Float](b *testing.B, name string) {
	x, y := make([]T, 100000), make([]T, 100000)
	for i := range x { // untouched, all pages would be the same page of zeros
		x[i], y[i] = 1, 1
	}
	for _, l := range []struct {
		name string
		run  func(x, y []T)
	}{
		{"sum", func(x, _ []T) { Sum(x) }},
		{"dot", func(x, y []T) { Dot(x, y) }},
		{"load", func(x, _ []T) { Load(x) }},
		{"loadBoth", func(x, y []T) { LoadBoth(x, y) }},
	} {
		for _, n := range []int{100, 1000, 100000} {
			b.Run(fmt.Sprintf("loop=%s/type=%s/n=%d", l.name, name, n), func(b *testing.B) {
				for b.Loop() {
					l.run(x[:n], y[:n])
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/elem")
			})
		}
	}
}

// The floors. Compare with the sums of the benchmarks, which list plain as a contender.
func BenchmarkLoop(b *testing.B) {
	benchLoops[float64](b, "f64")
	benchLoops[float32](b, "f32")
}
