package reduce_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestOrderNames(t *testing.T) {
	for _, o := range reduce.Orders(7) {
		parsed, err := reduce.ParseOrder(o.Kind().String(), 7)
		require.NoError(t, err)
		require.Equal(t, o, parsed)
	}
	_, err := reduce.ParseOrder("random", 0)
	require.EqualError(t, err, `unknown order "random": want one of sequential, pairwise, kahan, neumaier, double-double, widened, binned, exact, shuffled, arrival`)
	require.Equal(t, "shuffled(7)", reduce.Shuffled(7).String())
	require.Equal(t, uint64(7), reduce.Shuffled(7).Seed())
	require.Equal(t, "pairwise/leaf=16", reduce.Pairwise.WithLeaf(16).String())
	require.Equal(t, 32, reduce.Pairwise.Leaf())
	require.Equal(t, reduce.Binned, reduce.BinnedFold(3))
	require.Equal(t, 3, reduce.Binned.Fold())
	require.Equal(t, "binned", reduce.Binned.String())
	require.Equal(t, "binned/fold=4/leaf=16", reduce.BinnedFold(4).WithLeaf(16).String())
}

func TestPanicsNameTheNumbers(t *testing.T) {
	require.PanicsWithValue(t, "reduce: dot product of 3 and 5 elements", func() { reduce.Dot(reduce.Pairwise, make([]float32, 3), make([]float32, 5)) })
	require.PanicsWithValue(t, "reduce: order widened applies to float32 only: there is no wider type than float64", func() { reduce.Sum(reduce.Widened, []float64{1}) })
	require.PanicsWithValue(t, "reduce: leaf of 0 terms: want 1 to 65535", func() { reduce.Pairwise.WithLeaf(0) })
	require.PanicsWithValue(t, "reduce: leaf of 65536 terms: want 1 to 65535", func() { reduce.Pairwise.WithLeaf(65536) })
	require.PanicsWithValue(t, "reduce: fold of 1 bin: want 2 to 4", func() { reduce.BinnedFold(1) })
	require.PanicsWithValue(t, "reduce: fold of 5 bins: want 2 to 4", func() { reduce.NewBins[float32](5) })
	require.PanicsWithValue(t, "reduce: node with 3 high and 2 low parts", func() { reduce.NewNode(reduce.Span{Hi: 1}, make([]float64, 3), make([]float64, 2)) })
	a, err := reduce.NewAccumulator[float64](reduce.Pairwise, 0)
	require.NoError(t, err)
	require.PanicsWithValue(t, "reduce: dot product of 1 and 2 elements", func() { a.AddProducts(make([]float64, 1), make([]float64, 2)) })

	one, long := []float64{1}, make([]float64, 5)
	require.PanicsWithValue(t, "reduce: -1 goroutines: want 0 or more", func() { reduce.SumParallel(reduce.Pairwise, one, -1) })
	require.PanicsWithValue(t, "reduce: -2 goroutines: want 0 or more", func() { reduce.DotParallel(reduce.Arrival, one, one, -2) })
	require.Equal(t, 1.0, reduce.SumParallel(reduce.Pairwise, one, 0))
	require.PanicsWithValue(t, "reduce: permutation of -3 indices: want 0 or more", func() { reduce.Permutation(1, -3) })
	// Of memory that lies beyond a slice nothing is read, though its array may hold it.
	require.PanicsWithValue(t, "reduce: joining 3 numbers with 2: want as many", func() { reduce.AddPlain(long[:3], long[3:]) })
	require.PanicsWithValue(t, "reduce: joining 2 pairs of which one part has 1 number: want as many", func() { reduce.AddPairs(long[:2], long[2:4], long[:2], long[:1]) })
	require.PanicsWithValue(t, "reduce: fold by rule pairwise: want sequential, kahan or neumaier", func() { reduce.FoldProducts(reduce.KindPairwise, one, one, 1) })
	require.PanicsWithValue(t, "reduce: fold of 3 products with stride 2 and 5 numbers, of which 4 are given", func() { reduce.FoldProducts(reduce.KindKahan, long[:3], long[:4], 2) })
	require.PanicsWithValue(t, "reduce: fold of products with stride 0: want 1 or more", func() { reduce.FoldProducts(reduce.KindKahan, one, one, 0) })

	var zero reduce.Bins[float64]
	require.PanicsWithValue(t, "reduce: fold of 0 bins: want 2 to 4", func() { zero.Add(one) })
	require.PanicsWithValue(t, "reduce: fold of 0 bins: want 2 to 4", func() { zero.AddProducts(one, one, 1) })
	bins := reduce.NewBins[float64](3)
	require.PanicsWithValue(t, fmt.Sprintf("reduce: products of 2 elements and 5 with stride %d", math.MaxInt), func() { bins.AddProducts(long[:2], long, math.MaxInt) })
	require.PanicsWithValue(t, "reduce: products of 1 element and 0 with stride 1", func() { bins.AddProducts(one, nil, 1) })
	require.PanicsWithValue(t, "reduce: products of 3 elements and 4 with stride 2", func() { bins.AddProducts(long[:3], long[:4], 2) })
	for _, stride := range []int{1, 2, math.MaxInt - 1, math.MaxInt} { // any is fine for one product
		bins.AddProducts(one, long, stride)
		require.Zero(t, reduce.FoldProducts(reduce.KindKahan, one, long, stride))
	}
	bins.AddProducts(nil, nil, math.MaxInt)
	bins.AddProducts(long[:3], long, 2)
	require.EqualValues(t, 7, bins.Count())
	require.PanicsWithValue(t, "reduce: nil merged with bins of fold 3", func() { bins.Merge(nil) })
	var exact reduce.Superaccumulator
	exact.Add(1)
	require.PanicsWithValue(t, "reduce: nil merged with an exact sum of 1 term", func() { exact.Merge(nil) })
	require.EqualError(t, exact.Unmerge(nil), "reduce: nil removed from an exact sum of 1 term")
	require.PanicsWithValue(t, "reduce: nil compared with an exact sum of 1 term", func() { exact.Equal(nil) })
	require.PanicsWithValue(t, "reduce: nil rounded: want an exact sum", func() { reduce.Round[float32](nil) })
}

