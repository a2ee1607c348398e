package gemm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// split says how a sharded product is put together: it returns the parts of a*b cut
// before the given terms.
type split[T gemm.Float] func(backend gemm.Backend[T], a, b gemm.Matrix[T], place gemm.Contraction, cuts []int) ([]*gemm.Partial[T], error)

// shards is the split that ranks make.
func shards[T gemm.Float](backend gemm.Backend[T], a, b gemm.Matrix[T], place gemm.Contraction, cuts []int) (parts []*gemm.Partial[T], err error) {
	from := 0
	for _, to := range append(slices.Clone(cuts), place.K) {
		place.From = from
		p, err := shard(backend, a, b, place, from, to)
		if err != nil {
			return nil, err
		}
		parts, from = append(parts, p), to
	}
	return parts, nil
}

// shard is the part of a*b over the terms [from, to), placed as told.
func shard[T gemm.Float](backend gemm.Backend[T], a, b gemm.Matrix[T], place gemm.Contraction, from, to int) (*gemm.Partial[T], error) {
	w, err := backend.Pack(b.View(from, to, 0, b.Cols), false, place)
	if err != nil {
		return nil, err
	}
	return backend.Partial(a.View(0, a.Rows, from, to), w)
}

// checkCuts compares the joined parts with the product at once, or, in the orders
// that depend on cuts, with the documented fold over the parts' products.
func checkCuts[T gemm.Float](impl split[T], o gemm.Options, m, n, k int, cuts []int, values func(*rand.Rand) float64, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := problem{values: values}
	a, _ := guarded[T](rng, p, m, k, false)
	b, _ := guarded[T](rng, p, k, n, false)
	backend, err := gemm.NewNative[T](o.Order, o.Threads)
	if err != nil {
		return err
	}
	place := gemm.Whole(k, o.Order)
	place.Growing = o.Growing
	parts, err := impl(backend, a, b, place, cuts)
	if err != nil {
		return err
	}
	got := make([]T, m*n)
	if err := gemm.Join(parts, got); err != nil {
		return err
	}
	want := make([]T, 0, m*n)
	for i := range m {
		for j := range n {
			want = append(want, joined(o, a.Row(i), column(b, false, j), cuts))
		}
	}
	return sameBits(want, got, fmt.Sprintf("%v growing=%v %dx%dx%d cuts %v seed %d", o.Order, o.Growing, m, n, k, cuts, seed))
}

// joined is an element of a sharded product, by the oracle.
func joined[T gemm.Float](o gemm.Options, x, y []T, cuts []int) T {
	if o.Order.CutInvariant() {
		return element(o, 1, x, y, 0, 0)
	}
	var values []T
	from := 0
	for _, to := range append(slices.Clone(cuts), len(x)) {
		if to > from {
			values = append(values, element(o, 1, x[from:to], y[from:to], 0, 0))
		}
		from = to
	}
	if len(values) == 0 {
		return 0
	}
	fold := plainFold[T]
	switch o.Order.Kind() {
	case reduce.KindKahan:
		fold = kahan[T]
	case reduce.KindNeumaier:
		fold = neumaier[T]
	case reduce.KindShuffled:
		values, _ = shuffle(o.Order.Seed(), values, values)
	}
	return kernel.Canonical(fold(values[0], values[1:]))
}

func TestJoinGivesTheBitsOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, n := rapid.IntRange(0, 4).Draw(t, "m"), rapid.IntRange(0, 6).Draw(t, "n")
		leaf := rapid.SampledFrom([]int{1, 5, 16, 32}).Draw(t, "leaf")
		k := rapid.IntRange(0, 12*leaf).Draw(t, "k")
		cuts := rapid.SliceOfN(rapid.IntRange(0, (k+leaf-1)/leaf), 0, 9).Draw(t, "cuts")
		for i := range cuts {
			cuts[i] = min(cuts[i]*leaf, k)
		}
		slices.Sort(cuts)
		seed, values := rapid.Uint64().Draw(t, "seed"), rapid.SampledFrom(valueSets).Draw(t, "values")
		o := gemm.Options{Threads: rapid.IntRange(1, 3).Draw(t, "threads"), Growing: rapid.Bool().Draw(t, "growing")}
		for _, order := range ordersFor[float32]() {
			o.Order = order.WithLeaf(leaf)
			require.NoError(t, checkCuts(shards[float32], o, m, n, k, cuts, values, seed))
			if reduce.Check[float64](order) == nil {
				require.NoError(t, checkCuts(shards[float64], o, m, n, k, cuts, values, seed))
			}
		}
	})
}

