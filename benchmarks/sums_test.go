package benchmarks_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/benchmarks/suite"
	"github.com/samebits/samebits/reduce"
)

func BenchmarkSum(b *testing.B) {
	suite.Run(b, benchmarks.Sum, benchmarks.Contenders[float64](benchmarks.Sum, 1, 1))
	suite.Run(b, benchmarks.Sum, benchmarks.Contenders[float32](benchmarks.Sum, 1, 1))
}

func BenchmarkDot(b *testing.B) {
	suite.Run(b, benchmarks.Dot, benchmarks.Contenders[float64](benchmarks.Dot, 1, 1))
	suite.Run(b, benchmarks.Dot, benchmarks.Contenders[float32](benchmarks.Dot, 1, 1))
}

// BenchmarkParallelSum measures how sums scale with goroutines.
func BenchmarkParallelSum(b *testing.B) {
	const n = 1 << 22
	x := benchmarks.Random[float64](n, 1)
	for _, o := range reduce.Orders(1) {
		if !o.CutInvariant() || reduce.Check[float64](o) != nil {
			continue
		}
		for threads := 1; threads <= runtime.GOMAXPROCS(0); threads *= 2 {
			b.Run(fmt.Sprintf("order=%s/type=f64/n=%d/threads=%d", o.Kind(), n, threads), func(b *testing.B) {
				for range b.N {
					reduce.SumParallel(o, x, threads)
				}
				suite.PerElement(b, n)
				b.ReportMetric(8*n*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	}
}
