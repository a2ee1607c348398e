package reduce

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
)

// StateVersion is the version of the form of serialized states: SPEC.md, section
// 10. It grows with any change of the form.
const StateVersion = 1

// A state is what a serialized state says, in bytes or in JSON. All numbers are as
// wide as the form allows, since they come from outside; check says whether they
// can be those of a sum.
type state struct {
	version, spec uint64
	order         Kind
	parameter     uint64 // of the order: the fold of Binned, or 0
	bits          uint64 // of the type of the terms; 0 of a Superaccumulator
	lanes         uint64 // 0 under Binned and Exact
	start, count  uint64
	nodes         []stateNode  // of the orders with lanes
	binned        *binnedState // of Binned
	exact         *exactState  // of Exact
}

// A stateNode is a node with the values of its lanes [from, to) as bits.
type stateNode struct {
	place
	h, l []uint64 // l is empty unless the values are pairs
}

// A place is a node of the growing tree of rows, [index * 2^level, (index+1) *
// 2^level), and those of its lanes that are present: all, but at level 0.
type place struct{ level, index, from, to uint64 }

// asideCounts are the counts of the terms of the kinds that are not ordinary.
type asideCounts [ordinary]uint64

// An exactState is the sum of the ordinary terms: ± the integer with these digits of
// 32 bits, the lowest first, times 2^(32*lowest - 2176).
type exactState struct {
	aside    asideCounts
	negative bool
	lowest   uint64
	digits   []uint32
}

// maxTerms bounds the indexes of terms, in the form and, on 64-bit machines, in
// memory.
const maxTerms = math.MaxInt64

// paired tells whether the values of nodes are pairs.
func (s *state) paired() bool { return s.order == KindDoubleDouble }

// valueBits is the width of the values of nodes.
func (s *state) valueBits() uint64 {
	if s.order == KindWidened {
		return 64
	}
	return s.bits
}

// places returns the one list of nodes that a state of lanes has: its terms within
// the first row, where they do not begin with it, then the maximal nodes of whole
// rows, then the terms within the last row.
func places(start, count, lanes uint64) []place {
	var list []place
	for at, end := start, start+count; at < end; {
		row, lane := at/lanes, at%lanes
		if lane > 0 || end-at < lanes {
			p := place{index: row, from: lane, to: min(lanes, lane+end-at)}
			list, at = append(list, p), at+p.to-p.from
			continue
		}
		level := uint64(bits.Len64(end/lanes-row)) - 1
		if row > 0 {
			level = min(level, uint64(bits.TrailingZeros64(row)))
		}
		list, at = append(list, place{level, row >> level, 0, lanes}), at+lanes<<level
	}
	return list
}

// check returns an error unless the state is that of a sum of terms of the given
// width (0 for a Superaccumulator).
func (s *state) check(wantBits uint64) error {
	if err := s.checkHeader(wantBits); err != nil {
		return err
	}
	if (s.binned != nil) != (s.order == KindBinned) || (s.exact != nil) != (s.order == KindExact) {
		return fmt.Errorf("order %v with bins: %t, digits of an exact sum: %t", s.order, s.binned != nil, s.exact != nil)
	}
	switch s.order {
	case KindBinned, KindExact:
		if len(s.nodes) > 0 {
			return fmt.Errorf("%s in order %v: want none", plural.Of(len(s.nodes), "node"), s.order)
		}
		if s.order == KindBinned {
			return s.checkBinned()
		}
		return s.checkExact()
	}
	return s.checkNodes()
}

// checkHeader is check of all but the nodes or the digits.
func (s *state) checkHeader(wantBits uint64) error {
	switch {
	case s.version != StateVersion:
		return fmt.Errorf("form of version %d: want %d", s.version, StateVersion)
	case s.spec != spec.Sums:
		return fmt.Errorf("bits of version %d of SPEC.md: want %d", s.spec, spec.Sums)
	case s.bits != wantBits:
		return fmt.Errorf("terms of type %s: want %s", typeName(s.bits), typeName(wantBits))
	case s.order == KindWidened && s.bits != 32:
		return fmt.Errorf("order %v of terms of type %s: want f32", s.order, typeName(s.bits))
	case s.bits == 0 && s.order != KindExact:
		return fmt.Errorf("order %v of terms of type %s: want exact", s.order, typeName(s.bits))
	case s.order == KindBinned && (s.parameter < minFold || s.parameter > maxFold):
		return fmt.Errorf("parameter %d of order %v, its fold: want %d to %d", s.parameter, s.order, minFold, maxFold)
	case s.order != KindBinned && s.parameter != 0:
		return fmt.Errorf("parameter %d of order %v: want 0", s.parameter, s.order)
	case s.lanes != s.wantLanes():
		return fmt.Errorf("%s in order %v of type %s: want %d", plural.Of(s.lanes, "lane"), s.order, typeName(s.bits), s.wantLanes())
	case s.start > maxTerms || s.count > maxTerms-s.start:
		return fmt.Errorf("%s from index %d: want them to end at %d at most", plural.Of(s.count, "term"), s.start, uint64(maxTerms))
	case s.bits != 0 && s.start+s.count > math.MaxInt:
		return fmt.Errorf("%s from index %d: this machine counts to %d", plural.Of(s.count, "term"), s.start, math.MaxInt)
	case s.bits == 0 && s.start != 0:
		return fmt.Errorf("superaccumulator from index %d: want 0", s.start)
	}
	return nil
}

