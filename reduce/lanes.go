package reduce

import "github.com/samebits/samebits/internal/kernel"

// Lanes returns L, the number of lanes of a canonical sum over T: 16 for float64
// and 32 for float32, the width of 128 bytes. It is part of the result: element i
// belongs to lane i mod L and row i / L, each lane is summed by the growing tree
// over its rows, and the L lane sums are then joined by the same tree.
func Lanes[T Float]() int {
	if kernel.Is64[T]() {
		return 16
	}
	return 32
}

// maxLanes bounds the buffers of one row.
const maxLanes = 128

// terms are the terms of a sum: x[i], or x[i]*y[i] where y is not nil.
type terms[T Float] struct{ x, y []T }

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
func put[S, T Float](dst []S, t terms[T]) {
	dst = dst[:len(t.x)]
	if t.y == nil {
		for i, x := range t.x {
			dst[i] = S(x)
		}
		return
	}
	y := t.y[:len(t.x)]
	for i, x := range t.x {
		dst[i] = S(S(x) * S(y[i]))
	}
}

// putPairs writes the terms to h and what they lack to l: nothing for plain
// terms, the rounding error of the product for products.
func putPairs[T Float](h, l []T, t terms[T]) {
	h, l = h[:len(t.x)], l[:len(t.x)]
	if t.y == nil {
		copy(h, t.x)
		clear(l)
		return
	}
	y := t.y[:len(t.x)]
	for i, x := range t.x {
		h[i], l[i] = kernel.TwoProd(x, y[i])
	}
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
	lanes := len(dst)
	if rows.Len() == 8 && rows.Hi*lanes <= len(t.x) && t.y == nil {
		eightRows(dst, t.x[rows.Lo*lanes:rows.Hi*lanes])
		return lanes
	}
	if rows.Len() == 1 {
		row := t.slice(rows.Lo*lanes, min(rows.Hi*lanes, len(t.x)))
		put(dst, row)
		return len(row.x)
	}
	m := Growing().Split(rows)
	var buffer [maxLanes]S
	right := buffer[:lanes]
	laneRows(dst, t, Span{rows.Lo, m})
	present := laneRows(right, t, Span{m, rows.Hi})
	AddPlain(dst[:present], right)
	return lanes
}

// eightRows is laneRows for eight whole rows of plain terms.
func eightRows[S, T Float](dst []S, x []T) {
	n := len(dst)
	r0, r1, r2, r3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	r4, r5, r6, r7 := x[4*n:5*n], x[5*n:6*n], x[6*n:7*n], x[7*n:8*n]
	for i := range dst {
		dst[i] = ((S(r0[i]) + S(r1[i])) + (S(r2[i]) + S(r3[i]))) + ((S(r4[i]) + S(r5[i])) + (S(r6[i]) + S(r7[i])))
	}
}

// lanePairs is laneRows over unevaluated pairs.
func lanePairs[T Float](h, l []T, t terms[T], rows Span) int {
	lanes := len(h)
	if rows.Len() == 1 {
		row := t.slice(rows.Lo*lanes, min(rows.Hi*lanes, len(t.x)))
		putPairs(h, l, row)
		return len(row.x)
	}
	m := Growing().Split(rows)
	var buffer [2 * maxLanes]T
	rightH, rightL := buffer[:lanes], buffer[lanes:2*lanes]
	lanePairs(h, l, t, Span{rows.Lo, m})
	present := lanePairs(rightH, rightL, t, Span{m, rows.Hi})
	AddPairs(h[:present], l[:present], rightH, rightL)
	return lanes
}

// joinLanes reduces the lane sums, in lane order, by the growing tree. It
// overwrites v, which is not empty.
func joinLanes[T Float](v []T) T {
	for n := len(v); n > 1; n = (n + 1) / 2 {
		for i := range n / 2 {
			v[i] = v[2*i] + v[2*i+1]
		}
		if n%2 == 1 {
			v[n/2] = v[n-1]
		}
	}
	return v[0]
}

// joinLanePairs is joinLanes over unevaluated pairs.
func joinLanePairs[T Float](h, l []T) (T, T) {
	for n := len(h); n > 1; n = (n + 1) / 2 {
		for i := range n / 2 {
			h[i], l[i] = addPair(h[2*i], l[2*i], h[2*i+1], l[2*i+1])
		}
		if n%2 == 1 {
			h[n/2], l[n/2] = h[n-1], l[n-1]
		}
	}
	return h[0], l[0]
}

// rowsOf returns the number of rows that n elements occupy.
func rowsOf(n, lanes int) int { return (n + lanes - 1) / lanes }

// laneSum is the canonical sum of the terms, at least one, evaluated in S.
func laneSum[S, T Float](t terms[T], lanes int) S {
	var buffer [maxLanes]S
	v := buffer[:lanes]
	present := laneRows(v, t, Span{0, rowsOf(len(t.x), lanes)})
	return joinLanes(v[:present])
}

// lanePairSum is the canonical sum of the terms, at least one, as a pair.
func lanePairSum[T Float](t terms[T], lanes int) (h, l T) {
	var buffer [2 * maxLanes]T
	hs, ls := buffer[:lanes], buffer[lanes:2*lanes]
	present := lanePairs(hs, ls, t, Span{0, rowsOf(len(t.x), lanes)})
	return joinLanePairs(hs[:present], ls[:present])
}
