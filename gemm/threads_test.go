package gemm

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// Tests start goroutines for the least work.
func init() { fewWork = 0 }

// tookPart tells how many goroutines have had a task of the workspace's products.
func tookPart[S, T Float](w *Workspace) (n int) {
	for _, w := range w.tiles[indexOfTiles[S, T]()].(*tiles[S, T]).workers {
		if w.scratch != nil {
			n++
		}
	}
	return n
}

// Threads divide even small products in these tests, whole ones and parts, and it is not
// seen in the bits. Whether a second goroutine comes in time is left to chance: it is
// tried until it does.
func TestThreadsDivideSmallProducts(t *testing.T) {
	const rows, k, n = 37, 96, 80
	rng := rand.New(rand.NewPCG(7, 8))
	a, b := NewMatrix[float32](rows, k), NewMatrix[float32](k, n)
	for _, m := range []Matrix[float32]{a, b} {
		for i := range m.Data {
			m.Data[i] = float32(rng.NormFloat64())
		}
	}
	for _, backend := range kernel.Backends() {
		defer kernel.Use(backend)()
		for _, order := range []reduce.Order{reduce.Pairwise, reduce.Sequential, reduce.Widened} {
			alone, parts := product(t, order, 1, nil, a, b), 0
			for try := 0; try < 10000 && parts < 2; try++ {
				var space Workspace
				require.Equal(t, alone, product(t, order, 3, &space, a, b), "%v, %v", backend, order)
				if order.Kind() == reduce.KindWidened {
					parts = tookPart[float64, float32](&space)
				} else {
					parts = tookPart[float32, float32](&space)
				}
				require.LessOrEqual(t, parts, 3)
				runtime.Gosched()
			}
			if runtime.GOMAXPROCS(0) > 1 {
				require.Greater(t, parts, 1, "%v, %v: one goroutine did all", backend, order)
			}
		}
	}
}

// product returns the bits of a*b by a backend, and of the two parts of it joined.
func product(t *testing.T, order reduce.Order, threads int, space *Workspace, a, b Matrix[float32]) (bits [2][]uint64) {
	native, err := NewNative[float32](order, threads)
	require.NoError(t, err)
	native = native.With(space)
	w, err := native.Pack(b, false, Whole(b.Rows, order))
	require.NoError(t, err)
	c := NewMatrix[float32](a.Rows, b.Cols)
	require.NoError(t, native.Mul(a, w, c))
	bits[0] = bitsOf(c.Data)
	var parts []*Partial[float32]
	for lo := 0; lo < b.Rows; lo += b.Rows / 3 {
		hi := lo + b.Rows/3
		place := Whole(b.Rows, order)
		place.From = lo
		w, err := native.Pack(b.View(lo, hi, 0, b.Cols), false, place)
		require.NoError(t, err)
		part, err := native.Partial(a.View(0, a.Rows, lo, hi), w)
		require.NoError(t, err)
		parts = append(parts, part)
	}
	require.NoError(t, Join(parts, c.Data))
	bits[1] = bitsOf(c.Data)
	return bits
}

func bitsOf(x []float32) (bits []uint64) {
	for _, v := range x {
		bits = append(bits, kernel.Bits(v))
	}
	return bits
}
