package tp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// product is a random product a*w and a cut of its terms between leaves, for some
// ranks: cuts[rank] to cuts[rank+1].
type product[T gemm.Float] struct {
	a, w  gemm.Matrix[T]
	place gemm.Contraction
	cuts  []int
}

func newProduct[T gemm.Float](rng *rand.Rand, order reduce.Order, size int) product[T] {
	m, k, n := 1+rng.IntN(4), rng.IntN(400), 1+rng.IntN(9)
	p := product[T]{
		a:     gemm.Dense(m, k, data[T](rng, order, m*k)),
		w:     gemm.Dense(k, n, data[T](rng, order, k*n)),
		place: gemm.Contraction{K: k, Leaf: []int{1, 4, 16, 32}[rng.IntN(4)]},
	}
	p.cuts = []int{0, k}
	for range size - 1 { // ragged: some ranks get nothing, others almost all
		p.cuts = append(p.cuts, min(k, rng.IntN(k/p.place.Leaf+1)*p.place.Leaf))
	}
	slices.Sort(p.cuts)
	return p
}

// terms returns the part of the product that is the rank's.
func (p product[T]) terms(rank int) (a, w gemm.Matrix[T], place gemm.Contraction) {
	lo, hi := p.cuts[rank], p.cuts[rank+1]
	place = p.place
	place.From = lo
	return p.a.View(0, p.a.Rows, lo, hi), p.w.View(lo, hi, 0, p.w.Cols), place
}

// whole is the product over [lo, hi) as one rank computes it.
func (p product[T]) whole(b gemm.Native[T], lo, hi int) ([]T, error) {
	w, err := b.Pack(p.w.View(lo, hi, 0, p.w.Cols), false, gemm.Contraction{K: hi - lo, Leaf: p.place.Leaf})
	if err != nil {
		return nil, err
	}
	c := gemm.NewMatrix[T](p.a.Rows, p.w.Cols)
	return c.Data, b.Mul(p.a.View(0, p.a.Rows, lo, hi), w, c)
}

// folded is what the orders that depend on cuts give: the ranks' finished products,
// folded by rank number.
func (p product[T]) folded(b gemm.Native[T]) ([]T, error) {
	var parts [][]T
	for rank := range len(p.cuts) - 1 {
		if lo, hi := p.cuts[rank], p.cuts[rank+1]; lo < hi {
			part, err := p.whole(b, lo, hi)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
	}
	c := make([]T, p.a.Rows*p.w.Cols)
	for i := range c {
		var column []T
		for _, part := range parts {
			column = append(column, part[i])
		}
		if len(column) > 0 {
			c[i] = oracle(b.Order(), column)
		}
	}
	return c, nil
}

// A joiner is a rank's program: from its part of a product to the whole.
type joiner[T gemm.Float] func(ctx context.Context, r *tp.Rank, b gemm.Native[T], p product[T], dst []T) error

func joinPartial[T gemm.Float](ctx context.Context, r *tp.Rank, b gemm.Native[T], p product[T], dst []T) error {
	a, w, place := p.terms(r.ID())
	packed, err := b.Pack(w, false, place)
	if err != nil {
		return err
	}
	part, err := b.Partial(a, packed)
	if err != nil {
		return err
	}
	return tp.AllReducePartial(ctx, r, part, dst)
}

// joinSummed is the fault: each rank hands on one sum of its part.
func joinSummed[T gemm.Float](ctx context.Context, r *tp.Rank, b gemm.Native[T], p product[T], dst []T) error {
	part, err := p.whole(b, p.cuts[r.ID()], p.cuts[r.ID()+1])
	if err != nil {
		return err
	}
	copy(dst, part)
	return tp.AllReduce(ctx, r, b.Order(), dst)
}

// checkProduct returns an error unless every rank has the bits that the order
// promises.
func checkProduct[T gemm.Float](ctx context.Context, join joiner[T], b gemm.Native[T], p product[T]) error {
	want, err := p.whole(b, 0, p.place.K)
	if !b.Order().CutInvariant() {
		want, err = p.folded(b)
	}
	if err != nil {
		return err
	}
	return tp.Run(ctx, len(p.cuts)-1, func(ctx context.Context, r *tp.Rank) error {
		got := make([]T, len(want))
		if err := join(ctx, r, b, p, got); err != nil {
			return err
		}
		if err := sameBits(got, want); err != nil {
			return fmt.Errorf("%v, %v cut at %v: %w", b.Order(), p.place, p.cuts, err)
		}
		return nil
	})
}

func TestPartialProductsJoin(t *testing.T) {
	t.Run("float32", testPartials[float32])
	t.Run("float64", testPartials[float64])
}

func testPartials[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for size := 1; size <= 8; size++ {
		for _, order := range orders[T]() {
			for range 6 {
				p := newProduct[T](rng, order, size)
				require.NoError(t, checkProduct(t.Context(), joinPartial[T], native[T](t, order), p))
			}
		}
	}
}

func TestCheckProductCatchesSummedParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened, reduce.Binned, reduce.Exact} {
		caught := 0
		for range 50 {
			p := newProduct[float32](rng, order, 3)
			if checkProduct(t.Context(), joinSummed[float32], native[float32](t, order), p) != nil {
				caught++
			}
		}
		require.Positive(t, caught, "%v", order)
	}
}

// A rank of a ragged cut hands on several nodes; of two, four or eight ranks that
// Cut divides, one.
func TestRaggedPartsHandOnCovers(t *testing.T) {
	b := native[float32](t, reduce.Pairwise)
	nodes := func(k int, s reduce.Span) int {
		packed, err := b.Pack(gemm.NewMatrix[float32](s.Len(), 4), false, gemm.Contraction{K: k, From: s.Lo, Leaf: 32})
		require.NoError(t, err)
		part, err := b.Partial(gemm.NewMatrix[float32](2, s.Len()), packed)
		require.NoError(t, err)
		require.Equal(t, part.Nodes()*2*4*4, part.Bytes())
		return part.Nodes()
	}
	for _, size := range []int{2, 4, 8} {
		for rank := range size {
			require.Equal(t, 1, nodes(11008, tp.CutAligned(11008, 32, size, rank)), "rank %d of %d", rank, size)
		}
	}
	require.Greater(t, nodes(11008, tp.CutAligned(11008, 32, 3, 1)), 1)
	require.Zero(t, nodes(64, tp.CutAligned(64, 32, 3, 0)))
}

func TestAllReducePartialRefuses(t *testing.T) {
	p := newProduct[float64](rand.New(rand.NewPCG(1, 1)), reduce.Pairwise, 1)
	err := tp.Run(t.Context(), 1, func(ctx context.Context, r *tp.Rank) error {
		return joinPartial(ctx, r, native[float64](t, reduce.Pairwise), p, make([]float64, 99))
	})
	require.ErrorContains(t, err, "elements into 99")
}

// Two ranks that hold the same terms do not make up the product.
func TestPartsThatOverlapAreRefused(t *testing.T) {
	b := native[float64](t, reduce.Pairwise)
	err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
		packed, err := b.Pack(gemm.NewMatrix[float64](32, 4), false, gemm.Contraction{K: 64, Leaf: 32})
		if err != nil {
			return err
		}
		part, err := b.Partial(gemm.NewMatrix[float64](2, 32), packed)
		if err != nil {
			return err
		}
		return tp.AllReducePartial(ctx, r, part, make([]float64, 8))
	})
	require.ErrorContains(t, err, "part [0,32) of a contraction over 64 terms follows the first 32")
}
