package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// solver solves by blocks where leaves are chains: in Pairwise, and in Sequential, which is one
// leaf. The contraction of a row goes over the unknowns before it: over whole leaves, which
// are a few full nodes of the growing tree (reduce.Tree.Cover), and in a last, short leaf over
// those of the row's own leaf. A full node is a product by gemm.Gemm, for all rows after it
// that need it at once. So in Pairwise nearly all work is done in large products.
type solver[T kernel.Float] struct {
	*triangular[T]
	leaf int
}

// nodes are the values of full nodes for the rows [first, first+Rows), one below the other
// as in a stack: those of the nodes to the left are older.
type nodes[T kernel.Float] struct {
	gemm.Matrix[T]
	first int
	older *nodes[T]
}

// node solves the unknowns of the node's leaves. The stack holds the values of the cover of all
// unknowns before it.
func (t solver[T]) node(node reduce.Span, stack *nodes[T]) {
	if node.Len() == 1 {
		t.oneLeaf(node.Lo, stack)
		return
	}
	mid := reduce.Growing().Split(node)
	t.node(reduce.Span{Lo: node.Lo, Hi: mid}, stack)

	n := t.x.Cols
	lo, cut, hi := node.Lo*t.leaf, mid*t.leaf, min(node.Hi*t.leaf, t.l.Rows)
	values, scratch := takeMatrix[T](hi-cut, n)
	defer give(scratch)
	t.multiply(false, false, false, 1, t.l.View(cut, hi, lo, cut), t.x.View(lo, cut, 0, n), 0, values)
	t.node(reduce.Span{Lo: mid, Hi: node.Hi}, &nodes[T]{values, cut, stack})
}

// oneLeaf solves the unknowns of one leaf, row by row.
func (t solver[T]) oneLeaf(index int, stack *nodes[T]) {
	scratch := take[T](t.x.Cols)
	defer give(scratch)
	sums := *scratch
	lo := index * t.leaf
	short := &kernel.Columns[T]{Step: 1, Right: &t.x.Row(lo)[0], Stride: t.x.Stride, N: t.x.Cols}
	for i := lo; i < min(lo+t.leaf, t.l.Rows); i++ {
		clear(sums)
		if i > lo { // the short leaf; +0, if it has no terms, changes nothing
			short.Left, short.K = &t.l.Row(i)[lo], i-lo
			short.Continue(sums)
		}
		for s := stack; s != nil; s = s.older {
			reduce.AddPlain(sums, s.Row(i-s.first))
		}
		row := t.x.Row(i)
		kernel.Each(kernel.RowFinish, row, sums, row, nil, -1, t.alpha)
		t.divide(i)
	}
}
