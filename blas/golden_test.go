package blas_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// digestsAlone tells whether to leave out the definition, which takes most of the time, of results whose digests are known:
// where other processors are emulated. On amd64 the same results are compared with it.
const digestsAlone = runtime.GOARCH != "amd64"

// goldenDigests adds a digest for each routine and order, over the memory of its results.
func goldenDigests[T kernel.Float](t *testing.T, name string, digests map[string]string) {
	for _, order := range ordersFor[T]() {
		for _, check := range checks[T]() {
			d, calls := golden.New(), 2
			if order == reduce.Pairwise {
				calls = 12
			}
			for _, value := range []func(*rand.Rand) float64{plain, special} {
				p := problem[T]{value: value, sizes: []int{2, 5, 33, 40}, element: element[T], digest: &d, free: digestsAlone}
				if digestsAlone {
					p.element = func(_ reduce.Order, _ bool, _ T, _, _ []T, _, c T) T { return c }
				}
				require.NoError(t, sweep(calls, p, []reduce.Order{order}, nil, check.name))
			}
			digests[order.String()+" "+name+" "+check.name] = d.String()
		}
	}
}

// TestGolden holds every architecture to the same bits.
func TestGolden(t *testing.T) {
	digests := map[string]string{}
	goldenDigests[float32](t, "f32", digests)
	goldenDigests[float64](t, "f64", digests)
	golden.Check(t, "testdata/golden.json", "SHA-256 over the memory of the results of each routine, for random calls (sweep) whose arguments math/rand/v2's PCG draws", digests)
}
