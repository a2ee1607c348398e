package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// strip is one row of op(A) against one packed panel of op(B): the terms of
// kernel.Panel elements of the product, those of a part of a contraction.
type strip[T Float] struct {
	place Contraction
	a, b  []T
}

// leaf returns the terms of the leaf with that global index that are present.
func (s strip[T]) leaf(i int) (a, b []T) {
	first := i*s.place.Leaf - s.place.From
	lo, hi := max(first, 0), min(first+s.place.Leaf, len(s.a))
	return s.a[lo:hi], s.b[lo*kernel.Panel : hi*kernel.Panel]
}

// panel holds a number for each column of a strip.
type panel[T Float] [kernel.Panel]T

// pairs holds an unevaluated pair for each column of a strip.
type pairs[T Float] struct{ h, l panel[T] }

// children returns the two nodes that the node is the sum of.
func children(t reduce.Tree, node reduce.Span) (left, right reduce.Span) {
	m := t.Split(node)
	return reduce.Span{Lo: node.Lo, Hi: m}, reduce.Span{Lo: m, Hi: node.Hi}
}

// doubleDouble evaluates the node of the canonical tree over pairs.
func (s strip[T]) doubleDouble(node reduce.Span) (c pairs[T]) {
	s.addPairNode(&c, s.place.tree(), node)
	return c
}

// addPairNode is reduce.Evaluate over pairs, written out so that values stay where they
// are: passing panels through function values costs a fifth of the time.
func (s strip[T]) addPairNode(c *pairs[T], t reduce.Tree, node reduce.Span) {
	if node.Len() == 1 {
		a, b := s.leaf(node.Lo)
		kernel.PairChain4((*[kernel.Panel]T)(&c.h), (*[kernel.Panel]T)(&c.l), a, b)
		return
	}
	left, right := children(t, node)
	if s.place.absent(left) {
		s.addPairNode(c, t, right)
		return
	}
	var r pairs[T]
	s.addPairNode(c, t, left)
	s.addPairNode(&r, t, right)
	reduce.AddPairs(c.h[:], c.l[:], r.h[:], r.l[:])
}

// chain is the left fold as one chain of fused multiply-adds from +0.
func (s strip[T]) chain() (c panel[T]) {
	kernel.Chain4((*[kernel.Panel]T)(&c), s.a, s.b)
	return c
}

// compensated is the left fold of the rounded products by Kahan or Neumaier.
func (s strip[T]) compensated(kind reduce.Kind) panel[T] {
	var sum, c panel[T]
	if kind == reduce.KindKahan {
		kernel.KahanChain4((*[kernel.Panel]T)(&sum), (*[kernel.Panel]T)(&c), s.a, s.b)
		return sum
	}
	kernel.NeumaierChain4((*[kernel.Panel]T)(&sum), (*[kernel.Panel]T)(&c), s.a, s.b)
	for j := range sum {
		if kernel.IsFinite(c[j]) {
			sum[j] = reduce.FinishPair(sum[j], c[j])
		} else { // something overflowed: as published, branch by branch
			sum[j] = reduce.FoldProducts(kind, s.a, s.b[j:], kernel.Panel)
		}
	}
	return sum
}

// binned is the binned sum of the rounded products, of so many columns.
func (s strip[T]) binned(fold, cols int) (c panel[T]) {
	for j := range cols {
		sum := reduce.NewBins[T](fold)
		s.addBins(&sum, j)
		c[j] = sum.Round()
	}
	return c
}

// addBins adds the terms of column j to the bins.
func (s strip[T]) addBins(sum *reduce.Bins[T], j int) {
	if len(s.a) > 0 {
		sum.AddProducts(s.a, s.b[j:], kernel.Panel)
	}
}

// expand is the exact sum of column j, where an expansion can hold it.
func (s strip[T]) expand(j int) (expansion, bool) {
	if len(s.a) == 0 {
		return expansion{}, true
	}
	return expand(s.a, s.b[j:], kernel.Panel)
}

// addExact adds the terms of column j to the superaccumulator.
func (s strip[T]) addExact(sum *reduce.Superaccumulator, j int) {
	if e, ok := s.expand(j); ok {
		sum.Add(e.h)
		sum.Add(e.l)
		sum.Add(e.m)
		return
	}
	for k, x := range s.a {
		sum.AddProduct(float64(x), float64(s.b[k*kernel.Panel+j]))
	}
}
