package reduce_test

import (
	"testing"

	"github.com/samebits/samebits/reduce"
)

func BenchmarkOperations(b *testing.B) {
	x, dst := spread[float64](1, 10_000), make([]float64, 10_000)
	v := strided(x, 3, 0)
	for name, f := range map[string]func(){
		"SumAbs":          func() { reduce.SumAbs(reduce.Pairwise, x) },
		"Norm2":           func() { reduce.Norm2(reduce.Pairwise, x) },
		"Norm2/Exact":     func() { reduce.Norm2(reduce.Exact, x) },
		"Variance":        func() { reduce.Variance(reduce.Pairwise, x, 1) },
		"PrefixSums":      func() { reduce.PrefixSums(dst, x) },
		"Max":             func() { reduce.Max(x) },
		"ArgMax":          func() { reduce.ArgMax(x) },
		"Vector.Sum":      func() { v.Sum(reduce.Pairwise) },
		"Vector.Dot":      func() { v.Dot(reduce.Pairwise, v) },
		"Sum":             func() { reduce.Sum(reduce.Pairwise, x) },
		"Norm2/Exact/one": func() { reduce.Norm2(reduce.Exact, x[:1]) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(8 * len(x)))
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
