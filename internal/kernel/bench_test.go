package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

var benchSizes = []int{100, 1000, 100000}

// benchKernel measures f over the first n elements of x and y, in ns an element.
func benchKernel[T Float](b *testing.B, name string, f func(x, y []T)) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := make([]T, 100000), make([]T, 100000)
	for i := range x {
		x[i], y[i] = T(rng.Float64()*2-1), T(rng.Float64()*2-1)
	}
	for _, backend := range Backends() {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("kernel=%s/backend=%v/n=%d", name, backend, n), func(b *testing.B) {
				defer Use(backend)()
				for b.Loop() {
					f(x[:n], y[:n])
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/elem")
			})
		}
	}
}

func BenchmarkKernel(b *testing.B) {
	benchKernel(b, "treeF64", func(x, _ []float64) { Tree[float64](Plain, nil, x, nil) })
	benchKernel(b, "treeF32", func(x, _ []float32) { Tree[float32](Plain, nil, x, nil) })
	benchKernel(b, "dotF64", func(x, y []float64) { Tree[float64](Product, nil, x, y) })
	benchKernel(b, "dotF32", func(x, y []float32) { Tree[float32](Product, nil, x, y) })
	benchKernel(b, "pairF64", func(x, _ []float64) { Pairs(Plain, nil, x, nil) })
	benchKernel(b, "pairF32", func(x, _ []float32) { Pairs(Plain, nil, x, nil) })
	benchKernel(b, "pairDotF64", func(x, y []float64) { Pairs(Product, nil, x, y) })
	for bins := range 4 {
		benchKernel(b, fmt.Sprintf("exactF64x%d", bins), func(x, _ []float64) {
			var s Slices
			for ; len(x) > MaxSliced; x = x[MaxSliced:] {
				Cut(&s, Whole, Plain, bins, -51, ExactWidth, x[:MaxSliced], nil)
			}
			Cut(&s, Whole, Plain, bins, -51, ExactWidth, x, nil)
		})
	}
	for bins := 2; bins <= 4; bins++ {
		benchKernel(b, fmt.Sprintf("binnedF64x%d", bins), func(x, _ []float64) {
			var s Slices
			for ; len(x) > MaxSliced; x = x[MaxSliced:] {
				Cut(&s, Dropped, Plain, bins, -39, 40, x[:MaxSliced], nil)
			}
			Cut(&s, Dropped, Plain, bins, -39, 40, x, nil)
		})
	}
}