func (s *state) wantLanes() uint64 {
	switch {
	case s.order == KindBinned || s.order == KindExact:
		return 0
	case s.bits == 64:
		return uint64(Lanes[float64]())
	}
	return uint64(Lanes[float32]())
}

func (s *state) checkNodes() error {
	want := places(s.start, s.count, s.lanes)
	if len(s.nodes) != len(want) {
		return fmt.Errorf("%s over %s from index %d: want %d", plural.Of(len(s.nodes), "node"), plural.Of(s.count, "term"), s.start, len(want))
	}
	for k, n := range s.nodes {
		if n.place != want[k] {
			return fmt.Errorf("node %d is %v: want %v", k, n.place, want[k])
		}
		width, lows := n.to-n.from, uint64(0)
		if s.paired() {
			lows = width
		}
		if uint64(len(n.h)) != width || uint64(len(n.l)) != lows {
			return fmt.Errorf("node %d has %d and %s: want %d and %d", k, len(n.h), plural.Of(len(n.l), "value"), width, lows)
		}
		for _, values := range [][]uint64{n.h, n.l} {
			if err := s.checkValues(values); err != nil {
				return fmt.Errorf("node %d: %w", k, err)
			}
		}
	}
	return nil
}

// checkValues refuses a NaN but the canonical one.
func (s *state) checkValues(values []uint64) error {
	infinity, canonical := uint64(0x7ff0000000000000), kernel.Bits(kernel.NaN[float64]())
	if s.valueBits() == 32 {
		infinity, canonical = 0x7f800000, kernel.Bits(kernel.NaN[float32]())
	}
	for i, v := range values {
		if magnitude := v &^ (1 << (s.valueBits() - 1)); magnitude > infinity && v != canonical {
			return fmt.Errorf("value %d is the NaN %x: want %x", i, v, canonical)
		}
	}
	return nil
}

func (p place) String() string {
	return fmt.Sprintf("level %d, index %d, lanes %d to %d", p.level, p.index, p.from, p.to)
}

// ordinaryTerms returns how many of count terms are ordinary, or an error if they are
// not so many in all.
func (a asideCounts) ordinaryTerms(count uint64) (uint64, error) {
	for k, n := range a {
		if n > count {
			return 0, fmt.Errorf("%d terms that are %v: want %d at most", n, kind(k), count)
		}
		count -= n
	}
	return count, nil
}

// checkExact refuses what no sum of so many terms has. A term, or a product of two,
// is a multiple of 2^-2148 and below 2^2048; of float32, of 2^-298 and below 2^256.
func (s *state) checkExact() error {
	e := s.exact
	ordinaryTerms, err := e.aside.ordinaryTerms(s.count)
	if err != nil {
		return err
	}
	if e.lowest > limbCount || uint64(len(e.digits)) > limbCount-e.lowest {
		return fmt.Errorf("%s from digit %d: want them to end at %d at most", plural.Of(len(e.digits), "digit"), e.lowest, limbCount)
	}
	n := len(e.digits)
	if n == 0 {
		if e.negative || e.lowest != 0 {
			return fmt.Errorf("a sum of no digits, from digit %d, negative: %t: want 0, false", e.lowest, e.negative)
		}
		return nil
	}
	if e.digits[0] == 0 || e.digits[n-1] == 0 {
		return fmt.Errorf("digits from %08x to %08x: want neither to be 0", e.digits[0], e.digits[n-1])
	}
	unit, bound := -2148, 2048
	if s.bits == 32 {
		unit, bound = -298, 256
	}
	below := limbBits*int(e.lowest) + exponent0
	if low := below + bits.TrailingZeros32(e.digits[0]); low < unit {
		return fmt.Errorf("a digit of weight 2^%d in a sum of type %s: want 2^%d at least", low, typeName(s.bits), unit)
	}
	if ordinaryTerms == 0 {
		return fmt.Errorf("a sum of %s of no ordinary term", plural.Of(n, "digit"))
	}
	high := below + limbBits*(n-1) + bits.Len32(e.digits[n-1])
	if most := bound + bits.Len64(ordinaryTerms-1); high > most {
		return fmt.Errorf("a sum of 2^%d of %d ordinary terms of type %s: want less than 2^%d", high-1, ordinaryTerms, typeName(s.bits), most)
	}
	return nil
}

// typeName is the name of the type of that width.
func typeName(width uint64) string {
	switch width {
	case 0:
		return "any"
	case 32, 64:
		return fmt.Sprintf("f%d", width)
	}
	return fmt.Sprintf("of %d bits", width)
}

