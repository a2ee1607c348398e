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

// children returns the two nodes that the node is the sum of.
func children(t reduce.Tree, node reduce.Span) (left, right reduce.Span) {
	m := t.Split(node)
	return reduce.Span{Lo: node.Lo, Hi: m}, reduce.Span{Lo: m, Hi: node.Hi}
}

// chain is the left fold as one chain of fused multiply-adds from +0.
func (s strip[T]) chain() (c panel[T]) {
	kernel.Chain4((*[kernel.Panel]T)(&c), s.a, s.b)
	return c
}
