package gemm_test

import (
	"math"
	"math/bits"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestGemmErrors(t *testing.T) {
	type matrix = gemm.Matrix[float64]
	buffer := make([]float64, 100)
	a, b, c := gemm.NewMatrix[float64](2, 3), gemm.NewMatrix[float64](3, 4), gemm.NewMatrix[float64](2, 4)
	for _, e := range []struct {
		name      string
		a, b, c   matrix
		order     reduce.Order
		transA    bool
		fragments []string
	}{
		{name: "inner", a: a, b: gemm.NewMatrix[float64](5, 4), c: c, fragments: []string{"2 x 3", "5 x 4", "2 x 4"}},
		{name: "transposed", a: a, b: b, c: c, transA: true, fragments: []string{"op(A) is 3 x 2"}},
		{name: "result", a: a, b: b, c: gemm.NewMatrix[float64](4, 2), fragments: []string{"C is 4 x 2"}},
		{name: "negative", a: matrix{Rows: -2, Cols: 3, Stride: 3}, b: b, c: c, fragments: []string{"A is -2 x 3"}},
		{name: "stride", a: a, b: matrix{Rows: 3, Cols: 4, Stride: 3, Data: buffer}, c: c, fragments: []string{"B is 3 x 4", "leading dimension 3", "at least 4"}},
		{name: "short", a: a, b: b, c: matrix{Rows: 2, Cols: 4, Stride: 5, Data: buffer[:8]}, fragments: []string{"C is 2 x 4", "leading dimension 5", "8 elements"}},
		{name: "short row", a: a, b: b, c: matrix{Rows: 1, Cols: 4, Stride: 5, Data: buffer[:3]}, fragments: []string{"C is 1 x 4", "3 elements"}},
		{name: "beyond int", a: matrix{Rows: math.MaxInt, Cols: 3, Stride: math.MaxInt, Data: buffer}, b: b, c: c, fragments: []string{"A is ", "100 elements"}},
		{name: "overlap A", a: gemm.Dense(2, 3, buffer[:6]), b: b, c: gemm.Dense(2, 4, buffer[5:13]), fragments: []string{"C (2 x 4) overlaps"}},
		{name: "overlap B", a: a, b: gemm.Dense(3, 4, buffer[7:19]), c: gemm.Dense(2, 4, buffer[:8]), fragments: []string{"C (2 x 4) overlaps"}},
		{name: "widened", a: a, b: b, c: c, order: reduce.Widened, fragments: []string{"widened", "float32 only"}},
	} {
		err := gemm.Gemm(gemm.Options{Order: e.order}, e.transA, false, 1, e.a, e.b, 0, e.c)
		for _, f := range e.fragments {
			require.ErrorContains(t, err, f, e.name)
		}
		if e.order == reduce.Sequential && !e.transA {
			require.Error(t, gemm.Gonum[float64]{}.Product(1, e.a, e.b, false, false, e.c), e.name)
		}
	}
	require.ErrorContains(t, gemm.Gemm(gemm.Options{Threads: -2}, false, false, 1, a, b, 0, c), "-2 threads")
	touching := gemm.Dense(2, 4, buffer[6:14])
	require.NoError(t, gemm.Gemm(gemm.Options{}, false, false, 1, gemm.Dense(2, 3, buffer[:6]), b, 0, touching))
}

// What is no row or part of a matrix is not taken from memory beyond it.
func TestMatrixPanicsNameTheShape(t *testing.T) {
	m := gemm.Dense(2, 3, make([]float32, 20)[:6])
	require.PanicsWithValue(t, "gemm: row 2 of a matrix of 2 x 3", func() { m.Row(2) })
	require.PanicsWithValue(t, "gemm: row -1 of a matrix of 2 x 3", func() { m.Row(-1) })
	require.PanicsWithValue(t, "gemm: rows [0,3) and columns [0,1) of a matrix of 2 x 3", func() { m.View(0, 3, 0, 1) })
	require.PanicsWithValue(t, "gemm: rows [1,0) and columns [0,1) of a matrix of 2 x 3", func() { m.View(1, 0, 0, 1) })
	require.PanicsWithValue(t, "gemm: rows [0,1) and columns [0,4) of a matrix of 2 x 3", func() { m.View(0, 1, 0, 4) })
	require.PanicsWithValue(t, "gemm: rows [0,2) and columns [-1,1) of a matrix of 2 x 3", func() { m.View(0, 2, -1, 1) })
	require.PanicsWithValue(t, "gemm: matrix of -1 x 2: want no negative dimension", func() { gemm.NewMatrix[float64](-1, 2) })
	part, err := gemm.FromValue(reduce.Kahan, gemm.Whole(3, reduce.Kahan), 3, make([]float32, 9)[:4])
	require.NoError(t, err)
	require.PanicsWithValue(t, "gemm: elements [2,5) of a part of 4", func() { part.Slice(2, 5) })
	require.PanicsWithValue(t, "gemm: elements [-1,2) of a part of 4", func() { part.Slice(-1, 2) })
	require.PanicsWithValue(t, "gemm: elements [3,2) of a part of 4", func() { part.Slice(3, 2) })
	_, err = gemm.FromValue(reduce.Kahan, gemm.Whole(3, reduce.Kahan), 4, make([]float32, 4))
	require.ErrorContains(t, err, "[0,4) of a contraction over 3")
	require.Len(t, m.Row(1), 3)
	require.Equal(t, gemm.Matrix[float32]{Stride: 3}, m.View(2, 2, 3, 3))
}

func TestEmptyShapes(t *testing.T) {
	for _, order := range append(ordersFor[float64](), reduce.Arrival) {
		for _, s := range [][3]int{{0, 2, 3}, {2, 0, 3}, {2, 3, 0}, {0, 0, 0}} {
			m, n, k := s[0], s[1], s[2]
			c := gemm.NewMatrix[float64](m, n)
			for i := range c.Data {
				c.Data[i] = math.NaN()
			}
			require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, 1, gemm.NewMatrix[float64](m, k), gemm.NewMatrix[float64](k, n), 0, c))
			require.NoError(t, sameBits(make([]float64, m*n), c.Data, order.String()))
			backends := []gemm.Backend[float64]{gemm.Gonum[float64]{}, native[float64](t, order)}
			for _, backend := range backends {
				w, err := backend.Pack(gemm.NewMatrix[float64](k, n), false, gemm.Whole(k, order))
				require.NoError(t, err)
				require.NoError(t, backend.Mul(gemm.NewMatrix[float64](m, k), w, c))
				p, err := backend.Partial(gemm.NewMatrix[float64](m, k), w)
				require.NoError(t, err)
				require.NoError(t, gemm.Join([]*gemm.Partial[float64]{p}, c.Data))
				require.NoError(t, sameBits(make([]float64, m*n), c.Data, order.String()))
			}
		}
	}
	empty := gemm.NewMatrix[float32](3, 4).View(1, 3, 2, 2)
	require.Empty(t, empty.Row(1))
}

