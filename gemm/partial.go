package gemm

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Partial is the state of a product over a part of its K terms: what a rank that
// holds a shard of the weights hands on. Nothing in it is rounded that the order
// does not round: the tree orders hold the cover of the part, a few nodes of M x N
// numbers (pairs, float64), Binned the bins and Exact a superaccumulator an element. The orders
// that depend on cuts hold the finished product over the part.
//
// A Partial is read-only once computed, until it is computed anew: see Native.PartialTo.
type Partial[T Float] struct {
	order reduce.Order
	place Contraction
	terms int // of the contraction, from place.From

	size  int // elements, row by row
	nodes []reduce.Node[T]
	wide  []reduce.Node[float64]
	bins  []reduce.Bins[T]
	exact []reduce.Superaccumulator
	value []T
}

// computePart is compute, which compiled.go calls for each type.
func computePart[T Float](p *Partial[T], o Options, a Matrix[T], w *Weights[T]) {
	o = o.within(a.Rows, w.n)
	nodes, wide, exact := p.nodes, p.wide, p.exact
	*p = Partial[T]{order: o.Order, place: w.place, terms: w.k, size: a.Rows * w.n}
	if w.k == 0 {
		return
	}
	spans := p.spans()
	switch kind := o.Order.Kind(); kind {
	case reduce.KindPairwise, reduce.KindDoubleDouble:
		p.nodes = nodesIn(nodes, spans, p.size, kind == reduce.KindDoubleDouble)
	case reduce.KindWidened:
		p.wide = nodesIn(wide, spans, p.size, false)
	}
	if p.size == 0 {
		return
	}
	switch o.Order.Kind() {
	case reduce.KindPairwise:
		program := compile(nil, w.place, spans, w.k)
		if len(spans) == 1 { // as it is with even ranks
			evaluateRoot(o, program, a, w, Dense(a.Rows, w.n, p.nodes[0].H))
			return
		}
		evaluateNodes(o, program, a, w, func(node, i, j int, values []T) {
			copy(p.nodes[node].H[i*w.n+j:], values)
		})
	case reduce.KindDoubleDouble:
		t := foldsFrom[T](o.Workspace)
		defer t.release()
		t.order, t.program, t.a, t.b = o.Order, compile(nil, w.place, spans, w.k), leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}
		t.put = func(node, i, j int, h, l []T) {
			copy(p.nodes[node].H[i*w.n+j:], h)
			copy(p.nodes[node].L[i*w.n+j:], l)
		}
		t.run(o.Threads)
	case reduce.KindWidened:
		evaluateNodes(o, compile(nil, w.place, spans, w.k), a, w, func(node, i, j int, values []float64) {
			copy(p.wide[node].H[i*w.n+j:], values)
		})
	case reduce.KindBinned:
		p.bins = make([]reduce.Bins[T], p.size)
		eachElement(o, a, w, func(at int, x, y []T) {
			p.bins[at] = reduce.NewBins[T](o.Order.Fold())
			p.bins[at].AddProducts(x, y, 1)
		})
	case reduce.KindExact:
		clear(grow(&exact, p.size))
		p.exact = exact
		addProducts(p, o, a, w)
	default:
		p.value = make([]T, p.size)
		multiply(o, finish[T]{alpha: 1}, a, w, Dense(a.Rows, w.n, p.value))
	}
}

// eachElement calls f for every element, with its index, its row of a and its column of w.
func eachElement[T Float](o Options, a Matrix[T], w *Weights[T], f func(at int, x, y []T)) {
	var spare vectors[T]
	spare.prepare(o.Threads, w.k)
	parallel.For(o.Threads, w.n, func(j int) {
		v := spare.take()
		defer v.give()
		y := v.data
		rightOperand[T]{w: w}.column(j, y)
		for i := range a.Rows {
			f(i*w.n+j, a.Row(i), y)
		}
	})
}

// nodesIn returns nodes of those spans, of any values, in the memory of others where it is enough.
func nodesIn[S Float](old []reduce.Node[S], spans []reduce.Span, size int, paired bool) []reduce.Node[S] {
	nodes := slices.Grow(old[:0], len(spans))[:len(spans)]
	for k, span := range spans {
		h, l := nodes[k].H, nodes[k].L
		grow(&h, size)
		if paired {
			grow(&l, size)
		} else {
			l = nil
		}
		nodes[k] = reduce.NewNode(span, h, l)
	}
	return nodes
}

