// Package suite runs contenders as Go benchmarks, with names and metrics that
// benchstat understands. The benchmarks of this module and of its peers share it.
package suite

import (
	"flag"
	"fmt"
	"testing"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/reduce"
)

var (
	rounds   = flag.Int("rounds", 1, "how often to go round all contenders; above 1, the names get a key round, which benchstat -ignore /round joins again")
	gigabyte = flag.Bool("gigabyte", false, "measure sums and dot products over 1 GiB of memory as well")
)

// Run measures the contenders at every size, in turn at each, as sub-benchmarks
// order=.../type=.../n=... of b. The metrics are ns/op, ns/elem (a term) and GB/s
// (of memory read, 10^9 bytes).
func Run[T reduce.Float](b *testing.B, op benchmarks.Op, contenders []benchmarks.Contender[T]) {
	bytes := benchmarks.Bytes[T](op)
	sizes := []int{100, 1000, 100_000}
	if *gigabyte {
		sizes = append(sizes, 1<<30/bytes)
	}
	for _, n := range sizes {
		x, y := benchmarks.Random[T](n, 1), []T(nil)
		if op == benchmarks.Dot {
			y = benchmarks.Random[T](n, 2)
		}
		for round := range *rounds {
			for _, c := range contenders {
				name := fmt.Sprintf("order=%s/type=%s/n=%d", c.Name, benchmarks.TypeName[T](), n)
				if *rounds > 1 {
					name += fmt.Sprintf("/round=%d", round+1)
				}
				b.Run(name, func(b *testing.B) {
					c.Repeat(x, y, b.N)
					PerElement(b, n)
					b.ReportMetric(float64(n*bytes)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
				})
			}
		}
	}
}

// PerElement reports the nanoseconds for each of n elements of an iteration.
func PerElement(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/elem")
}