func native[T gemm.Float](t *testing.T, order reduce.Order) gemm.Backend[T] {
	t.Helper()
	backend, err := gemm.NewNative[T](order, 1)
	require.NoError(t, err)
	return backend
}

func TestBackendErrors(t *testing.T) {
	_, err := gemm.NewNative[float64](reduce.Pairwise, -3)
	require.ErrorContains(t, err, "-3 threads")
	_, err = gemm.NewNative[float64](reduce.Widened, 1)
	require.ErrorContains(t, err, "float32 only")

	place := gemm.Contraction{K: 96, Leaf: 32}
	half := place
	half.From = 64
	a, b := gemm.NewMatrix[float64](2, 96), gemm.NewMatrix[float64](96, 5)
	c := gemm.NewMatrix[float64](2, 5)
	backends := []gemm.Backend[float64]{gemm.Gonum[float64]{}, native[float64](t, reduce.Pairwise)}
	for i, backend := range backends {
		for _, bad := range []struct {
			place     gemm.Contraction
			rows      int
			fragments string
		}{
			{gemm.Contraction{K: 96}, 96, "leaf of 0"},
			{gemm.Contraction{K: 96, Leaf: 32}, 48, "[0,48) of 96 are not cut between leaves of 32"},
			{gemm.Contraction{K: 96, Leaf: 32, From: 8}, 24, "[8,32) of 96 are not cut"},
			{gemm.Contraction{K: 96, Leaf: 32, From: 64}, 64, "[64,128) of a contraction over 96"},
			{gemm.Contraction{K: 96, Leaf: 32, From: -32}, 32, "[-32,0)"},
			{gemm.Contraction{K: math.MaxInt, Leaf: 32, From: math.MaxInt - 31}, 31, "exceeds the largest index"},
		} {
			_, err := backend.Pack(gemm.NewMatrix[float64](bad.rows, 5), false, bad.place)
			require.ErrorContains(t, err, bad.fragments)
		}
		_, err = backend.Pack(gemm.Matrix[float64]{Rows: 96, Cols: -5}, false, place)
		require.ErrorContains(t, err, "96 x -5")

		w, err := backend.Pack(b, false, place)
		require.NoError(t, err)
		require.Equal(t, place, w.Place())
		require.ErrorContains(t, backend.Mul(gemm.NewMatrix[float64](2, 95), w, c), "A is 2 x 95 and the weights are 96 x 5")
		require.ErrorContains(t, backend.Mul(a, w, gemm.NewMatrix[float64](2, 4)), "C is 2 x 4: want 2 x 5")
		require.ErrorContains(t, backend.Mul(a, w, gemm.Matrix[float64]{Rows: 2, Cols: 5, Stride: 5}), "C is 2 x 5")
		require.ErrorContains(t, backend.Mul(a, w, gemm.Dense(2, 5, a.Data)), "C (2 x 5) overlaps A")
		require.ErrorContains(t, backend.Mul(gemm.Matrix[float64]{Rows: -2, Cols: 96, Stride: 96}, w, c), "A is -2 x 96")
		_, err = backend.Partial(gemm.Matrix[float64]{Rows: -2, Cols: 96, Stride: 96}, w)
		require.ErrorContains(t, err, "A is -2 x 96")
		_, err = backend.Partial(gemm.NewMatrix[float64](2, 95), w)
		require.ErrorContains(t, err, "2 x 95")

		part, err := backend.Pack(b.View(64, 96, 0, 5), false, half)
		require.NoError(t, err)
		require.ErrorContains(t, backend.Mul(a.View(0, 2, 64, 96), part, c), "32 x 5 hold a part of a contraction over 96")

		require.EqualError(t, backend.Mul(a, nil, c), "gemm: no weights: want those that Pack returned")
		_, err = backend.Partial(a, nil)
		require.EqualError(t, err, "gemm: no weights: want those that Pack returned")

		foreign := backends[1-i]
		require.ErrorContains(t, foreign.Mul(a, w, c), "another backend")
		_, err = foreign.Partial(a, w)
		require.ErrorContains(t, err, "another backend")
	}
	pairwise, err := gemm.NewNative[float64](reduce.Pairwise, 1)
	require.NoError(t, err)
	w, err := native[float64](t, reduce.Shuffled(1)).Pack(b, false, place)
	require.NoError(t, err)
	require.EqualError(t, native[float64](t, reduce.Shuffled(2)).Mul(a, w, c), "gemm: weights with their terms permuted for shuffled(1) multiplied in order shuffled(2): want them permuted for shuffled(2)")
	require.EqualError(t, native[float64](t, reduce.Pairwise).Mul(a, w, c), "gemm: weights with their terms permuted for shuffled(1) multiplied in order pairwise: want them as they are")
	require.EqualError(t, pairwise.PartialTo(nil, a, w), "gemm: no Partial: want one to compute into")

	require.ErrorContains(t, native[float64](t, reduce.Pairwise).Mul(a, (*gemm.Weights[float64])(nil), c), "no weights")

	for _, first := range []int{math.MaxInt, math.MaxInt - 96, math.MaxInt - 127} {
		require.ErrorContains(t, native[float64](t, reduce.Pairwise).ProductFrom(first, a, b, c), "exceed the largest index")
	}
	require.NoError(t, native[float64](t, reduce.Pairwise).ProductFrom(math.MaxInt-128, a, b, c))
}

