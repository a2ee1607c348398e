package tp

import (
	"fmt"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Cut returns the items of [0, n) that the rank owns when n items (heads, leaves,
// rows of the vocabulary) are cut for size ranks. Shares differ by at most one item
// and are empty where there are fewer items than ranks.
//
// As long as the number of ranks is even, items and ranks are halved as the
// halving tree halves its leaves, so that 2, 4 or 8 ranks hold one node each; an
// odd number of ranks cuts evenly. It panics unless n >= 0 and 0 <= rank < size.
func Cut(n, size, rank int) reduce.Span {
	if n < 0 || rank < 0 || rank >= size {
		panic(fmt.Sprintf("tp: cut of %s for rank %d of %d", plural.Of(n, "item"), rank, size))
	}
	if size%2 == 1 {
		at := func(r int) int { return n/size*r + n%size*r/size } // floor(n*r/size), without overflow
		return reduce.Span{Lo: at(rank), Hi: at(rank + 1)}
	}
	left := n - n/2
	if rank < size/2 {
		return Cut(left, size/2, rank)
	}
	s := Cut(n-left, size/2, rank-size/2)
	return reduce.Span{Lo: s.Lo + left, Hi: s.Hi + left}
}

// CutAligned is Cut of n items in units: cuts fall on multiples of the unit, the
// last of which may be short.
func CutAligned(n, unit, size, rank int) reduce.Span {
	s := Cut((n+unit-1)/unit, size, rank)
	return reduce.Span{Lo: min(n, s.Lo*unit), Hi: min(n, s.Hi*unit)}
}