// FromValue returns the partial product of a backend that has no state but the
// finished value of its part, in an order that depends on cuts. Of others it is an error, and of
// terms that are no part of the contraction of place, cut between leaves. It keeps value.
func FromValue[T Float](order reduce.Order, place Contraction, terms int, value []T) (*Partial[T], error) {
	if order.CutInvariant() {
		return nil, fmt.Errorf("gemm: order %v needs more than the value of a part", order)
	}
	if err := place.check(terms); err != nil {
		return nil, err
	}
	return &Partial[T]{order: order, place: place, terms: terms, size: len(value), value: value}, nil
}

// Size returns the number of elements, M*N.
func (p *Partial[T]) Size() int { return p.size }

// Order returns the order of the product.
func (p *Partial[T]) Order() reduce.Order { return p.order }

// Nodes returns the number of nodes in the cover of the part: 0 for a part of no
// terms, and 1 in the orders without a tree.
func (p *Partial[T]) Nodes() int {
	if p.terms == 0 {
		return 0
	}
	return max(1, len(p.nodes), len(p.wide))
}

// alone is Alone, which compiled.go calls for each type.
func alone[T Float](p *Partial[T], dst []T) {
	if len(dst) != p.size {
		panic(fmt.Sprintf("gemm: part of %s finished into %d", plural.Of(p.size, "element"), len(dst)))
	}
	finished := finish[T]{alpha: 1}
	switch {
	case p.terms == 0:
		clear(dst)
	case p.nodes != nil:
		root := fold(p.nodes)
		for i, h := range root.H {
			if root.L != nil {
				h = reduce.FinishPair(h, root.L[i])
			}
			dst[i] = finished.value(h, 0)
		}
	case p.wide != nil:
		for i, h := range fold(p.wide).H {
			dst[i] = finished.value(T(h), 0)
		}
	case p.bins != nil:
		for i, sum := range p.bins {
			dst[i] = finished.value(sum.Round(), 0)
		}
	case p.exact != nil:
		for i, sum := range p.exact { // a copy: finishing adds to it
			dst[i] = finished.superaccumulator(&sum, 0)
		}
	default:
		copy(dst, p.value)
	}
}

// fold joins the nodes of a cover from right to left, leaving them as they were.
func fold[S Float](nodes []reduce.Node[S]) reduce.Node[S] {
	root := nodes[len(nodes)-1]
	for k := len(nodes) - 2; k >= 0; k-- {
		left := nodes[k]
		joined := reduce.Node[S]{Span: reduce.Span{Lo: left.Lo, Hi: root.Hi}, H: slices.Clone(left.H), L: slices.Clone(left.L)}
		if left.L == nil {
			reduce.AddPlain(joined.H, root.H)
		} else {
			reduce.AddPairs(joined.H, joined.L, root.H, root.L)
		}
		root = joined
	}
	return root
}

// Slice returns the state of the elements [lo, hi), sharing memory. It panics unless 0 <= lo <= hi
// <= Size.
func (p *Partial[T]) Slice(lo, hi int) *Partial[T] {
	if lo < 0 || lo > hi || hi > p.size {
		panic(fmt.Sprintf("gemm: elements [%d,%d) of a part of %d", lo, hi, p.size))
	}
	s := *p
	s.size = hi - lo
	s.nodes, s.wide = sliceNodes(p.nodes, lo, hi), sliceNodes(p.wide, lo, hi)
	if p.bins != nil {
		s.bins = p.bins[lo:hi]
	}
	if p.exact != nil {
		s.exact = p.exact[lo:hi]
	}
	if p.value != nil {
		s.value = p.value[lo:hi]
	}
	return &s
}

func sliceNodes[S Float](nodes []reduce.Node[S], lo, hi int) []reduce.Node[S] {
	if nodes == nil { // in another order
		return nil
	}
	out := make([]reduce.Node[S], len(nodes))
	for k, n := range nodes {
		out[k] = sliceNode(n, lo, hi)
	}
	return out
}

func sliceNode[S Float](n reduce.Node[S], lo, hi int) reduce.Node[S] {
	var l []S
	if n.L != nil {
		l = n.L[lo:hi]
	}
	return reduce.NewNode(n.Span, n.H[lo:hi], l)
}

// Bytes returns the size of the state on its way to another rank: its numbers,
// without the fixed header that says which nodes they are.
func (p *Partial[T]) Bytes() int {
	n := len(p.value) * sizeOf[T]()
	for _, node := range p.nodes {
		n += (len(node.H) + len(node.L)) * sizeOf[T]()
	}
	for _, node := range p.wide {
		n += len(node.H) * sizeOf[float64]()
	}
	for _, sum := range p.bins {
		n += sum.EncodedLen()
	}
	for _, sum := range p.exact { // a copy: EncodedLen brings it into canonical form
		n += sum.EncodedLen()
	}
	return n
}

func sizeOf[T Float]() int {
	var x T
	return int(unsafe.Sizeof(x))
}
