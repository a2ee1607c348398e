package reduce

import (
	"math/bits"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
)

// laneCover is the value of the terms [start, end) of a lane sum: the maximal nodes
// of its whole rows, and those lanes that it holds of the row in which it begins
// and of the one in which it ends. It is a Cover in storage of its own, which is
// reused, so that appending a term does not allocate but where the stack grows.
//
// The caller keeps start and end. Terms are numbered by their global index.
type laneCover[S Float] struct {
	lanes int    // a power of two
	log   int    // of lanes
	width int    // numbers in a row: lanes, or twice as many for pairs, h before l
	spans []Span // of rows
	nodes []S    // width numbers for each of spans, then the row in which the range ends
	head  []S    // the row in which the range begins, where it begins inside one
}

func newLaneCover[S Float](lanes int, paired bool) *laneCover[S] {
	width := lanes
	if paired {
		width *= 2
	}
	return &laneCover[S]{lanes: lanes, log: bits.Len(uint(lanes)) - 1, width: width, head: make([]S, width)}
}

// reserve makes room for the nodes of most ranges, two a level of the tree.
func (c *laneCover[S]) reserve() {
	const nodes = 16
	c.spans, c.nodes = slices.Grow(c.spans, nodes), slices.Grow(c.nodes, nodes*c.width)
}

func (c *laneCover[S]) clone() *laneCover[S] {
	d := *c
	d.spans, d.nodes, d.head = slices.Clone(c.spans), slices.Clone(c.nodes), slices.Clone(c.head)
	return &d
}

// lane and rowOf return the lane and the row of the term at index i.
func (c *laneCover[S]) lane(i int) int  { return i & (c.lanes - 1) }
func (c *laneCover[S]) rowOf(i int) int { return i >> c.log }

// node returns the numbers of node k.
func (c *laneCover[S]) node(k int) []S { return c.nodes[k*c.width : (k+1)*c.width] }

// top returns the numbers above the last node, where the next one is made.
func (c *laneCover[S]) top() []S {
	n := len(c.spans) * c.width
	if len(c.nodes) < n+c.width {
		c.nodes = append(c.nodes, make([]S, n+c.width-len(c.nodes))...)
	}
	return c.nodes[n : n+c.width]
}

// row returns the numbers of the row that the term at index at begins or goes on
// with, the range beginning at start.
func (c *laneCover[S]) row(start, at int) []S {
	if c.lane(start) != 0 && c.rowOf(start) == c.rowOf(at) {
		return c.head
	}
	return c.top()
}

// ended tells the cover that the terms now end at index end. A row that is whole
// becomes a node.
func (c *laneCover[S]) ended(start, end int) {
	if c.lane(end) == 0 && end-c.lanes >= start {
		c.push(Span{c.rowOf(end) - 1, c.rowOf(end)})
	}
}

// push makes a node of the numbers at the top and joins what has become siblings,
// as a binary counter carries.
func (c *laneCover[S]) push(s Span) {
	c.spans = append(c.spans, s)
	for k := len(c.spans) - 1; k > 0 && Growing().siblings(c.spans[k-1], c.spans[k]); k-- {
		c.join(c.node(k-1), c.node(k), c.lanes)
		c.spans[k-1].Hi = c.spans[k].Hi
		c.spans = c.spans[:k]
	}
}

// join sets left = left + right in the lanes that are present in right, the first
// ones.
func (c *laneCover[S]) join(left, right []S, present int) {
	if c.width == c.lanes {
		kernel.AddPlain(left[:present], right)
		return
	}
	kernel.AddPairs(left[:present], left[c.lanes:c.lanes+present], right, right[c.lanes:])
}