func TestAccumulatorErrorsNameTheNumbers(t *testing.T) {
	_, err := reduce.NewAccumulator[float64](reduce.Kahan, 0)
	require.EqualError(t, err, "reduce: the bits of order kahan depend on the cuts: want pairwise, double-double, widened, binned or exact")
	_, err = reduce.NewAccumulator[float64](reduce.Widened, 0)
	require.ErrorContains(t, err, "widened applies to float32 only")
	_, err = reduce.NewAccumulator[float64](reduce.Exact, -4)
	require.EqualError(t, err, "reduce: accumulator at index -4: want 0 or more")

	a, b := accumulate(reduce.Pairwise, 3, make([]float64, 7)), accumulate(reduce.Pairwise, 11, make([]float64, 2))
	require.Equal(t, 3, a.Start())
	require.Equal(t, 7, a.Count())
	require.EqualError(t, a.Merge(b), "reduce: accumulator of [11,13) does not continue that of [3,10)")
	require.EqualError(t, a.Merge(accumulate(reduce.Exact, 10, []float64{1})), "reduce: accumulators of orders pairwise and exact do not merge")
	_, err = a.Sum()
	require.EqualError(t, err, "reduce: accumulator of [3,10) cannot finish: the terms before index 3 are missing")
	require.Equal(t, 7, a.Count(), "a refused merge leaves all as it was")

	var zero reduce.Accumulator[float64]
	_, err = zero.Sum()
	require.EqualError(t, err, "reduce: sum of an Accumulator without an order: want one made by NewAccumulator or unmarshalled")

	want := "reduce: merging an Accumulator without an order: want one made by NewAccumulator or unmarshalled"
	require.EqualError(t, zero.Merge(new(reduce.Accumulator[float64])), want)
	require.EqualError(t, zero.Merge(accumulate(reduce.Exact, 0, []float64{1})), want)
	require.EqualError(t, a.Merge(&zero), want)
	require.EqualError(t, a.Merge(nil), "reduce: nil merged with an accumulator of [3,10)")

	sum, err := accumulate(reduce.Exact, 3, []float64{1, 2}).Sum()
	require.NoError(t, err, "an exact sum needs no left neighbour")
	require.Equal(t, 3.0, sum)
}

func node(lo, hi, width int) reduce.Node[float64] {
	return reduce.NewNode(reduce.Span{Lo: lo, Hi: hi}, make([]float64, width), nil)
}