// Who asks for as many goroutines as there can be gets as many as are of use.
func TestMoreThreadsThanThereCanBe(t *testing.T) {
	a, b := gemm.NewMatrix[float64](5, 200), gemm.NewMatrix[float64](200, 7)
	for i := range a.Data {
		a.Data[i] = float64(i%17) / 16
	}
	for i := range b.Data {
		b.Data[i] = float64(i%23) / 8
	}
	for _, order := range append(ordersFor[float64](), reduce.Arrival) {
		want, c := gemm.NewMatrix[float64](5, 7), gemm.NewMatrix[float64](5, 7)
		require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, 1, a, b, 0, want))
		backend, err := gemm.NewNative[float64](order, math.MaxInt)
		require.NoError(t, err)
		w, err := backend.Pack(b, false, gemm.Whole(200, order))
		require.NoError(t, err)
		require.NoError(t, gemm.Gemm(gemm.Options{Order: order, Threads: math.MaxInt}, false, false, 1, a, b, 0, c))
		require.NoError(t, sameBits(want.Data, c.Data, order.String())) // exact in every order
		require.NoError(t, backend.Mul(a, w, c))
		require.NoError(t, sameBits(want.Data, c.Data, order.String()))
		p, err := backend.Partial(a, w)
		require.NoError(t, err)
		require.NoError(t, gemm.Join([]*gemm.Partial[float64]{p}, c.Data))
		require.NoError(t, sameBits(want.Data, c.Data, order.String()))
	}
}

