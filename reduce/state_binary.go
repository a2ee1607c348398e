package reduce

import (
	"encoding/binary"
	"fmt"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
)

// The bytes of a state: SPEC.md, section 10.
const (
	stateMagic  = "samebits"
	stateHeader = 32 // bytes before the nodes, the bins or the digits
)

// stateCodes are the orders in the bytes of a state, by code.
var stateCodes = [...]Kind{1: KindPairwise, 2: KindDoubleDouble, 3: KindWidened, 4: KindExact, 5: KindBinned}

// MarshalBinary returns the state in its one form in bytes: that of AppendBinary.
func (a *Accumulator[T]) MarshalBinary() ([]byte, error) { return a.AppendBinary(nil) }

// AppendBinary appends the state to b in the form of SPEC.md, section 10, in which
// a state has one form on every machine, however it came about: O(log n) rows of
// 128 bytes, or 256 for pairs and float64; under Binned 65 bytes and 16 for each bin;
// under Exact 73 bytes and the digits.
// NaN values become the canonical one. It is an error if a is the zero
// Accumulator, or if so much was removed that no sum has this state.
func (a *Accumulator[T]) AppendBinary(b []byte) ([]byte, error) {
	s, err := a.state()
	if err != nil {
		return b, err
	}
	return s.appendBinary(b), nil
}

// UnmarshalBinary makes a the state with those bytes, whatever it was before. It is
// an error, and a stays as it is, unless they are what MarshalBinary makes of some
// Accumulator[T], under this version of SPEC.md.
func (a *Accumulator[T]) UnmarshalBinary(data []byte) error {
	s, err := parseBinary(data, bitsOf[T]())
	if err != nil {
		return fmt.Errorf("reduce: state of %s: %w", plural.Of(len(data), "byte"), err)
	}
	return a.setState(s)
}

// MarshalBinary returns the state in its one form in bytes: that of AppendBinary.
func (a *Superaccumulator) MarshalBinary() ([]byte, error) { return a.AppendBinary(nil) }

// AppendBinary appends the state to b in the form of SPEC.md, section 10, as
// Accumulator does under Exact, but with no type and no index. It is an error if so
// much was removed that no sum has this state.
func (a *Superaccumulator) AppendBinary(b []byte) ([]byte, error) {
	s, err := a.wholeState()
	if err != nil {
		return b, err
	}
	return s.appendBinary(b), nil
}

// UnmarshalBinary makes a the state with those bytes, whatever it was before. It is
// an error, and a stays as it is, unless they are what MarshalBinary makes of some
// Superaccumulator, under this version of SPEC.md.
func (a *Superaccumulator) UnmarshalBinary(data []byte) error {
	s, err := parseBinary(data, 0)
	if err != nil {
		return fmt.Errorf("reduce: state of %s: %w", plural.Of(len(data), "byte"), err)
	}
	return a.setWholeState(s)
}

// wholeState is the state with its header.
func (a *Superaccumulator) wholeState() (*state, error) {
	s := &state{version: StateVersion, spec: spec.Sums, order: KindExact, count: uint64(a.count), exact: a.state()}
	if err := s.check(0); err != nil {
		return nil, fmt.Errorf("reduce: no sum has this state: %w", err)
	}
	return s, nil
}

func (a *Superaccumulator) setWholeState(s *state) error {
	if err := s.check(0); err != nil {
		return fmt.Errorf("reduce: state: %w", err)
	}
	a.setState(s.exact, s.count)
	return nil
}

func (s *state) appendBinary(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, stateMagic...)
	b = le.AppendUint16(b, uint16(s.version))
	b = le.AppendUint16(b, uint16(s.spec))
	b = append(b, s.code(), byte(s.bits), byte(s.lanes), byte(s.parameter))
	b = le.AppendUint64(b, s.start)
	b = le.AppendUint64(b, s.count)
	switch {
	case s.binned != nil:
		return s.binned.appendBinary(b)
	case s.exact != nil:
		return s.exact.appendBinary(b)
	}
	b = le.AppendUint32(b, uint32(len(s.nodes)))
	for _, n := range s.nodes {
		b = append(b, byte(n.level), byte(n.from), byte(n.to))
		b = le.AppendUint64(b, n.index)
		for _, values := range [][]uint64{n.h, n.l} {
			for _, v := range values {
				if s.valueBits() == 32 {
					b = le.AppendUint32(b, uint32(v))
				} else {
					b = le.AppendUint64(b, v)
				}
			}
		}
	}
	return b
}

