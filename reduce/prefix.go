package reduce

import (
	"fmt"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// PrefixSums sets dst[i] to the sum of x[0], ..., x[i] in the order Pairwise: the
// bits of Sum(Pairwise, x[:i+1]), and so with its error bound. An element costs at
// most log2(len(x)) + 1 additions. dst may be x. It panics if the lengths differ, or
// if dst and x overlap otherwise.
func PrefixSums[T Float](dst, x []T) { whole(x).PrefixSums(whole(dst)) }

// PrefixSums is the function PrefixSums over the elements of v. dst may be v. It panics
// if they differ in length, or if otherwise an element of one is an element of the
// other; those of one may lie between those of the other.
func (v Vector[T]) PrefixSums(dst Vector[T]) {
	v.mustFit()
	dst.mustFit()
	if v.N != dst.N {
		panic(fmt.Sprintf("reduce: prefix sums of %s to %d", plural.Of(v.N, "element"), dst.N))
	}
	if i, j := commonElement(dst, v); i >= 0 && !(i == 0 && j == 0 && (dst.Inc == v.Inc || v.N == 1)) {
		panic(fmt.Sprintf("reduce: prefix sums of %s to memory that overlaps theirs: element %d of the sums is term %d; want all of them the same, or none",
			plural.Of(v.N, "element"), i, j))
	}
	p := prefix[T]{lanes: Lanes[T]()}
	for i := range v.N {
		dst.Data[i*dst.Inc] = kernel.Canonical(p.next(v.Data[i*v.Inc]))
	}
}

const (
	prefixLanes = 32 // the most that Lanes returns
	// A row takes 128 bytes of memory, so there are fewer than 2^57 of them.
	prefixLevels = 57
)

// prefix is the canonical sum of the terms so far, kept so that the next term
// changes little of it: the column of each lane as a binary counter, and all inner
// nodes of the tree that joins the lanes.
//
// The rows of a column that lie in a counter are as many as its set bits say.
// Those of the lanes before lane are row+1, of the others row.
type prefix[T Float] struct {
	lanes     int
	row, lane int                           // the place of the next term
	full      [prefixLevels * prefixLanes]T // full[k*lanes+lane]: the last full node of 2^k rows
	node      [2 * prefixLanes]T            // node[1] is the root, node[i] has the children 2i and 2i+1, node[lanes+lane] is a lane
}

// next appends the term x and returns the sum.
func (p *prefix[T]) next(x T) T {
	s := p.joinLane(p.column(x))
	if p.lane++; p.lane == p.lanes {
		p.row, p.lane = p.row+1, 0
	}
	return s
}

// column appends x to the column of its lane and returns the column's sum. A
// counter that holds row rows carries through the trailing ones of row; the nodes
// of the higher ones are then folded from the smallest to the largest. That is an
// addition for each set bit.
func (p *prefix[T]) column(x T) T {
	full := p.full[p.lane:]
	carries := bits.TrailingZeros(^uint(p.row))
	for k := range carries {
		x = full[k*p.lanes] + x
	}
	full[carries*p.lanes] = x
	for rest := uint(p.row) >> carries << carries; rest != 0; rest &= rest - 1 {
		x = full[bits.TrailingZeros(rest)*p.lanes] + x
	}
	return x
}

// joinLane sets the value of the lane and returns the sum over the lanes: it
// computes the nodes above the lane anew. In the first row what lies to the right
// is absent and passed over.
func (p *prefix[T]) joinLane(x T) T {
	i := p.lanes + p.lane
	p.node[i] = x
	for ; i > 1; i /= 2 {
		switch {
		case i%2 == 1:
			x = p.node[i-1] + x
		case p.row > 0:
			x += p.node[i+1]
		}
		p.node[i/2] = x
	}
	return x
}