func TestJoinErrors(t *testing.T) {
	a, b := gemm.NewMatrix[float64](2, 96), gemm.NewMatrix[float64](96, 5)
	dst := make([]float64, 10)
	for _, order := range append(ordersFor[float64](), reduce.Arrival) {
		backend := native[float64](t, order)
		parts, err := shards(backend, a, b, gemm.Whole(96, order), []int{32, 64})
		require.NoError(t, err)
		require.NoError(t, gemm.Join(parts, dst))
		require.ErrorContains(t, gemm.Join(parts, dst[:9]), "10 elements", order)
		require.ErrorContains(t, gemm.Join(parts[:2], dst), "64", order)
		require.ErrorContains(t, gemm.Join(parts[1:], dst), "[32,64)", order)
		require.Error(t, gemm.Join([]*gemm.Partial[float64]{parts[0], parts[1], parts[1]}, dst), order)
		require.Error(t, gemm.Join(nil, dst), order)
		require.EqualError(t, gemm.Join([]*gemm.Partial[float64]{parts[0], nil}, dst), "gemm: part 1 of 2 is nil", order)
		swapped := gemm.Join([]*gemm.Partial[float64]{parts[1], parts[0], parts[2]}, dst)
		if order == reduce.Arrival {
			require.NoError(t, swapped, "parts of an Arrival product are listed as they came")
		} else {
			require.ErrorContains(t, swapped, "[32,64)", order)
		}
		other, err := shards(native[float64](t, order.WithLeaf(16)), a, b, gemm.Whole(96, order), []int{32, 64})
		require.NoError(t, err)
		require.ErrorContains(t, gemm.Join([]*gemm.Partial[float64]{parts[0], other[1], parts[2]}, dst), "leaf=16", order)
		growing := gemm.Whole(96, order)
		growing.Growing = true
		other, err = shards(backend, a, b, growing, []int{32, 64})
		require.NoError(t, err)
		require.ErrorContains(t, gemm.Join([]*gemm.Partial[float64]{parts[0], other[1], parts[2]}, dst), "growing", order)
	}
	_, err := gemm.FromValue(reduce.Pairwise, gemm.Whole(96, reduce.Pairwise), 96, dst)
	require.ErrorContains(t, err, "pairwise")
}

// Where there is nothing to compute nothing is done, however many rows, columns or terms there are said to be.
func TestEmptyProductsTakeNoTime(t *testing.T) {
	const many = math.MaxInt / 4
	empty := func(rows, cols int) gemm.Matrix[float32] {
		return gemm.Matrix[float32]{Rows: rows, Cols: cols, Stride: cols}
	}
	for _, order := range append(ordersFor[float32](), reduce.Arrival) {
		backend := native[float32](t, order)
		for _, shape := range [][3]int{{many, 0, 0}, {0, 0, many}, {0, many, 0}} {
			m, n, k := shape[0], shape[1], shape[2]
			require.NoError(t, gemm.Gemm(gemm.Options{Order: order}, false, false, 1, empty(m, k), empty(k, n), 0, empty(m, n)))
			require.NoError(t, gemm.Gemm(gemm.Options{Order: order, Threads: 2}, true, true, 0, empty(k, m), empty(n, k), 2, empty(m, n)))
			require.NoError(t, backend.ProductFrom(3, empty(m, k), empty(k, n), empty(m, n)))
			if order.Kind() == reduce.KindShuffled && k > 0 {
				continue // packing permutes the terms
			}
			if order.Kind() != reduce.KindShuffled {
				_, err := gemm.PackStored(order, 1, gemm.Float16, gemm.StoredMatrix{Rows: k, Cols: n, Stride: n}, false, gemm.Whole(k, order))
				require.NoError(t, err)
			}
			w, err := backend.Pack(empty(k, n), false, gemm.Whole(k, order))
			require.NoError(t, err)
			require.NoError(t, backend.Mul(empty(m, k), w, empty(m, n)))
			p, err := backend.Partial(empty(m, k), w)
			require.NoError(t, err)
			require.NoError(t, gemm.Join([]*gemm.Partial[float32]{p}, nil))
			q, err := gemm.ReadPartial[float32](p.AppendWire(nil), order)
			require.NoError(t, err)
			require.Equal(t, p.Nodes(), q.Nodes())
		}
	}
}

func TestTooManyElements(t *testing.T) {
	const many = math.MaxInt / 4
	native := native[float32](t, reduce.Pairwise)
	w, err := native.Pack(gemm.Matrix[float32]{Cols: many, Stride: many}, false, gemm.Whole(0, reduce.Pairwise))
	require.NoError(t, err)
	_, err = native.Partial(gemm.Matrix[float32]{Rows: 5}, w)
	require.ErrorContains(t, err, "gemm: partial of 5 x")
	_, err = native.Partial(gemm.Matrix[float32]{Rows: 4}, w)
	require.NoError(t, err)
	require.Panics(t, func() { gemm.NewMatrix[float32](1<<(bits.UintSize/2), 1<<(bits.UintSize/2)) })
}
