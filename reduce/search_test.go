package reduce_test

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

var searching = flag.Duration("search", 0, "look so long, each time from another seed, for terms whose exact or binned sum is wrong")

// drawEdges returns terms of a sum, or factors of a dot product, that are hard for kernels.
func drawEdges[T reduce.Float](rng *rand.Rand) (x, y []T) {
	n, seed := 1+rng.IntN([]int{8, 12, 20, 150, 600}[rng.IntN(5)]), rng.Uint64()
	switch rng.IntN(4) {
	case 0:
		return fuzz.Edges[T](seed, n), nil
	case 1:
		return fuzz.CancellingEdges[T](seed, n), nil
	case 2:
		return fuzz.CancellingEdges[T](seed, n), fuzz.Uniform[T](seed, n)
	}
	return fuzz.EdgeProducts[T](seed, n)
}

func sumOf[T reduce.Float](order reduce.Order, x, y []T) T {
	if y != nil {
		return reduce.Dot(order, x, y)
	}
	return reduce.Sum(order, x)
}

func exactly[T reduce.Float](x, y []T) T {
	if y != nil {
		return fuzz.RoundExact[T](fuzz.ExactDot(x, y))
	}
	return fuzz.RoundExact[T](fuzz.ExactSum(x))
}

// searchOnce compares exact sums with those of big numbers, and binned ones with those of portable code, in each backend.
func searchOnce[T reduce.Float](t *testing.T, rng *rand.Rand) {
	x, y := drawEdges[T](rng)
	want, binned := exactly(x, y), T(0)
	fold := reduce.BinnedFold(2 + rng.IntN(3))
	for _, b := range kernel.Backends() {
		restore := kernel.Use(b)
		exact, v := sumOf(reduce.Exact, x, y), sumOf(fold, x, y)
		restore()
		if b == kernel.Portable {
			binned = v
		}
		if kernel.Bits(exact) != kernel.Bits(want) {
			require.Fail(t, "exact", "%v: %x, want %x\nx = %x\ny = %x", b, exact, want, x, y)
		}
		if kernel.Bits(v) != kernel.Bits(binned) {
			require.Fail(t, fold.String(), "%v: %x, want %x\nx = %x\ny = %x", b, v, binned, x, y)
		}
	}
}

// TestSearch looks for faults at the edges of what kernels take, of which there are too many to list. Two that were
// found so have tests of their own, TestFewBesideSubnormal and TestFewAtTheEdgeOfWords of internal/kernel.
func TestSearch(t *testing.T) {
	rng, end := rand.New(rand.NewPCG(1, 2)), time.Now()
	if *searching > 0 {
		seed := rand.Uint64()
		t.Log("seed", seed)
		rng, end = rand.New(rand.NewPCG(seed, 2)), end.Add(*searching)
	}
	n, least := 0, 3000
	if testing.Short() {
		least = 300
	}
	for ; n < least || time.Now().Before(end); n++ {
		if rng.IntN(3) == 0 {
			searchOnce[float32](t, rng)
		} else {
			searchOnce[float64](t, rng)
		}
	}
	t.Log(n, "sets of terms")
}
