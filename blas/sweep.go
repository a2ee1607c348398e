package blas

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// sweeps tells whether to sweep: leaves are chains, and the rows of op(A) are the columns of a whole triangle.
func (l lower[T]) sweeps(r routines[T]) bool {
	return l.trans && r.isChain(1) && max(l.form.above, l.form.below) >= l.form.rows-1
}

// sweep solves or multiplies by one row of A after the other: a column of op(A), whose elements continue the
// chains of all elements of x that are left to do. Where a leaf ends, their chains are a leaf of each: the stack
// holds the full nodes of the growing tree to the left of the leaf at work, as the digits 1 of its
// index in binary (reduce.Tree.Cover), one vector a node.
func (l lower[T]) sweep(r routines[T], x []T, solve bool) {
	n := len(x)
	leaf := r.leaf(n)
	scratch := take[T](n * (1 + bits.Len(uint(n/leaf))))
	defer give(scratch)
	chains := (*scratch)[:n]
	clear(chains)
	var stack nodeStack[T]
	stack.n, stack.data = n, (*scratch)[n:]
	for i := range n {
		at := l.place(i)
		lo, v := l.form.row(at)
		first, rest, d, factor := at+1, v[at-lo:][1:], v[at-lo], x[at]
		if l.reversed {
			first, rest = lo, v[:at-lo]
		}
		if solve {
			factor = l.unknown(finish(-1, stack.join(at, chains[at]), 1, factor), d)
			x[at] = factor
		} else {
			if l.unit {
				d = 1
			}
			x[at] = finish(1, stack.join(at, kernel.FMA(d, factor, chains[at])), 0, 0)
		}
		left := chains[first:][:len(rest)]
		addProducts(left, factor, rest)
		if (i+1)%leaf == 0 {
			stack.push((i+1)/leaf, first, left)
			clear(left)
		}
	}
}

// nodeStack holds the values of full nodes, n numbers each, those of the leftmost first.
type nodeStack[T kernel.Float] struct {
	n, depth int
	data     []T
}

// push joins the leaf-th leaf, counted from 1, to the nodes that it completes: in the elements from first on.
func (s *nodeStack[T]) push(leaf, first int, values []T) {
	node := func(k int) []T { return s.data[k*s.n+first:][:len(values)] }
	copy(node(s.depth), values)
	for range bits.TrailingZeros(uint(leaf)) {
		kernel.AddTo(node(s.depth-1), node(s.depth))
		s.depth--
	}
	s.depth++
}

// join joins the nodes of an element with what follows them.
func (s *nodeStack[T]) join(at int, v T) T {
	for k := s.depth - 1; k >= 0; k-- {
		v = s.data[k*s.n+at] + v
	}
	return v
}
