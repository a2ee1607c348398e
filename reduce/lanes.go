package reduce

import "github.com/samebits/samebits/internal/kernel"

// Lanes returns L, the number of lanes of a canonical sum over T: 16 for float64
// and 32 for float32, the width of 128 bytes. It is part of the result: element i
// belongs to lane i mod L and row i / L, each lane is summed by the growing tree
// over its rows, and the L lane sums are then joined by the same tree.
func Lanes[T Float]() int { return kernel.Lanes[T]() }

// maxLanes bounds the buffers of one row.
const maxLanes = 128

// terms are the terms of a sum: x[i], or x[i]*y[i] where y is not nil. Kernels of lane
// sums and of splitting, and only those, know |x[i]| as well.
type terms[T Float] struct {
	x, y     []T
	absolute bool
}

// slice returns the terms [lo, hi).
func (t terms[T]) slice(lo, hi int) terms[T] {
	t.x = t.x[lo:hi]
	if t.y != nil {
		t.y = t.y[lo:hi]
	}
	return t
}

// put writes the terms to dst, as S: the products rounded once to S. A product
// of float32 is exact in float64.
func put[S, T Float](dst []S, t terms[T]) { kernel.Row(t.kind(), dst[:len(t.x)], t.x, t.y) }

// putPairs writes the terms to h and what they lack to l: nothing for plain
// terms, the rounding error of the product for products.
func putPairs[T Float](h, l []T, t terms[T]) { kernel.RowPairs(t.kind(), h[:len(t.x)], l, t.x, t.y) }

// kind returns what the terms are, as kernels call it.
func (t terms[T]) kind() kernel.Terms {
	switch {
	case t.y != nil:
		return kernel.Product
	case t.absolute:
		return kernel.Absolute
	}
	return kernel.Plain
}

// kindInT is kind for kernels that round products to T.
func (t terms[T]) kindInT() kernel.Terms {
	if t.y != nil {
		return kernel.RoundedProduct
	}
	return t.kind()
}

// rows returns the terms of the given rows, the last of which may be ragged.
func (t terms[T]) rows(rows Span, lanes int) terms[T] {
	return t.slice(rows.Lo*lanes, min(rows.Hi*lanes, len(t.x)))
}

// laneRows writes to dst, which has the length of a row, the node of the growing
// tree over the given rows, lane by lane, and returns how many lanes are present:
// all, but where the rows are the last row alone and it is ragged. The order is
//
//	node(rows) = one row: its terms
//	             more:    m = Growing().Split(rows); node([Lo,m)) + node([m,Hi))
//
// with an absent lane passed over.
func laneRows[S, T Float](dst []S, t terms[T], rows Span) int {
	t = t.rows(rows, len(dst))
	kernel.Tree(t.kind(), dst, t.x, t.y)
	return min(len(t.x), len(dst))
}

// lanePairs is laneRows over unevaluated pairs.
func lanePairs[T Float](h, l []T, t terms[T], rows Span) int {
	t = t.rows(rows, len(h))
	var buffer [2 * 32]T
	lanes := len(h)
	both := buffer[:2*lanes]
	kernel.Pairs(t.kind(), both, t.x, t.y)
	copy(h, both)
	copy(l, both[lanes:])
	return min(len(t.x), lanes)
}

// joinLanes reduces the lane sums, in lane order, by the growing tree. It
// overwrites v, which is not empty.
func joinLanes[T Float](v []T) T { return kernel.JoinLanes(v) }

// joinLanePairs is joinLanes over unevaluated pairs.
func joinLanePairs[T Float](h, l []T) (T, T) { return kernel.JoinLanePairs(h, l) }

// laneSum is the canonical sum of the terms, at least one, evaluated in S.
func laneSum[S, T Float](t terms[T]) S { return kernel.Tree[S](t.kind(), nil, t.x, t.y) }

// lanePairSum is the canonical sum of the terms, at least one, as a pair.
func lanePairSum[T Float](t terms[T]) (h, l T) { return kernel.Pairs(t.kind(), nil, t.x, t.y) }
