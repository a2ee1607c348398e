package gemm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A product with packed weights allocates nothing in any order, with a workspace, or when pools
// have scratch. (Arrival allocates some objects.)
func TestMulAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("a sync.Pool forgets, at random")
	}
	for _, order := range ordersFor[float32]() {
		pooled, err := gemm.NewNative[float32](order, 1)
		require.NoError(t, err)
		for _, backend := range []gemm.Backend[float32]{pooled, pooled.With(new(gemm.Workspace))} {
			require.Zero(t, mulAllocations(t, backend, 2, 64, 8), order)
			require.Zero(t, mulAllocations(t, backend, 24, 200, 40), order)
		}
	}
}

// The tree orders allocate nothing once there is scratch, however many goroutines work.
func TestTreesAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("a sync.Pool forgets, at random")
	}
	for _, threads := range []int{1, 2} {
		backend, err := gemm.NewNative[float32](reduce.Pairwise, threads)
		require.NoError(t, err)
		for _, shape := range [][3]int{{1, 300, 70}, {1, 1000, 130}, {2, 64, 8}, {24, 200, 40}, {150, 64, 300}} {
			m, k, n := shape[0], shape[1], shape[2]
			require.Zero(t, mulAllocations(t, backend, m, k, n), "%v, %d threads", shape, threads)
			rng := rand.New(rand.NewPCG(1, 1))
			a, b, c := randomMatrix[float32](rng, m, k), randomMatrix[float32](rng, k, n), gemm.NewMatrix[float32](m, n)
			for _, trans := range []bool{false, true} {
				b := stored(b, trans, 0, 0)
				require.Zero(t, testing.AllocsPerRun(20, func() {
					if err := backend.Product(1, a, b, trans, false, c); err != nil {
						t.Fatal(err)
					}
				}), "%v, %d threads", shape, threads)
			}
		}
	}
}

func mulAllocations(t *testing.T, backend gemm.Backend[float32], m, k, n int) float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	a, c := randomMatrix[float32](rng, m, k), gemm.NewMatrix[float32](m, n)
	w, err := backend.Pack(randomMatrix[float32](rng, k, n), false, gemm.Whole(k, backend.Order()))
	require.NoError(t, err)
	return testing.AllocsPerRun(5, func() {
		if err := backend.Mul(a, w, c); err != nil {
			t.Fatal(err)
		}
	})
}