func (s *state) code() byte {
	for code, k := range stateCodes {
		if code > 0 && k == s.order {
			return byte(code)
		}
	}
	panic(fmt.Sprintf("reduce: order %v has no code in states", s.order))
}

func (a asideCounts) appendBinary(b []byte) []byte {
	for _, n := range a {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

func (e *exactState) appendBinary(b []byte) []byte {
	le := binary.LittleEndian
	b = e.aside.appendBinary(b)
	sign := byte(0)
	if e.negative {
		sign = 1
	}
	b = append(b, sign)
	b = le.AppendUint32(b, uint32(e.lowest))
	b = le.AppendUint32(b, uint32(len(e.digits)))
	for _, d := range e.digits {
		b = le.AppendUint32(b, d)
	}
	return b
}

// stateReader reads numbers, little-endian, from the front of what is left. After
// the end it reads zeros and says so in short.
type stateReader struct {
	left  []byte
	short bool
}

func (r *stateReader) uint(bytes int) uint64 {
	if len(r.left) < bytes {
		r.left, r.short = nil, true
		return 0
	}
	v := uint64(0)
	for i, b := range r.left[:bytes] {
		v |= uint64(b) << (8 * i)
	}
	r.left = r.left[bytes:]
	return v
}

// uints reads n numbers, if there are so many.
func (r *stateReader) uints(n uint64, bytes int) []uint64 {
	if n > uint64(len(r.left)/bytes) {
		r.left, r.short = nil, true
		return nil
	}
	v := make([]uint64, n)
	for i := range v {
		v[i] = r.uint(bytes)
	}
	return v
}

// parseBinary reads a state of terms of the given width. What stands in its header
// is checked, the rest only for its length.
func parseBinary(data []byte, wantBits uint64) (*state, error) {
	if len(data) < stateHeader {
		return nil, fmt.Errorf("want %d at least", stateHeader)
	}
	if magic := data[:len(stateMagic)]; string(magic) != stateMagic {
		return nil, fmt.Errorf("it begins with %q: want %q", magic, stateMagic)
	}
	r := &stateReader{left: data[len(stateMagic):]}
	s := &state{version: r.uint(2), spec: r.uint(2)}
	if s.version != StateVersion { // before its codes are read
		return nil, fmt.Errorf("form of version %d: want %d", s.version, StateVersion)
	}
	code := r.uint(1)
	if code == 0 || code >= uint64(len(stateCodes)) {
		return nil, fmt.Errorf("order of code %d: want 1 to %d", code, len(stateCodes)-1)
	}
	s.order = stateCodes[code]
	s.bits, s.lanes, s.parameter = r.uint(1), r.uint(1), r.uint(1)
	s.start, s.count = r.uint(8), r.uint(8)
	if err := s.checkHeader(wantBits); err != nil {
		return nil, err
	}
	switch s.order {
	case KindBinned:
		s.binned = readBinned(r, int(s.parameter))
	case KindExact:
		if err := s.readExact(r); err != nil {
			return nil, err
		}
	default:
		s.readNodes(r)
	}
	switch {
	case r.short:
		return nil, fmt.Errorf("it ends too early for %s from index %d in order %v", plural.Of(s.count, "term"), s.start, s.order)
	case len(r.left) > 0:
		return nil, fmt.Errorf("%s too many", plural.Of(len(r.left), "byte"))
	}
	return s, nil
}

func (s *state) readNodes(r *stateReader) {
	width := 4
	if s.valueBits() == 64 {
		width = 8
	}
	for n := r.uint(4); n > 0 && !r.short; n-- {
		var node stateNode
		node.level, node.from, node.to = r.uint(1), r.uint(1), r.uint(1)
		node.index = r.uint(8)
		present := node.to - min(node.from, node.to)
		node.h = r.uints(present, width)
		if s.paired() {
			node.l = r.uints(present, width)
		}
		s.nodes = append(s.nodes, node)
	}
}

func readAsides(r *stateReader) (a asideCounts) {
	for k := range a {
		a[k] = r.uint(8)
	}
	return a
}

func (s *state) readExact(r *stateReader) error {
	s.exact = &exactState{aside: readAsides(r)}
	sign := r.uint(1)
	if sign > 1 {
		return fmt.Errorf("sign %d: want 0 or 1", sign)
	}
	s.exact.negative = sign == 1
	s.exact.lowest = r.uint(4)
	for _, d := range r.uints(r.uint(4), 4) {
		s.exact.digits = append(s.exact.digits, uint32(d))
	}
	return nil
}
