package benchmarks_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/reduce"
)

// BenchmarkRows times softmax and norms of 64 rows, beside a copy of them, which reads and
// writes as much: the least of many rounds, as peers/rows.py does with PyTorch.
func BenchmarkRows(b *testing.B) {
	benchmarkRows[float32](b)
	benchmarkRows[float64](b)
}

func benchmarkRows[T reduce.Float](b *testing.B) {
	const rows = 64
	for _, n := range []int{128, 1024, 4096} {
		x, y := benchmarks.Random[T](rows*n, 1), make([]T, rows*n)
		weight, bias := benchmarks.Random[T](n, 2), benchmarks.Random[T](n, 3)
		run := func(name string, do func(dst, x []T)) {
			b.Run(fmt.Sprintf("f=%s/type=%s/n=%d", name, benchmarks.TypeName[T](), n), func(b *testing.B) {
				least := time.Duration(math.MaxInt64)
				for b.Loop() {
					begin := time.Now()
					for i := 0; i < len(x); i += n {
						do(y[i:i+n], x[i:i+n])
					}
					least = min(least, time.Since(begin))
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(least.Nanoseconds())/float64(len(x)), "ns/elem")
			})
		}
		run("copy", func(dst, x []T) { copy(dst, x) })
		for _, o := range []reduce.Order{reduce.Pairwise, reduce.Exact} {
			run("softmax/order="+o.String(), func(dst, x []T) { elementary.Softmax(o, dst, x) })
			run("layernorm/order="+o.String(), func(dst, x []T) { elementary.LayerNorm(o, dst, x, weight, bias, 1e-5) })
			run("rmsnorm/order="+o.String(), func(dst, x []T) { elementary.RMSNorm(o, dst, x, weight, 1e-5) })
		}
	}
}