// merge appends the terms [from, to) of next to those of [start, from).
func (c *laneCover[S]) merge(start int, next *laneCover[S], from, to int) {
	if lane := c.lane(from); lane != 0 && from < to {
		end := min(from-lane+c.lanes, to)
		c.copyLanes(c.row(start, from), next.head, lane, lane+end-from)
		c.ended(start, end)
	}
	for k, s := range next.spans {
		copy(c.top(), next.node(k))
		c.push(s)
	}
	if lanes := c.lane(to); lanes > 0 && to-lanes >= from {
		c.copyLanes(c.top(), next.top(), 0, lanes)
	}
}

// copyLanes copies the lanes [lo, hi) of a row.
func (c *laneCover[S]) copyLanes(dst, src []S, lo, hi int) {
	for i := 0; i < c.width; i += c.lanes {
		copy(dst[i+lo:i+hi], src[i+lo:i+hi])
	}
}

// rowBuffer holds two rows.
type rowBuffer[S Float] [2][2 * maxLanes]S

// root folds the cover of the terms [0, end), at least one, from the right to the
// left, as Cover.Root does, and returns the lanes that are present; l is empty
// unless they are pairs. It leaves the cover as it was: the result is in the buffer.
func (c *laneCover[S]) root(end int, buffer *rowBuffer[S]) (h, l []S) {
	root, left := buffer[0][:c.width], buffer[1][:c.width]
	k, present := len(c.spans), c.lane(end)
	if present == 0 {
		k, present = k-1, c.lanes
	}
	copy(root, c.nodes[k*c.width:])
	for k--; k >= 0; k-- {
		copy(left, c.node(k))
		c.join(left, root, present)
		root, left, present = left, root, c.lanes
	}
	if c.width == c.lanes {
		return root[:present], nil
	}
	return root[:present], root[c.lanes : c.lanes+present]
}

// appendOne appends x to [start, end) if it neither begins nor ends a row, nor
// belongs to the row in which the range begins: what appendTerms does for most
// single terms, at the price of a store.
func (c *laneCover[S]) appendOne(x S, start, end int) bool {
	lane := c.lane(end)
	if lane == 0 || lane == c.lanes-1 || end-lane < start {
		return false
	}
	row := c.nodes[len(c.spans)*c.width:]
	row[lane] = x
	if c.width > c.lanes {
		row[c.lanes+lane] = 0
	}
	return true
}

// appendTerms appends terms to those of [start, end): what goes on with a row or
// begins one, whole rows as maximal nodes, and what is left.
func appendTerms[S, T Float](c *laneCover[S], t terms[T], start, end int) {
	for n := len(t.x); n > 0; n = len(t.x) {
		k, lane := n-c.lane(n), c.lane(end)
		if lane == 0 && k > 0 {
			appendWholeRows(c, t.slice(0, k), c.rowOf(end))
		} else {
			k = min(n, c.lanes-lane)
			putRow(c, c.row(start, end), t.slice(0, k), lane)
			c.ended(start, end+k)
		}
		end += k
		t = t.slice(k, n)
	}
}

// appendWholeRows appends rows, the first of which is row.
func appendWholeRows[S, T Float](c *laneCover[S], t terms[T], row int) {
	rest := Span{row, row + c.rowOf(len(t.x))}
	for rest.Len() > 0 {
		s := firstNode(rest)
		top, rows := c.top(), Span{s.Lo - row, s.Hi - row}
		if c.width == c.lanes {
			laneRows(top, t, rows)
		} else {
			h, l := pair[S, T](top, c.lanes)
			lanePairs(h, l, t, rows)
		}
		c.push(s)
		rest.Lo = s.Hi
	}
}

// putRow writes terms to a row, from the given lane on.
func putRow[S, T Float](c *laneCover[S], row []S, t terms[T], lane int) {
	if c.width == c.lanes {
		put(row[lane:], t)
		return
	}
	h, l := pair[S, T](row, c.lanes)
	putPairs(h[lane:], l[lane:], t)
}

// pair returns the high and the low parts in a row of pairs. Pairs are of the type
// of the terms: S is T.
func pair[S, T Float](row []S, lanes int) (h, l []T) {
	v := any(row).([]T)
	return v[:lanes], v[lanes:]
}
