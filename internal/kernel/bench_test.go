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
	benchSlices(b)
}

// benchSlices measures the cutting of blocks into slices, of all in reach of the grid.
func benchSlices(b *testing.B) {
	for _, m := range []struct {
		name  string
		of    Terms
		mode  Mode
		units []int
	}{
		{"wholeF64x2", Plain, Whole, []int{-50, -92}},
		{"wholeF64x3", Plain, Whole, []int{-50, -102, -144}},
		{"wholeF64x4", Plain, Whole, []int{-50, -102, -154, -196}},
		{"wholeDotF64x2", Product, Whole, []int{-50, -92}},
		{"pairedF64x2", Product, Paired, []int{-50, -92, -103, -145}},
		{"pairedF64x3", Product, Paired, []int{-50, -102, -144, -103, -155, -197}},
		{"droppedF64x3", Plain, Dropped, []int{-39, -79, -119}},
		{"droppedDotF64x3", Product, Dropped, []int{-39, -79, -119}},
	} {
		benchKernel(b, m.name, func(x, y []float64) { cutAll(NewGrid(m.mode, false, m.units...), m.of, x, y) })
	}
	benchKernel(b, "wholeF32x1", func(x, y []float32) { cutAll(NewGrid(Whole, false, -40), Plain, x, y) })
	benchKernel(b, "wholeF32x2", func(x, y []float32) { cutAll(NewGrid(Whole, false, -50, -92), Plain, x, y) })
	benchKernel(b, "wholeDotF32x2", func(x, y []float32) { cutAll(NewGrid(Whole, false, -50, -92), Product, x, y) })
	benchKernel(b, "droppedF32x3", func(x, y []float32) { cutAll(NewGrid(Dropped, true, -12, -25, -38), Plain, x, y) })
	benchKernel(b, "droppedDotF32x3", func(x, y []float32) { cutAll(NewGrid(Dropped, true, -12, -25, -38), Product, x, y) })
	benchKernel(b, "lookF64", func(x, y []float64) {
		var g Slices
		for ; len(x) > MaxSliced; x = x[MaxSliced:] {
			Look(&g, Plain, false, x[:MaxSliced], nil)
		}
		Look(&g, Plain, false, x, nil)
	})
}

func cutAll[T Float](g Grid, of Terms, x, y []T) {
	var s Slices
	for len(x) > 0 {
		n := min(len(x), MaxSliced)
		Cut(&s, &g, of, x[:n], y[:n])
		x, y = x[n:], y[n:]
	}
}
