package reduce_test

import (
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// bySplits builds the formula that Tree.Split describes.
func bySplits(t reduce.Tree, s reduce.Span) *expr {
	if s.Len() == 1 {
		return &expr{term: s.Lo}
	}
	m := t.Split(s)
	return plus(bySplits(t, reduce.Span{Lo: s.Lo, Hi: m}), bySplits(t, reduce.Span{Lo: m, Hi: s.Hi}))
}

func TestSplitIsTheTreeRule(t *testing.T) {
	for n := 1; n <= 400; n++ {
		want := inRounds(termsTo(n)).String()
		require.Equal(t, want, byCounter(termsTo(n)).String(), "the two statements of the rule, n = %d", n)
		require.Equal(t, want, bySplits(reduce.Growing(), reduce.Span{Hi: n}).String(), "n = %d", n)
	}
}

func TestSplitIsHalving(t *testing.T) {
	for n := 1; n <= 400; n++ {
		want := byHalves(termsTo(n)).String()
		require.Equal(t, want, bySplits(reduce.Halving(n), reduce.Span{Hi: n}).String(), "n = %d", n)
		if n&(n-1) == 0 {
			require.Equal(t, want, inRounds(termsTo(n)).String(), "one shape for the power of two %d", n)
		} else if n&(n+1) != 0 {
			require.NotEqual(t, want, inRounds(termsTo(n)).String(), "n = %d", n)
		}
	}
}

// spansOf lists the spans of a formula's nodes: its terms are in order.
func spansOf(e *expr, into map[reduce.Span]bool) reduce.Span {
	if e.left == nil {
		s := reduce.Span{Lo: e.term, Hi: e.term + 1}
		into[s] = true
		return s
	}
	s := reduce.Span{Lo: spansOf(e.left, into).Lo, Hi: spansOf(e.right, into).Hi}
	into[s] = true
	return s
}

// nodesWithin lists the nodes over leaves below n that package reduce may name:
// in the growing tree those that stay nodes whatever is appended.
func nodesWithin(tree reduce.Tree, n int) map[reduce.Span]bool {
	nodes := map[reduce.Span]bool{}
	if !tree.IsGrowing() {
		spansOf(byHalves(termsTo(n)), nodes)
		return nodes
	}
	longer := map[reduce.Span]bool{}
	spansOf(inRounds(termsTo(n)), nodes)
	spansOf(inRounds(termsTo(4*n+3)), longer)
	for s := range nodes {
		if !longer[s] {
			delete(nodes, s)
		}
	}
	return nodes
}

// fewest returns the least number of nodes that tile [lo, hi).
func fewest(nodes map[reduce.Span]bool, lo, hi int) int {
	best := make([]int, hi-lo+1)
	for end := lo + 1; end <= hi; end++ {
		best[end-lo] = hi - lo
		for start := lo; start < end; start++ {
			if nodes[reduce.Span{Lo: start, Hi: end}] {
				best[end-lo] = min(best[end-lo], best[start-lo]+1)
			}
		}
	}
	return best[hi-lo]
}

func testCover(t *testing.T, tree reduce.Tree, n int) {
	nodes := nodesWithin(tree, n)
	for lo := range n + 1 {
		for hi := lo; hi <= n; hi++ {
			cover := tree.Cover(reduce.Span{Lo: lo, Hi: hi})
			at := lo
			for _, s := range cover {
				require.Equal(t, at, s.Lo, "the cover of [%d,%d) in order", lo, hi)
				require.True(t, nodes[s], "%v is no node of %d leaves", s, n)
				at = s.Hi
			}
			require.Equal(t, hi, at)
			require.Len(t, cover, fewest(nodes, lo, hi), "the cover of [%d,%d) of %d leaves", lo, hi, n)
		}
	}
}

func TestCoverIsMinimalAndInOrder(t *testing.T) {
	testCover(t, reduce.Growing(), 70)
	for _, n := range []int{1, 2, 3, 5, 7, 11, 16, 23, 43} {
		testCover(t, reduce.Halving(n), n)
	}
}

// A tree over a real K: equal shards are one node each.
func TestHalvingGivesEqualShardsOneNode(t *testing.T) {
	for _, leaves := range []int{344, 448, 592, 152} { // of 11008, 14336, 18944 and 4864 columns
		for _, tp := range []int{1, 2, 4, 8} {
			for rank := range tp {
				s := reduce.Span{Lo: leaves * rank / tp, Hi: leaves * (rank + 1) / tp}
				require.Len(t, reduce.Halving(leaves).Cover(s), 1, "%d leaves, rank %d of %d", leaves, rank, tp)
			}
		}
	}
}

func TestTreePanicsNameTheNumbers(t *testing.T) {
	require.PanicsWithValue(t, "reduce: halving tree over 0 leaves: want at least 1", func() { reduce.Halving(0) })
	require.PanicsWithValue(t, "reduce: span [3,9) outside a tree of 8 leaves", func() { reduce.Halving(8).Cover(reduce.Span{Lo: 3, Hi: 9}) })
	require.PanicsWithValue(t, "reduce: split of span [4,5): want two or more leaves", func() { reduce.Growing().Split(reduce.Span{Lo: 4, Hi: 5}) })
}