func bitsOf[T Float]() uint64 {
	if kernel.Is64[T]() {
		return 64
	}
	return 32
}

// state returns what a says.
func (a *Accumulator[T]) state() (*state, error) {
	s := &state{version: StateVersion, spec: spec.Sums, order: a.order.kind, bits: bitsOf[T](), start: uint64(a.start), count: uint64(a.Count())}
	switch a.order.kind {
	case KindBinned:
		s.parameter, s.binned = uint64(a.bins.fold), a.bins.state()
	case KindExact:
		s.exact = a.exact.state()
	case KindWidened:
		s.lanes, s.nodes = stateOf(a.wide, s)
	case KindPairwise, KindDoubleDouble:
		s.lanes, s.nodes = stateOf(a.plain, s)
	default:
		return nil, fmt.Errorf("reduce: state of %s", orderless)
	}
	if err := s.check(s.bits); err != nil {
		return nil, fmt.Errorf("reduce: no sum has this state: %w", err)
	}
	return s, nil
}

// setState makes a what s says, if that can be. Nothing of a changes otherwise.
func (a *Accumulator[T]) setState(s *state) error {
	if err := s.check(bitsOf[T]()); err != nil {
		return fmt.Errorf("reduce: state: %w", err)
	}
	order := Order{kind: s.order}
	if s.order == KindBinned {
		order = BinnedFold(int(s.parameter))
	}
	b := newAccumulator[T](order, int(s.start))
	b.end += int(s.count)
	switch s.order {
	case KindBinned:
		*b.bins, _ = binsOf[T](s.binnedWords()) // check has seen the error
	case KindExact:
		b.exact.setState(s.exact, s.count)
	case KindWidened:
		setNodes(b.wide, s)
	default:
		setNodes(b.plain, s)
	}
	*a = *b
	return nil
}

// stateOf returns the lanes and the nodes of a cover of the terms that s counts.
func stateOf[S Float](c *laneCover[S], s *state) (lanes uint64, nodes []stateNode) {
	lanes = uint64(c.lanes)
	k := 0
	for _, p := range places(s.start, s.count, lanes) {
		row := c.stateRow(p, &k)
		n := stateNode{place: p, h: canonicalBits(row[p.from:p.to])}
		if c.width > c.lanes {
			n.l = canonicalBits(row[lanes+p.from : lanes+p.to])
		}
		nodes = append(nodes, n)
	}
	return lanes, nodes
}

// setNodes fills an empty cover.
func setNodes[S Float](c *laneCover[S], s *state) {
	k := 0
	for _, n := range s.nodes {
		row := c.stateRow(n.place, &k)
		fromBits(row[n.from:n.to], n.h)
		if c.width > c.lanes {
			fromBits(row[s.lanes+n.from:s.lanes+n.to], n.l)
		}
		if k > len(c.spans) {
			c.spans = append(c.spans, Span{int(n.index << n.level), int((n.index + 1) << n.level)})
		}
	}
}

// stateRow returns the numbers of the node there, the places being asked for in
// their order; k counts the whole rows among them.
func (c *laneCover[S]) stateRow(p place, k *int) []S {
	switch {
	case p.from > 0:
		return c.head
	case p.to < uint64(c.lanes):
		return c.top()
	case *k == len(c.spans):
		*k++
		return c.top()
	}
	*k++
	return c.node(*k - 1)
}

// canonicalBits returns the bits of the values, those of the canonical NaN for any.
func canonicalBits[S Float](values []S) []uint64 {
	b := make([]uint64, len(values))
	for i, v := range values {
		b[i] = kernel.Bits(kernel.Canonical(v))
	}
	return b
}

func fromBits[S Float](dst []S, b []uint64) {
	for i, v := range b {
		if kernel.Is64[S]() {
			dst[i] = S(math.Float64frombits(v))
		} else {
			dst[i] = S(math.Float32frombits(uint32(v)))
		}
	}
}

// state returns what a says. It brings a into canonical form.
func (a *Superaccumulator) state() *exactState {
	a.carry()
	e := &exactState{lowest: uint64(a.lo), negative: a.hi > 0 && a.limb[a.hi-1] < 0}
	for k, n := range a.aside {
		e.aside[k] = uint64(n)
	}
	for _, d := range a.limb[a.lo:a.hi] {
		e.digits = append(e.digits, uint32(max(d, -d)))
	}
	return e
}

// setState makes a what e says.
func (a *Superaccumulator) setState(e *exactState, count uint64) {
	*a = Superaccumulator{lo: int(e.lowest), hi: int(e.lowest) + len(e.digits), count: int64(count)}
	for k, n := range e.aside {
		a.aside[k] = int64(n)
	}
	for i, d := range e.digits {
		v := int64(d)
		if e.negative {
			v = -v
		}
		a.limb[a.lo+i] = v
	}
}