func TestCoverErrorsNameTheNumbers(t *testing.T) {
	c := reduce.NewCover[float64](reduce.Halving(8))
	_, err := c.Root()
	require.EqualError(t, err, "reduce: no leaves to finish")
	require.NoError(t, c.Push(node(0, 4, 2)))
	require.EqualError(t, c.Push(node(5, 6, 2)), "reduce: node [5,6) does not follow [0,4)")
	require.EqualError(t, c.Push(node(4, 5, 3)), "reduce: node of 3+0 numbers pushed on a cover of 2+0")
	_, err = c.Root()
	require.EqualError(t, err, "reduce: cannot finish leaves [0,4) of 8: the rest is missing")
	require.EqualError(t, c.Merge(reduce.NewCover[float64](reduce.Halving(9))), "reduce: covers of different trees: 8 and 9 leaves")
	require.EqualError(t, c.Merge(nil), "reduce: nil merged with a cover of 1 node")
	require.EqualError(t, c.Push(node(4, 4, 2)), "reduce: node [4,4) pushed on a cover: want leaves from 0 on")
	require.EqualError(t, reduce.NewCover[float64](reduce.Growing()).Push(node(-1, 1, 2)), "reduce: node [-1,1) pushed on a cover: want leaves from 0 on")
	require.Len(t, c.Nodes(), 1)

	odd := reduce.NewCover[float64](reduce.Halving(8))
	require.NoError(t, odd.Push(node(0, 3, 1)))
	require.NoError(t, odd.Push(node(3, 8, 1)))
	_, err = odd.Root()
	require.EqualError(t, err, "reduce: [0,3) and [3,8) cannot be joined: not nodes of the tree of 8 leaves")

	late := reduce.NewCover[float64](reduce.Growing())
	require.NoError(t, late.Push(node(2, 4, 1)))
	_, err = late.Root()
	require.EqualError(t, err, "reduce: cannot finish a sum that begins at leaf 2: its left neighbour is missing")
}

// Only siblings join: neighbours of equal size that are not the two children of
// one node stay apart.
func TestCoverJoinsSiblingsOnly(t *testing.T) {
	for _, tree := range []reduce.Tree{reduce.Growing(), reduce.Halving(43), reduce.Halving(32)} {
		n := 43
		if tree == reduce.Halving(32) {
			n = 32
		}
		for a := range nodesWithin(tree, n) {
			for b := range nodesWithin(tree, n) {
				if a.Hi != b.Lo {
					continue
				}
				c := reduce.NewCover[float64](tree)
				require.NoError(t, c.Push(node(a.Lo, a.Hi, 1)))
				require.NoError(t, c.Push(node(b.Lo, b.Hi, 1)))
				whole := reduce.Span{Lo: a.Lo, Hi: b.Hi}
				// In the growing tree a parent may lie beyond the first n leaves.
				siblings := nodesWithin(tree, 4*n)[whole] && tree.IsGrowing() && a.Len() == b.Len() ||
					nodesWithin(tree, n)[whole] && !tree.IsGrowing() && tree.Split(whole) == a.Hi
				require.Equal(t, siblings, len(c.Nodes()) == 1, "%v and %v of %d leaves", a, b, n)
			}
		}
	}
}

// A cover never changes the values it was given, nor those of a merged one.
func TestCoverLeavesItsInputAlone(t *testing.T) {
	a, b := accumulate(reduce.DoubleDouble, 0, spread[float64](1, 37)), accumulate(reduce.DoubleDouble, 37, spread[float64](2, 60))
	twice := func() float64 {
		whole := accumulate[float64](reduce.DoubleDouble, 0, nil)
		require.NoError(t, whole.Merge(a))
		require.NoError(t, whole.Merge(b))
		return finish(whole)
	}
	first := twice()
	requireBits(t, first, twice(), "the second merge of the same pieces")
	requireBits(t, reduce.Sum(reduce.DoubleDouble, append(spread[float64](1, 37), spread[float64](2, 60)...)), first, "merged")
}

func TestIndexBeyondTheLargestPanics(t *testing.T) {
	for _, o := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Exact} {
		a, err := reduce.NewAccumulator[float64](o, math.MaxInt-5)
		require.NoError(t, err)
		require.PanicsWithValue(t, fmt.Sprintf("reduce: 10 terms from index %d exceed the largest index", math.MaxInt-5), func() { a.Add(make([]float64, 10)...) })
	}
}
