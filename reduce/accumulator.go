package reduce

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Accumulator is the state of a sum over a contiguous range of a longer sequence,
// in an order whose bits do not depend on cuts: Pairwise, DoubleDouble, Widened
// or Exact. Accumulators over adjacent ranges merge to the state of the whole.
//
// It holds O(log n) rows of lanes, or one superaccumulator. It is not safe for
// concurrent use.
type Accumulator[T Float] struct {
	order      Order
	start, end int
	plain      *Cover[T]       // Pairwise and DoubleDouble
	wide       *Cover[float64] // Widened
	exact      *Superaccumulator
}

// NewAccumulator returns the empty state of a sum whose first term will have the
// global index start. It is an error if the order depends on cuts or does not
// apply to T, or if start is negative.
func NewAccumulator[T Float](order Order, start int) (*Accumulator[T], error) {
	if err := Check[T](order); err != nil {
		return nil, err
	}
	if !order.CutInvariant() {
		return nil, fmt.Errorf("reduce: the bits of order %v depend on the cuts: want pairwise, double-double, widened or exact", order)
	}
	if start < 0 {
		return nil, fmt.Errorf("reduce: accumulator at index %d: want 0 or more", start)
	}
	return newAccumulator[T](order, start), nil
}

func newAccumulator[T Float](order Order, start int) *Accumulator[T] {
	a := &Accumulator[T]{order: order, start: start, end: start}
	switch order.kind {
	case KindExact:
		a.exact = new(Superaccumulator)
	case KindWidened:
		a.wide = NewCover[float64](Growing())
	default:
		a.plain = NewCover[T](Growing())
	}
	return a
}

// Order returns the order of the sum.
func (a *Accumulator[T]) Order() Order { return a.order }

// Start returns the global index of the first term.
func (a *Accumulator[T]) Start() int { return a.start }

// Count returns the number of terms.
func (a *Accumulator[T]) Count() int { return a.end - a.start }

// Add appends terms.
func (a *Accumulator[T]) Add(x ...T) { a.add(terms[T]{x: x}) }

// AddProducts appends the terms x[i]*y[i], as Dot has them. It panics if the
// lengths differ.
func (a *Accumulator[T]) AddProducts(x, y []T) { a.add(dotTerms(x, y)) }

func (a *Accumulator[T]) add(t terms[T]) {
	if len(t.x) > math.MaxInt-a.end-maxLanes {
		panic(fmt.Sprintf("reduce: %d terms from index %d exceed the largest index", len(t.x), a.end))
	}
	switch a.order.kind {
	case KindExact:
		addExact(a.exact, t)
	case KindWidened:
		appendRows(a.wide, t, a.end, Lanes[T](), laneNode[float64, T])
	case KindPairwise:
		appendRows(a.plain, t, a.end, Lanes[T](), laneNode[T, T])
	case KindDoubleDouble:
		appendRows(a.plain, t, a.end, Lanes[T](), lanePairNode[T])
	}
	a.end += len(t.x)
}

// Merge appends the terms of next, which must begin where a ends and be of the
// same order. It leaves next as it was.
func (a *Accumulator[T]) Merge(next *Accumulator[T]) error {
	if a.order != next.order {
		return fmt.Errorf("reduce: accumulators of orders %v and %v do not merge", a.order, next.order)
	}
	if a.end != next.start {
		return fmt.Errorf("reduce: accumulator of [%d,%d) does not continue that of [%d,%d)", next.start, next.end, a.start, a.end)
	}
	var err error
	switch a.order.kind {
	case KindExact:
		a.exact.Merge(next.exact)
	case KindWidened:
		err = a.wide.Merge(next.wide)
	default:
		err = a.plain.Merge(next.plain)
	}
	a.end = next.end
	return err
}

// Sum returns the value of the sum, the same bits as function Sum over the same
// terms. It is an error if the terms do not begin at index 0, except under Exact.
func (a *Accumulator[T]) Sum() (T, error) {
	if a.order.kind == KindExact {
		return Round[T](a.exact), nil
	}
	if a.start != 0 {
		return 0, fmt.Errorf("reduce: accumulator of [%d,%d) cannot finish: the terms before index %d are missing", a.start, a.end, a.start)
	}
	if a.end == 0 {
		return 0, nil
	}
	if a.order.kind == KindWidened {
		return finishRows(a.wide, func(h, _ []float64) T { return kernel.Canonical(T(joinLanes(h))) })
	}
	return finishRows(a.plain, func(h, l []T) T {
		if a.order.kind == KindDoubleDouble {
			return FinishPair(joinLanePairs(h, l))
		}
		return kernel.Canonical(joinLanes(h))
	})
}

func (a *Accumulator[T]) mustSum() T {
	s, err := a.Sum()
	if err != nil {
		panic(err)
	}
	return s
}

// finishRows folds the cover to its root and joins the lanes that are present.
func finishRows[S, T Float](c *Cover[S], finish func(h, l []S) T) (T, error) {
	root, err := c.Root()
	if err != nil {
		return 0, err
	}
	h, l := append([]S(nil), root.H[:root.to]...), []S(nil)
	if len(root.L) > 0 {
		l = append(l, root.L[:root.to]...)
	}
	return finish(h, l), nil
}

// appendRows pushes the terms, the first of which has the global index start:
// what completes or begins a row, whole rows as maximal nodes, and what is left.
func appendRows[S, T Float](c *Cover[S], t terms[T], start, lanes int, node func(t terms[T], rows Span, lanes int) Node[S]) {
	for i := 0; i < len(t.x); {
		row, lane := (start+i)/lanes, (start+i)%lanes
		if whole := (len(t.x) - i) / lanes; lane == 0 && whole > 0 {
			rest := t.slice(i, i+whole*lanes)
			for _, s := range Growing().Cover(Span{row, row + whole}) {
				n := node(rest, Span{s.Lo - row, s.Hi - row}, lanes)
				n.Span = s
				mustPush(c, n)
			}
			i += whole * lanes
			continue
		}
		k := min(lanes-lane, len(t.x)-i)
		mustPush(c, shift(node(t.slice(i, i+k), Span{0, 1}, lanes), row, lane))
		i += k
	}
}

// shift moves the node of a partial row from row 0 and lane 0 to its place.
func shift[S Float](n Node[S], row, lane int) Node[S] {
	n.Span = Span{row, row + 1}
	copy(n.H[lane:], n.H[:n.to])
	if len(n.L) > 0 {
		copy(n.L[lane:], n.L[:n.to])
	}
	n.from, n.to = lane, lane+n.to
	return n
}

func mustPush[S Float](c *Cover[S], n Node[S]) {
	if err := c.Push(n); err != nil {
		panic(err) // the terms are contiguous by construction
	}
}

// laneNode is laneRows as a node.
func laneNode[S, T Float](t terms[T], rows Span, lanes int) Node[S] {
	n := NewNode[S](rows, make([]S, lanes), nil)
	n.to = laneRows(n.H, t, rows)
	return n
}

// lanePairNode is lanePairs as a node.
func lanePairNode[T Float](t terms[T], rows Span, lanes int) Node[T] {
	n := NewNode(rows, make([]T, lanes), make([]T, lanes))
	n.to = lanePairs(n.H, n.L, t, rows)
	return n
}
