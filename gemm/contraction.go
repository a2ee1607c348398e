package gemm

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Contraction is the place of a product in the summation tree of its K terms. It
// belongs to the mathematics: cutting the product in K, for ranks or for chunks,
// gives parts with the same K, Leaf and shape, and a From of their own.
type Contraction struct {
	K       int  // terms in the whole contraction
	From    int  // global index of the first term of this part, a multiple of Leaf
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
	case c.From < 0 || n < 0 || c.From+n > c.K:
		return fmt.Errorf("gemm: terms [%d,%d) of a contraction over %d", c.From, c.From+n, c.K)
	case c.From%c.Leaf != 0 || (c.From+n)%c.Leaf != 0 && c.From+n != c.K:
		return fmt.Errorf("gemm: terms [%d,%d) of %d are not cut between leaves of %d", c.From, c.From+n, c.K, c.Leaf)
	}
	return nil
}

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

// strip is one row of op(A) against one packed panel of op(B): the terms of
// kernel.Panel elements of the product, those of a part of a contraction.
type strip[T Float] struct {
	place Contraction
	a, b  []T
}

// leaf returns the terms of the leaf with that global index.
func (s strip[T]) leaf(i int) (a, b []T) {
	lo := i*s.place.Leaf - s.place.From
	hi := min(lo+s.place.Leaf, len(s.a))
	return s.a[lo:hi], s.b[lo*kernel.Panel : hi*kernel.Panel]
}

// panel holds a number for each column of a strip.
type panel[T Float] [kernel.Panel]T

// pairs holds an unevaluated pair for each column of a strip.
type pairs[T Float] struct{ h, l panel[T] }

// pairwise evaluates the node of the canonical tree.
func (s strip[T]) pairwise(node reduce.Span) panel[T] {
	leaf := func(i int) (c panel[T]) {
		a, b := s.leaf(i)
		kernel.Chain4((*[kernel.Panel]T)(&c), a, b)
		return c
	}
	return reduce.Evaluate(s.place.tree(), node, leaf, addPanels[T])
}

// widened evaluates the node of the canonical tree in float64. T is float32.
func (s strip[T]) widened(node reduce.Span) panel[float64] {
	leaf := func(i int) (c panel[float64]) {
		a, b := s.leaf(i)
		kernel.WideChain4((*[kernel.Panel]float64)(&c), as32(a), as32(b))
		return c
	}
	return reduce.Evaluate(s.place.tree(), node, leaf, addPanels[float64])
}

// doubleDouble evaluates the node of the canonical tree over pairs.
func (s strip[T]) doubleDouble(node reduce.Span) pairs[T] {
	leaf := func(i int) (c pairs[T]) {
		a, b := s.leaf(i)
		kernel.PairChain4((*[kernel.Panel]T)(&c.h), (*[kernel.Panel]T)(&c.l), a, b)
		return c
	}
	return reduce.Evaluate(s.place.tree(), node, leaf, addPairs[T])
}

func addPanels[T Float](left, right panel[T]) panel[T] {
	for j := range left {
		left[j] += right[j]
	}
	return left
}

func addPairs[T Float](left, right pairs[T]) pairs[T] {
	reduce.AddPairs(left.h[:], left.l[:], right.h[:], right.l[:])
	return left
}

// chain is the left fold as one chain of fused multiply-adds from +0.
func (s strip[T]) chain() (c panel[T]) {
	kernel.Chain4((*[kernel.Panel]T)(&c), s.a, s.b)
	return c
}

// compensated is the left fold of the rounded products by Kahan or Neumaier.
func (s strip[T]) compensated(kind reduce.Kind) (c panel[T]) {
	for j := range c {
		c[j] = reduce.FoldProducts(kind, s.a, s.b[j:], kernel.Panel)
	}
	return c
}

// exact adds the terms of column j to the superaccumulator.
func (s strip[T]) exact(sum *reduce.Superaccumulator, j int) {
	for k, x := range s.a {
		sum.AddProduct(float64(x), float64(s.b[k*kernel.Panel+j]))
	}
}

// as32 returns x, which is []float32, as such.
func as32[T Float](x []T) []float32 { return any(x).([]float32) }
