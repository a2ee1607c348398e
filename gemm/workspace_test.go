package gemm_test

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// testWorkspace multiplies matrices of a few shapes that share a workspace, large and small in turn.
func testWorkspace[T gemm.Float](t *testing.T, order reduce.Order, threads int, values func(*rand.Rand) float64) {
	rng := rand.New(rand.NewPCG(3, 1))
	shapes := [][3]int{{1, 200, 70}, {40, 64, 60}, {12, 200, 40}}
	var w gemm.Workspace
	o := gemm.Options{Order: order, Threads: threads, Workspace: &w}
	for at, shape := range shapes {
		m, k, n := shape[0], shape[1], shape[2]
		a, b := valuesOf[T](rng, m, k, values), valuesOf[T](rng, k, n, values)
		c, want := gemm.NewMatrix[T](m, n), gemm.NewMatrix[T](m, n)
		multiply := func() {
			if err := gemm.Gemm(o, false, false, 1, a, b, 0, c); err != nil {
				t.Fatal(err)
			}
		}
		multiply()
		require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, 1, a, b, 0, want))
		require.NoError(t, sameBits(want.Data, c.Data, order.String()))
		if raceDetector {
			continue
		}
		allocated := testing.AllocsPerRun(3, func() { // the runtime itself allocates now and then: on average less than one
			if at == len(shapes)-1 {
				runtime.GC()
			}
			multiply()
		})
		if order.Kind() == reduce.KindArrival {
			require.Less(t, allocated, 40.0)
		} else {
			require.Zero(t, allocated, "%v %v, %d threads", order, shape, threads)
		}
	}
	if order.Kind() == reduce.KindArrival {
		return
	}
	var e T
	size, element := w.Bytes(), int(unsafe.Sizeof(e))
	require.GreaterOrEqual(t, size, element*2*200)
	require.Less(t, size, 2*element*(40*64+64*60)+threads*element*(200*(48+32)+1<<15)+8*(40+128))
	w.Reset()
	require.Zero(t, w.Bytes())
}

func valuesOf[T gemm.Float](rng *rand.Rand, rows, cols int, values func(*rand.Rand) float64) gemm.Matrix[T] {
	m := gemm.NewMatrix[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = T(values(rng))
	}
	return m
}

// With a workspace, products allocate nothing, also after a garbage collection, which empties
// the pools that they share otherwise. The bits are the same, and so is its size in the end. Nor do
// they allocate where elements are evaluated one by one: those that no bound decides, and those of
// infinities.
func TestWorkspace(t *testing.T) {
	for _, order := range append(reduce.Orders(7), reduce.BinnedFold(4)) {
		for threads, values := range map[int]func(*rand.Rand) float64{1: cancelling, 2: nonFinite} {
			testWorkspace[float32](t, order, threads, values)
			if reduce.Check[float64](order) == nil {
				testWorkspace[float64](t, order, threads, values)
			}
		}
	}
}

// The parts of the terms that several goroutines sum in one row are bounded, and counted.
func TestWorkspaceOfParts(t *testing.T) {
	if testing.Short() {
		t.Skip("a matrix of 72 MiB")
	}
	const k, n, threads = 8192, 2304, 2
	var w gemm.Workspace
	o := gemm.Options{Order: reduce.Pairwise, Threads: threads, Workspace: &w}
	a, b, c := gemm.NewMatrix[float32](1, k), gemm.NewMatrix[float32](k, n), gemm.NewMatrix[float32](1, n)
	multiply := func() { require.NoError(t, gemm.Gemm(o, false, false, 1, a, b, 0, c)) }
	for range 10 { // which of the goroutines come to have a part differs
		multiply()
	}
	size := w.Bytes()
	require.Less(t, size, 4*(k+64*n+threads*(n*14+k))+1<<14)
	if kernel.SweepColumns[float32]() > 0 {
		require.GreaterOrEqual(t, size, 4*(k+64*n))
	}
}

// What one row by weights that are stored transposed takes is bounded, however many columns are joined at a time.
func TestWorkspaceOfOneRow(t *testing.T) {
	if kernel.Active() < kernel.AVX2 {
		t.Skip("bounded as several rows are")
	}
	for threads := 1; threads <= 2; threads++ {
		for _, shape := range [][2]int{{128, 4096}, {512, 2000}, {1024, 1024}, {1024, 2000}, {2048, 1000}, {4096, 256}} {
			k, n := shape[0], shape[1]
			var w gemm.Workspace
			o := gemm.Options{Order: reduce.Pairwise, Threads: threads, Workspace: &w}
			b, c := gemm.NewMatrix[float32](n, k), gemm.NewMatrix[float32](1, n)
			for range 5 {
				require.NoError(t, gemm.Gemm(o, false, true, 1, gemm.NewMatrix[float32](1, k), b, 0, c))
				require.NoError(t, gemm.Gemm(o, true, true, 1, gemm.NewMatrix[float32](k, 1), b, 0, c))
			}
			sums := 4 * 64 * bits.Len(uint(k))
			program := 8 * 2 * k / 32
			require.LessOrEqual(t, w.Bytes(), 4*2*k+threads*(max(4*4*k, 64<<10)+sums)+program, "%v, %d threads", shape, threads)
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
