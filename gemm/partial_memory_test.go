package gemm_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// More elements are joined than at once, and not a multiple of that, in every order that hands on nodes.
func TestManyElementsJoin(t *testing.T) {
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened} {
		for _, cuts := range [][]int{{16}, {0, 8, 16, 24, 32}} {
			o := gemm.Options{Order: order.WithLeaf(8), Threads: 2}
			require.NoError(t, checkCuts(shards[float32], o, 30, 36, 35, cuts, normal, 5))
			o.Growing = true
			require.NoError(t, checkCuts(shards[float32], o, 30, 36, 35, cuts, normal, 6))
		}
	}
	require.NoError(t, checkCuts(shards[float64], gemm.Options{Order: reduce.Pairwise.WithLeaf(8)}, 30, 36, 35, []int{16}, normal, 7))
}

// A part computed in the memory of another is what it is in memory of its own.
func TestPartsInMemoryOfOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	var used gemm.Partial[float32]
	orders := ordersFor[float32]()
	for range 300 {
		order := orders[rng.IntN(len(orders))]
		if order.Kind() == reduce.KindArrival {
			continue
		}
		b, err := gemm.NewNative[float32](order, 1)
		require.NoError(t, err)
		from := 32 * rng.IntN(4)
		k := 1 + rng.IntN(192-from)
		if from+k < 192 {
			k = (k + 31) / 32 * 32
		}
		x, _ := guarded[float32](rng, problem{values: normal}, 1+rng.IntN(20), k, false)
		y, _ := guarded[float32](rng, problem{values: normal}, k, 1+rng.IntN(40), false)
		w, err := b.Pack(y, false, gemm.Contraction{K: 192, From: from, Leaf: 32})
		require.NoError(t, err)
		want, err := b.Partial(x, w)
		require.NoError(t, err)
		require.NoError(t, b.PartialTo(&used, x, w))
		require.Equal(t, want.AppendWire(nil), used.AppendWire(nil), "%v, %d x %d, terms [%d, %d)", order, x.Rows, y.Cols, from, from+k)
	}
}

// Operands that are refused leave the part as it was.
func TestRefusedPartsStay(t *testing.T) {
	b, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	w, err := b.Pack(gemm.Dense(2, 1, []float32{3, 4}), false, gemm.Whole(2, reduce.Pairwise))
	require.NoError(t, err)
	var p gemm.Partial[float32]
	require.NoError(t, b.PartialTo(&p, gemm.Dense(1, 2, []float32{1, 2}), w))
	before := p.AppendWire(nil)
	require.Error(t, b.PartialTo(&p, gemm.Dense(1, 3, []float32{1, 2, 3}), w))
	require.Equal(t, before, p.AppendWire(nil))
}

// Exact parts of float32 widen some panels at a time, in scratch that a workspace keeps: the values are those
// of the finished product, also of elements that are evaluated by themselves, and no memory is asked for again.
func TestExactPartsWidenPanelByPanel(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties pools
	const m, k, n = 3, 8192, 100                     // one panel of 32 columns at once
	rng := rand.New(rand.NewPCG(9, 9))
	a, y := randomMatrix[float32](rng, m, k), randomMatrix[float32](rng, k, n)
	for i := range m {
		copy(a.Row(i)[k/2:], a.Row(i)[:k/2])
	}
	for i := range k / 2 {
		for j, v := range y.Row(i) {
			y.Row(i + k/2)[j] = -v
		}
	}
	for j := 6; j < n; j += 23 { // what is left when all else cancels, and beyond the lattice of it
		y.Row(j)[j], y.Row(j + k/2)[j] = 0x1p-120, 0
	}
	plain, err := gemm.NewNative[float32](reduce.Exact, 2)
	require.NoError(t, err)
	b := plain.With(new(gemm.Workspace))
	w, err := b.Pack(y, false, gemm.Whole(k, reduce.Exact))
	require.NoError(t, err)
	halves, err := gemm.PackStored(reduce.Exact, 1, gemm.BFloat16, bfloat16s(y), false, gemm.Whole(k, reduce.Exact))
	require.NoError(t, err)
	var p gemm.Partial[float32]
	for i, w := range []gemm.Packed[float32]{w, halves} {
		want, got := gemm.NewMatrix[float32](m, n), make([]float32, m*n)
		require.NoError(t, plain.Mul(a, w, want))
		bytes := allocated(func() { require.NoError(t, b.PartialTo(&p, a, w)) })
		if i == 0 {
			require.Greater(t, bytes, uint64(8*32*k), "what is widened at once")
		}
		p.Alone(got)
		require.Equal(t, want.Data, got)
		if !raceDetector { // a sync.Pool forgets, at random
			again := allocated(func() { require.NoError(t, b.PartialTo(&p, a, w)) })
			require.Less(t, again, uint64(8*4*k), "a second time")
		}
	}
}

// bfloat16s are the upper halves of the numbers.
func bfloat16s(x gemm.Matrix[float32]) gemm.StoredMatrix {
	out := gemm.StoredMatrix{Rows: x.Rows, Cols: x.Cols, Stride: x.Stride, Data: make([]uint16, len(x.Data))}
	for i, v := range x.Data {
		out.Data[i] = uint16(math.Float32bits(v) >> 16)
	}
	return out
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
