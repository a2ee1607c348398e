package gemm_test

import (
	"math/rand/v2"
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