func TestCutsCatchFaults(t *testing.T) {
	// swapped exchanges the operands of two parts of equal size, not their places.
	swapped := func(backend gemm.Backend[float32], a, b gemm.Matrix[float32], place gemm.Contraction, cuts []int) ([]*gemm.Partial[float32], error) {
		parts := make([]*gemm.Partial[float32], 2)
		for i := range parts {
			place.From = i * cuts[0]
			other := place.K - cuts[0] - place.From
			p, err := shard(backend, a, b, place, other, other+cuts[0])
			if err != nil {
				return nil, err
			}
			parts[i] = p
		}
		return parts, nil
	}
	// late cuts the data one leaf later than it says, as a rank with a wrong offset.
	late := func(backend gemm.Backend[float32], a, b gemm.Matrix[float32], place gemm.Contraction, cuts []int) ([]*gemm.Partial[float32], error) {
		first, err := shard(backend, a, b, place, 0, cuts[0])
		if err != nil {
			return nil, err
		}
		place.From = cuts[0]
		second, err := shard(backend, a, b, place, cuts[0]-place.Leaf, place.K-place.Leaf)
		return []*gemm.Partial[float32]{first, second}, err
	}
	// rounded finishes each part before the parts are added.
	rounded := func(backend gemm.Backend[float32], a, b gemm.Matrix[float32], place gemm.Contraction, cuts []int) ([]*gemm.Partial[float32], error) {
		parts, err := shards(backend, a, b, place, cuts)
		for i, p := range parts {
			v := make([]float32, p.Size())
			part := gemm.Whole(cuts[0], backend.Order())
			from := i * cuts[0]
			whole, err := shard(backend, a, b, part, from, from+cuts[0])
			if err != nil {
				return nil, err
			}
			if err := gemm.Join([]*gemm.Partial[float32]{whole}, v); err != nil {
				return nil, err
			}
			place.From = from
			if parts[i], err = gemm.FromValue(reduce.Sequential, place, cuts[0], v); err != nil {
				return nil, err
			}
		}
		return parts, err
	}
	o := gemm.Options{Order: reduce.Pairwise}
	require.NoError(t, checkCuts(shards[float32], o, 3, 4, 256, []int{128}, normal, 1))
	require.Error(t, checkCuts(swapped, gemm.Options{Order: reduce.Pairwise, Growing: true}, 3, 4, 192, []int{96}, normal, 1))
	require.Error(t, checkCuts(late, o, 3, 4, 256, []int{128}, normal, 1))
	for _, order := range []reduce.Order{reduce.DoubleDouble, reduce.Widened, reduce.Binned, reduce.Exact} {
		require.Error(t, checkCuts(rounded, gemm.Options{Order: order}, 3, 4, 256, []int{128}, normal, 1), order)
	}
}

// Equal shards of a halving tree travel as one node each.
func TestNodesAndBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	a, b := randomMatrix[float32](rng, 2, 344), randomMatrix[float32](rng, 344, 3)
	for _, c := range []struct {
		order reduce.Order
		bytes int
	}{{reduce.Pairwise, 24}, {reduce.DoubleDouble, 48}, {reduce.Widened, 48}, {reduce.Binned, 6 * 8 * 13}, {reduce.Kahan, 24}} {
		place := gemm.Whole(344, c.order)
		place.Leaf = 1
		backend, err := gemm.NewNative[float32](c.order, 1)
		require.NoError(t, err)
		parts, err := shards(backend, a, b, place, []int{43, 86, 129, 172, 215, 258, 301})
		require.NoError(t, err)
		for _, p := range parts {
			require.Equal(t, 1, p.Nodes())
			require.Equal(t, c.bytes, p.Bytes())
			require.Equal(t, 6, p.Size())
			require.Equal(t, c.order, p.Order())
			require.Equal(t, c.bytes/3, p.Slice(2, 4).Bytes())
		}
	}
}

