package reduce

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// Accumulator is the state of a sum over a contiguous range of a longer sequence,
// in an order whose bits do not depend on cuts: Pairwise, DoubleDouble, Widened,
// Binned or Exact. Accumulators over adjacent ranges merge to the state of the whole.
// An accumulator marshals to bytes and to JSON, which are the same for the same terms
// wherever and in however many pieces they were added.
//
// It holds O(log n) rows of lanes, a few bins or one superaccumulator. Adding a
// value costs a few nanoseconds, under Binned several times that, and does not allocate
// but when the O(log n) rows grow. It takes terms up to the index MaxInt-128. It is made
// by NewAccumulator or by unmarshalling; the zero Accumulator is good for the latter
// only. It is not safe for concurrent use, that of Sum and marshalling alone included;
// but several goroutines may Merge the same next.
type Accumulator[T Float] struct {
	order      Order
	start, end int

	// One of these is set, by newAccumulator; appendOne, add, Merge, Sum, Clone and Reset below,
	// and state and setState in state.go, are the places that tell them apart.
	plain *laneCover[T]       // Pairwise and DoubleDouble
	wide  *laneCover[float64] // Widened
	bins  *Bins[T]            // Binned
	exact *Superaccumulator
}

// NewAccumulator returns the empty state of a sum whose first term will have the
// global index start. It is an error if the order depends on cuts or does not
// apply to T, or if start is negative. The leaf of the order does not matter: it is
// for contractions.
func NewAccumulator[T Float](order Order, start int) (*Accumulator[T], error) {
	if err := Check[T](order); err != nil {
		return nil, err
	}
	if !order.CutInvariant() {
		return nil, fmt.Errorf("reduce: the bits of order %v depend on the cuts: want pairwise, double-double, widened, binned or exact", order)
	}
	if start < 0 {
		return nil, fmt.Errorf("reduce: accumulator at index %d: want 0 or more", start)
	}
	return newAccumulator[T](order, start), nil
}

func newAccumulator[T Float](order Order, start int) *Accumulator[T] {
	order.leaf = 0
	a := &Accumulator[T]{order: order, start: start, end: start}
	switch order.kind {
	case KindBinned:
		b := NewBins[T](order.Fold())
		a.bins = &b
	case KindExact:
		a.exact = new(Superaccumulator)
	case KindWidened:
		a.wide = newLaneCover[float64](Lanes[T](), false)
	default:
		a.plain = newLaneCover[T](Lanes[T](), order.kind == KindDoubleDouble)
	}
	return a
}

// reserve makes room for the nodes of many terms, so that adding them does not allocate again and again.
func (a *Accumulator[T]) reserve() {
	if a.plain != nil {
		a.plain.reserve()
	}
	if a.wide != nil {
		a.wide.reserve()
	}
}

// orderless is what the zero Accumulator is.
const orderless = "an Accumulator without an order: want one made by NewAccumulator or unmarshalled"

// Clone returns a copy that shares nothing with a.
func (a *Accumulator[T]) Clone() *Accumulator[T] {
	b := *a
	if a.plain != nil {
		b.plain = a.plain.clone()
	}
	if a.wide != nil {
		b.wide = a.wide.clone()
	}
	if a.bins != nil {
		bins := *a.bins
		b.bins = &bins
	}
	if a.exact != nil {
		exact := *a.exact
		b.exact = &exact
	}
	return &b
}

// Reset makes a the empty state at the global index start, in the same order. It
// keeps the storage. It panics if start is negative.
func (a *Accumulator[T]) Reset(start int) {
	if start < 0 {
		panic(fmt.Sprintf("reduce: accumulator at index %d: want 0 or more", start))
	}
	a.start, a.end = start, start
	if a.plain != nil {
		a.plain.spans = a.plain.spans[:0]
	}
	if a.wide != nil {
		a.wide.spans = a.wide.spans[:0]
	}
	if a.bins != nil {
		*a.bins = NewBins[T](a.bins.fold)
	}
	if a.exact != nil {
		a.exact.Reset()
	}
}

// Order returns the order of the sum.
func (a *Accumulator[T]) Order() Order { return a.order }

// Start returns the global index of the first term.
func (a *Accumulator[T]) Start() int { return a.start }

// Count returns the number of terms.
func (a *Accumulator[T]) Count() int { return a.end - a.start }

// Add appends terms. It panics if they go beyond the largest index.
func (a *Accumulator[T]) Add(x ...T) {
	if len(x) == 1 && a.appendOne(x[0]) {
		a.end++
		return
	}
	a.add(terms[T]{x: x})
}

// appendOne does what add does for a single term, and quickly, where that is easy.
func (a *Accumulator[T]) appendOne(x T) bool {
	switch {
	case a.end >= math.MaxInt-maxLanes:
		return false
	case a.plain != nil:
		return a.plain.appendOne(x, a.start, a.end)
	case a.wide != nil:
		return a.wide.appendOne(float64(x), a.start, a.end)
	case a.exact != nil:
		a.exact.Add(float64(x))
		return true
	}
	return false
}

