package gemm

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// wireFields are the numbers before the state of a Partial: kind, fold, leaf and seed
// of the order, K, From, Leaf and Growing of the place, terms and elements.
const wireFields = 10

// maxWireLeaf is the largest leaf that an order can have.
const maxWireLeaf = 65535

// appendWire is AppendWire, which compiled.go calls for each type.
func appendWire[T Float](p *Partial[T], b []byte) []byte {
	le := binary.LittleEndian
	growing := uint64(0)
	if p.place.Growing {
		growing = 1
	}
	for _, v := range [wireFields]uint64{
		uint64(p.order.Kind()), uint64(p.order.Fold()), uint64(p.order.Leaf()), p.order.Seed(),
		uint64(p.place.K), uint64(p.place.From), uint64(p.place.Leaf), growing, uint64(p.terms), uint64(p.size),
	} {
		b = le.AppendUint64(b, v)
	}
	for _, n := range p.nodes {
		b = appendFloats(appendFloats(b, n.H), n.L)
	}
	for _, n := range p.wide {
		b = appendFloats(b, n.H)
	}
	for i := range p.bins {
		b = p.bins[i].AppendWire(b)
	}
	for _, sum := range p.exact { // a copy: AppendWire brings it into canonical form
		b = sum.AppendWire(b)
	}
	return appendFloats(b, p.value)
}

func appendFloats[S Float](b []byte, x []S) []byte {
	b, err := binary.Append(b, binary.LittleEndian, x)
	if err != nil {
		panic("gemm: " + err.Error()) // of a type that has no fixed size
	}
	return b
}

// readPartial is ReadPartial, which compiled.go calls for each type.
func readPartial[T Float](b []byte, order reduce.Order) (*Partial[T], error) {
	r := &wireReader{left: b}
	p, err := readHeader[T](r, order)
	switch {
	case r.short:
		return nil, fmt.Errorf("gemm: part of %s: want %d at least, which say what it is", plural.Of(len(b), "byte"), 8*wireFields)
	case err != nil:
		return nil, err
	}
	if p.terms > 0 {
		readState(p, r)
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case r.short:
		return nil, fmt.Errorf("gemm: part of %s in order %v ends after %s", plural.Of(p.size, "element"), order, plural.Of(len(b), "byte"))
	case len(r.left) > 0:
		return nil, fmt.Errorf("gemm: part of %s in order %v has %s too many", plural.Of(p.size, "element"), order, plural.Of(len(r.left), "byte"))
	}
	return p, nil
}

// readHeader reads what a part is.
func readHeader[T Float](r *wireReader, order reduce.Order) (*Partial[T], error) {
	kind, fold, leaf, seed := r.uint(), r.uint(), r.uint(), r.uint()
	place := Contraction{K: r.int(), From: r.int(), Leaf: r.int()}
	growing := r.uint()
	place.Growing = growing == 1
	p := &Partial[T]{order: order, place: place, terms: r.int(), size: r.int()}
	if kind != uint64(order.Kind()) || fold != uint64(order.Fold()) || leaf != uint64(order.Leaf()) || seed != order.Seed() {
		return nil, fmt.Errorf("gemm: part in order of kind %d, fold %d, leaf %d, seed %d: want %v", kind, fold, leaf, seed, order)
	}
	if growing > 1 {
		return nil, fmt.Errorf("gemm: part of a contraction with growing %d: want 0 or 1", growing)
	}
	if place.Leaf > maxWireLeaf || place.K > math.MaxInt-maxWireLeaf {
		return nil, fmt.Errorf("gemm: part of a contraction over %v: want leaves of %d at most", place, maxWireLeaf)
	}
	if p.size < 0 || p.size > len(r.left) && p.terms > 0 {
		return nil, fmt.Errorf("gemm: part of %s in %s", plural.Of(p.size, "element"), plural.Of(len(r.left), "byte"))
	}
	return p, place.check(p.terms)
}

// readState reads the numbers of a part that has terms.
func readState[T Float](p *Partial[T], r *wireReader) {
	switch p.order.Kind() {
	case reduce.KindPairwise, reduce.KindDoubleDouble:
		p.nodes = readNodes[T](r, p.spans(), p.size, p.order.Kind() == reduce.KindDoubleDouble)
	case reduce.KindWidened:
		p.wide = readNodes[float64](r, p.spans(), p.size, false)
	case reduce.KindBinned:
		p.bins = make([]reduce.Bins[T], p.size)
		for i := range p.bins {
			r.read(p.bins[i].ReadWire)
			if r.err == nil && p.bins[i].Fold() != p.order.Fold() {
				r.err = fmt.Errorf("gemm: element %d has %s: want %d", i, plural.Of(p.bins[i].Fold(), "bin"), p.order.Fold())
			}
		}
	case reduce.KindExact:
		p.exact = make([]reduce.Superaccumulator, p.size)
		for i := range p.exact {
			r.read(p.exact[i].ReadWire)
		}
	default:
		p.value = readFloats[T](r, p.size)
	}
}

// spans returns the cover of the part.
func (p *Partial[T]) spans() []reduce.Span { return p.place.tree().Cover(p.place.leaves(p.terms)) }

func readNodes[S Float](r *wireReader, spans []reduce.Span, size int, paired bool) []reduce.Node[S] {
	nodes := make([]reduce.Node[S], len(spans))
	for k, span := range spans {
		h := readFloats[S](r, size)
		var l []S
		if paired {
			l = readFloats[S](r, size)
		}
		if r.short {
			return nil
		}
		nodes[k] = reduce.NewNode(span, h, l)
	}
	return nodes
}

func readFloats[S Float](r *wireReader, n int) []S {
	b := r.bytes(n, sizeOf[S]())
	if r.short {
		return nil
	}
	x := make([]S, n)
	if _, err := binary.Decode(b, binary.LittleEndian, x); err != nil {
		panic("gemm: " + err.Error()) // of a type that has no fixed size
	}
	return x
}

// wireReader reads from the front of what is left. After the end, or an error, it
// reads zeros.
type wireReader struct {
	left  []byte
	short bool
	err   error
}

// bytes returns the next n*size bytes.
func (r *wireReader) bytes(n, size int) []byte {
	if r.short || r.err != nil || n > len(r.left)/size {
		r.short = true
		return nil
	}
	b := r.left[:n*size]
	r.left = r.left[n*size:]
	return b
}

func (r *wireReader) uint() uint64 {
	if b := r.bytes(1, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// int reads a number that counts. One that this machine cannot count to is -1,
// which nothing has.
func (r *wireReader) int() int {
	v := r.uint()
	if v > math.MaxInt {
		return -1
	}
	return int(v)
}

// read reads what one's own format says.
func (r *wireReader) read(from func([]byte) ([]byte, error)) {
	if !r.short && r.err == nil {
		rest, err := from(r.left)
		r.left, r.err = rest, err
	}
}
