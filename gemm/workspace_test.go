package gemm_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// With a workspace, products allocate nothing, also after a garbage collection, which empties
// the pool that they share otherwise. The bits are the same, and so is its size in the end.
func TestWorkspace(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	shapes := [][3]int{{1, 300, 70}, {150, 64, 300}, {24, 200, 40}}
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.Sequential, reduce.Widened} {
		for _, threads := range []int{1, 2} {
			var w gemm.Workspace
			o := gemm.Options{Order: order, Threads: threads, Workspace: &w}
			for _, shape := range append(shapes, shapes...) {
				m, k, n := shape[0], shape[1], shape[2]
				a, b := randomMatrix[float32](rng, m, k), randomMatrix[float32](rng, k, n)
				c, want := gemm.NewMatrix[float32](m, n), gemm.NewMatrix[float32](m, n)
				multiply := func() {
					if err := gemm.Gemm(o, false, false, 1, a, b, 0, c); err != nil {
						t.Fatal(err)
					}
				}
				multiply()
				require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, 1, a, b, 0, want))
				require.NoError(t, sameBits(want.Data, c.Data, order.String()))
				if !raceDetector {
					require.Zero(t, testing.AllocsPerRun(3, func() {
						runtime.GC()
						multiply()
					}), "%v %v", order, shape)
				}
			}
			size := w.Bytes()
			require.Greater(t, size, 4*150*64) // the packed rows of the largest; tasks pack their columns, or not all at once
			require.Less(t, size, 8*(2*(150*64+64*300)+threads<<16))
			w.Reset()
			require.Zero(t, w.Bytes())
		}
	}
}

// A backend takes it, also for several products at once, of which one has it.
func TestWorkspaceOfABackend(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	var w gemm.Workspace
	own, err := gemm.NewNative[float64](reduce.Pairwise, 1)
	require.NoError(t, err)
	backend := own.With(&w)
	a, b := randomMatrix[float64](rng, 40, 100), randomMatrix[float64](rng, 100, 60)
	packed, err := backend.Pack(b, false, gemm.Whole(100, reduce.Pairwise))
	require.NoError(t, err)
	want := gemm.NewMatrix[float64](40, 60)
	require.NoError(t, native[float64](t, reduce.Pairwise).Mul(a, packed, want))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			c := gemm.NewMatrix[float64](40, 60)
			if err := backend.Mul(a, packed, c); err != nil {
				t.Error(err)
			}
			if err := sameBits(want.Data, c.Data, "at once"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	require.NotZero(t, w.Bytes())
}
