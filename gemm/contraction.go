package gemm

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Contraction is the place of a product in the summation tree of its K terms. It
// belongs to the mathematics: cutting the product in K, for ranks or for chunks,
// gives parts with the same K, Leaf and shape, and a From of their own.
type Contraction struct {
	K       int  // terms in the whole contraction
	From    int  // global index of the first term of this part: a multiple of Leaf, or K
	Leaf    int  // terms in a leaf: one chain of fused multiply-adds from +0
	Growing bool // leaves joined by the growing tree, for a K that grows with a sequence
}

// Whole is the contraction over all of k terms, with the leaf of the order, in
// the halving tree.
func Whole(k int, order reduce.Order) Contraction {
	return Contraction{K: k, Leaf: order.Leaf()}
}

// check returns an error unless a part of n terms has a place in c.
func (c Contraction) check(n int) error {
	switch {
	case c.Leaf < 1:
		return fmt.Errorf("gemm: leaf of %d terms: want at least 1", c.Leaf)
	case c.K > math.MaxInt-c.Leaf:
		return fmt.Errorf("gemm: contraction over %s in leaves of %d exceeds the largest index", plural.Of(c.K, "term"), c.Leaf)
	case c.From < 0 || n < 0 || n > c.K-c.From:
		return fmt.Errorf("gemm: terms [%d,%d) of a contraction over %d", c.From, c.From+n, c.K)
	case uint64(min(c.Leaf, c.K)) > mostChain:
		return fmt.Errorf("gemm: leaf of %d terms: want at most %d", c.Leaf, uint64(mostChain))
	case !c.boundary(c.From) || !c.boundary(c.From+n):
		return fmt.Errorf("gemm: terms [%d,%d) of %d are not cut between leaves of %d", c.From, c.From+n, c.K, c.Leaf)
	}
	return nil
}

// mostChain is the most terms of a chain: a word of a program counts them in 32 bits.
const mostChain = math.MaxUint32

// checkChain returns an error if the order folds all of so many terms, which are too many for one chain.
func checkChain(order reduce.Order, terms int) error {
	switch order.Kind() {
	case reduce.KindSequential, reduce.KindKahan, reduce.KindNeumaier, reduce.KindShuffled:
		if uint64(terms) > mostChain {
			return fmt.Errorf("gemm: %d terms in order %v: want at most %d", terms, order, uint64(mostChain))
		}
	}
	return nil
}

// sameAs tells whether c and d are places of parts of one contraction.
func (c Contraction) sameAs(d Contraction) bool {
	c.From, d.From = 0, 0
	return c == d
}

func (c Contraction) String() string {
	tree := "halving"
	if c.Growing {
		tree = "growing"
	}
	return fmt.Sprintf("%s in leaves of %d (%s tree)", plural.Of(c.K, "term"), c.Leaf, tree)
}

// boundary tells whether a cut before term k is a cut between leaves.
func (c Contraction) boundary(k int) bool { return k%c.Leaf == 0 || k == c.K }

// root returns the node of a whole contraction of which the terms [From, From+n) are
// present: in the growing tree those before may be absent for good.
func (c Contraction) root(n int) reduce.Span { return reduce.Span{Lo: 0, Hi: c.leaves(n).Hi} }

// absent tells whether no term of the node is present, as its leaves lie before From.
func (c Contraction) absent(node reduce.Span) bool { return node.Hi*c.Leaf <= c.From }

// leaves returns the leaves that the terms [From, From+n) make up.
func (c Contraction) leaves(n int) reduce.Span {
	return reduce.Span{Lo: c.From / c.Leaf, Hi: (c.From + n + c.Leaf - 1) / c.Leaf}
}

// tree returns the tree that joins the leaves of the whole contraction.
func (c Contraction) tree() reduce.Tree {
	if n := (c.K + c.Leaf - 1) / c.Leaf; n > 0 && !c.Growing {
		return reduce.Halving(n)
	}
	return reduce.Growing()
}