// Parts are read-only: joining them from several goroutines is no race, and slices
// of parts join to slices of the whole. Run with -race.
func TestJoinReadsOnly(t *testing.T) {
	for _, order := range append(ordersFor[float64](), reduce.Arrival) {
		rng := rand.New(rand.NewPCG(10, 11))
		a, b := randomMatrix[float64](rng, 3, 100), randomMatrix[float64](rng, 100, 5)
		backend, err := gemm.NewNative[float64](order, 1)
		require.NoError(t, err)
		parts, err := shards(backend, a, b, gemm.Whole(100, order), []int{32, 32, 96, 100})
		require.NoError(t, err)
		whole, halves := make([]float64, 15), make([]float64, 15)
		var wait sync.WaitGroup
		for _, s := range [][2]int{{0, 7}, {7, 15}} {
			wait.Go(func() {
				var sliced []*gemm.Partial[float64]
				for _, p := range parts {
					_ = p.Bytes()
					sliced = append(sliced, p.Slice(s[0], s[1]))
				}
				if err := gemm.Join(sliced, halves[s[0]:s[1]]); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Go(func() {
			if err := gemm.Join(parts, whole); err != nil {
				t.Error(err)
			}
		})
		wait.Wait()
		require.NoError(t, sameBits(whole, halves, order.String()))
	}
}

// What a part is worth on its own is the product over its terms: for a part that is
// one node, and in the orders that depend on cuts or on nothing, the bits of that
// product; for a ragged part the documented fold of its nodes' products.
func TestPartsAlone(t *testing.T) {
	t.Run("float32", testPartsAlone[float32])
	t.Run("float64", testPartsAlone[float64])
}

func testPartsAlone[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const m, n, k, leaf = 3, 5, 70, 8 // leaves of 8, the last of 6
	p := problem{values: func(r *rand.Rand) float64 { return r.NormFloat64() }}
	a, _ := guarded[T](rng, p, m, k, false)
	b, _ := guarded[T](rng, p, k, n, false)
	for _, order := range reduce.Orders(7) {
		if reduce.Check[T](order) != nil || order == reduce.Arrival {
			continue
		}
		order = order.WithLeaf(leaf)
		backend, err := gemm.NewNative[T](order, 2)
		require.NoError(t, err)
		for _, cut := range []struct {
			from, to int
			nodes    [][2]int // the cover, halving 9 leaves: (5 + 4), 5 as (3 + 2), 3 as (2 + 1)
		}{
			{0, 40, [][2]int{{0, 40}}}, {40, 70, [][2]int{{40, 70}}}, {0, 0, nil}, {0, 70, [][2]int{{0, 70}}},
			{24, 56, [][2]int{{24, 40}, {40, 56}}}, {16, 70, [][2]int{{16, 24}, {24, 40}, {40, 70}}},
		} {
			part, err := shard(backend, a, b, gemm.Contraction{K: k, From: cut.from, Leaf: leaf}, cut.from, cut.to)
			require.NoError(t, err)
			got := make([]T, m*n)
			got[0] = 7 // is overwritten
			part.Alone(got)
			part.Alone(got) // changes nothing in the part
			switch kind := order.Kind(); {
			case len(cut.nodes) < 2 || kind == reduce.KindPairwise:
			case kind == reduce.KindDoubleDouble || kind == reduce.KindWidened:
				requireNear(t, productOver(t, backend, a, b, cut.from, cut.to), got)
				continue
			default: // no tree
				cut.nodes = [][2]int{{cut.from, cut.to}}
			}
			want := make([]T, m*n)
			for i := len(cut.nodes) - 1; i >= 0; i-- {
				node := productOver(t, backend, a, b, cut.nodes[i][0], cut.nodes[i][1])
				if i < len(cut.nodes)-1 {
					reduce.AddPlain(node, want)
				}
				want = node
			}
			require.NoError(t, sameBits(want, got, fmt.Sprintf("%v %v", order, cut)))
		}
	}
	backend, err := gemm.NewNative[T](reduce.Pairwise, 1)
	require.NoError(t, err)
	part, err := shard(backend, a, b, gemm.Whole(k, reduce.Pairwise), 0, k)
	require.NoError(t, err)
	require.PanicsWithValue(t, "gemm: part of 15 elements finished into 2", func() { part.Alone(make([]T, 2)) })
}

// productOver is the product of the terms [from, to) alone.
func productOver[T gemm.Float](t *testing.T, backend gemm.Native[T], a, b gemm.Matrix[T], from, to int) []T {
	t.Helper()
	c := gemm.NewMatrix[T](a.Rows, b.Cols)
	place := gemm.Whole(to-from, backend.Order())
	w, err := backend.Pack(b.View(from, to, 0, b.Cols), false, place)
	require.NoError(t, err)
	require.NoError(t, backend.Mul(a.View(0, a.Rows, from, to), w, c))
	return c.Data
}

// requireNear allows the few roundings by which another tree of the same terms differs.
func requireNear[T gemm.Float](t *testing.T, want, got []T) {
	t.Helper()
	u := 0x1p-24
	if kernel.Is64[T]() {
		u = 0x1p-53
	}
	for i, w := range want {
		require.InDelta(t, float64(w), float64(got[i]), 100*u)
	}
}

// Partial products of Exact, which go tile by tile where that is exact, are the product at once, also
// of numbers of very different size and of infinities.
func TestExactPartialsOfTiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(81, 82))
	const m, k, n = 13, 200, 37
	for _, values := range valueSets {
		a, b, want, got := valuesOf[float32](rng, m, k, values), valuesOf[float32](rng, k, n, values), gemm.NewMatrix[float32](m, n), make([]float32, m*n)
		require.NoError(t, gemm.Gemm(gemm.Options{Order: reduce.Exact}, false, false, 1, a, b, 0, want))
		backend, err := gemm.NewNative[float32](reduce.Exact, 2)
		require.NoError(t, err)
		for _, backend := range []gemm.Backend[float32]{backend, backend.With(new(gemm.Workspace))} {
			parts, err := shards(backend, a, b, gemm.Whole(k, reduce.Exact), []int{32, 160})
			require.NoError(t, err)
			require.NoError(t, gemm.Join(parts, got))
			require.NoError(t, sameBits(want.Data, got, "of parts"))
		}
	}
}

func testSlicesAlone[T gemm.Float](t *testing.T) {
	a, b := gemm.NewMatrix[T](2, 96), gemm.NewMatrix[T](96, 5)
	for i := range a.Data {
		a.Data[i] = T(i%13) / 7
	}
	for i := range b.Data {
		b.Data[i] = T(i%11) / 3
	}
	for _, order := range append(ordersFor[T](), reduce.Arrival) {
		parts, err := shards(native[T](t, order), a, b, gemm.Whole(96, order), []int{0, 64})
		require.NoError(t, err)
		for _, p := range parts {
			want, got := make([]T, 10), make([]T, 10)
			p.Alone(want)
			p.Slice(0, 3).Alone(got[:3])
			p.Slice(2, 9).Slice(1, 7).Alone(got[3:9])
			p.Slice(9, 10).Alone(got[9:])
			p.Slice(4, 4).Alone(nil)
			require.NoError(t, sameBits(want, got, order.String()))
			require.Equal(t, p.Nodes(), p.Slice(1, 2).Nodes(), order)
			require.Equal(t, p.Bytes() == 0, p.Slice(1, 2).Bytes() == 0, order)
		}
	}
}

// A slice of a part is finished as those elements of the part, in every order.
func TestSlicesAlone(t *testing.T) {
	testSlicesAlone[float32](t)
	testSlicesAlone[float64](t)
}