// AddProducts appends the terms x[i]*y[i], as Dot has them. It panics if the
// lengths differ, or if the terms go beyond the largest index.
func (a *Accumulator[T]) AddProducts(x, y []T) { a.add(dotTerms(x, y)) }

// addToState is add, which compiled.go calls for each type.
func addToState[T Float](a *Accumulator[T], t terms[T]) {
	if len(t.x) > math.MaxInt-a.end-maxLanes {
		panic(fmt.Sprintf("reduce: %s from index %d exceed the largest index", plural.Of(len(t.x), "term"), a.end))
	}
	switch a.order.kind {
	case KindBinned:
		a.bins.add(t)
	case KindExact:
		addExact(a.exact, t)
	case KindWidened:
		appendTerms(a.wide, t, a.start, a.end)
	case KindPairwise, KindDoubleDouble:
		appendTerms(a.plain, t, a.start, a.end)
	default:
		panic("reduce: terms for " + orderless)
	}
	a.end += len(t.x)
}

// Remove removes terms that were added, under Exact: the state becomes that of
// the sum without them, whatever their place was, and its range len(x) shorter at
// the end. It is an error, and a stays as it is, in other orders, or if there are
// more terms than a has, in all or of one kind (an infinity, NaN, -0). That other
// terms were removed than had been added cannot be seen otherwise.
func (a *Accumulator[T]) Remove(x ...T) error { return a.remove(terms[T]{x: x}) }

// RemoveProducts removes the terms x[i]*y[i], as Remove does. It panics if the
// lengths differ.
func (a *Accumulator[T]) RemoveProducts(x, y []T) error { return a.remove(dotTerms(x, y)) }

func (a *Accumulator[T]) remove(t terms[T]) error {
	if a.order.kind != KindExact {
		return fmt.Errorf("reduce: removing %s in order %v: want exact", plural.Of(len(t.x), "term"), a.order)
	}
	var gone Superaccumulator
	addExact(&gone, t)
	if err := a.exact.Unmerge(&gone); err != nil {
		return err
	}
	a.end -= len(t.x)
	return nil
}

// Merge appends the terms of next, and leaves next as it was. It is an error, and a stays
// as it is, unless next is of the same order and begins where a ends, or if one of them is the
// zero Accumulator or next is nil. It costs O(log n) rows of additions, or those of a state's
// digits or bins.
func (a *Accumulator[T]) Merge(next *Accumulator[T]) error {
	switch {
	case next == nil:
		return fmt.Errorf("reduce: nil merged with an accumulator of [%d,%d)", a.start, a.end)
	case !a.order.CutInvariant() || !next.order.CutInvariant():
		return fmt.Errorf("reduce: merging %s", orderless)
	}
	if a.order != next.order {
		return fmt.Errorf("reduce: accumulators of orders %v and %v do not merge", a.order, next.order)
	}
	if a.end != next.start {
		return fmt.Errorf("reduce: accumulator of [%d,%d) does not continue that of [%d,%d)", next.start, next.end, a.start, a.end)
	}
	switch a.order.kind {
	case KindBinned:
		a.bins.Merge(next.bins)
	case KindExact:
		a.exact.Merge(next.exact)
	case KindWidened:
		a.wide.merge(a.start, next.wide, next.start, next.end)
	case KindPairwise, KindDoubleDouble:
		a.plain.merge(a.start, next.plain, next.start, next.end)
	}
	a.end = next.end
	return nil
}

// Sum returns the value of the sum, the same bits as function Sum over the same
// terms. It leaves the state as it was. It is an error if the terms do not begin at
// index 0, except under Binned and Exact, or if a is the zero Accumulator.
func (a *Accumulator[T]) Sum() (T, error) {
	if a.order.kind == KindBinned {
		return a.bins.Round(), nil
	}
	if a.order.kind == KindExact {
		return Round[T](a.exact), nil
	}
	if !a.order.CutInvariant() {
		return 0, fmt.Errorf("reduce: sum of %s", orderless)
	}
	if a.start != 0 {
		return 0, fmt.Errorf("reduce: accumulator of [%d,%d) cannot finish: the terms before index %d are missing", a.start, a.end, a.start)
	}
	if a.end == 0 {
		return 0, nil
	}
	if a.order.kind == KindWidened {
		var buffer rowBuffer[float64]
		h, _ := a.wide.root(a.end, &buffer)
		return kernel.Canonical(T(joinLanes(h))), nil
	}
	var buffer rowBuffer[T]
	h, l := a.plain.root(a.end, &buffer)
	if a.order.kind == KindDoubleDouble {
		return FinishPair(joinLanePairs(h, l)), nil
	}
	return kernel.Canonical(joinLanes(h)), nil
}

func (a *Accumulator[T]) mustSum() T {
	s, err := a.Sum()
	if err != nil {
		panic(err)
	}
	return s
}
