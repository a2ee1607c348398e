package reduce

import (
	"encoding/binary"
	"fmt"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
)

// The form that states of the elements of a product have between the ranks of one
// run, which agree on the order and the type beforehand: as short as they can be read
// without more. What is to be kept has the form of MarshalBinary.

const (
	wireHeader   = 16 // bytes before the digits of an exact sum
	wireAsides   = 4 * 8
	wireNegative = 1 << 0
	wireAside    = 1 << 1 // the counts of the kinds follow the header
)

// EncodedLen returns the bytes that AppendWire appends: 16, 4 for each canonical
// digit, and 32 where some terms are infinities, NaN or -0.
func (a *Superaccumulator) EncodedLen() int {
	a.carry()
	n := wireHeader + 4*(a.hi-a.lo)
	if a.aside != [ordinary]int64{} {
		n += wireAsides
	}
	return n
}

// AppendWire appends the state as it travels between the ranks of a product: the
// number of terms, lowest and number of the digits, and flags, of 8, 2, 2 and 4
// bytes; the counts of +Inf, -Inf, NaN and -0, 8 bytes each, if the flags say so; the
// digits, 4 bytes each. All are little-endian. Equal sums have equal bytes. For the
// self-contained form see AppendBinary. It brings a into canonical form.
func (a *Superaccumulator) AppendWire(b []byte) []byte {
	le, e, flags := binary.LittleEndian, a.state(), uint32(0)
	if e.negative {
		flags |= wireNegative
	}
	if e.aside != (asideCounts{}) {
		flags |= wireAside
	}
	b = le.AppendUint64(b, uint64(a.count))
	b = le.AppendUint16(b, uint16(e.lowest))
	b = le.AppendUint16(b, uint16(len(e.digits)))
	b = le.AppendUint32(b, flags)
	if flags&wireAside != 0 {
		b = e.aside.appendBinary(b)
	}
	for _, d := range e.digits {
		b = le.AppendUint32(b, d)
	}
	return b
}

// ReadWire makes a the state that AppendWire appended, and returns what follows it.
// It is an error, and a stays as it is, if b does not begin with the state of a sum.
func (a *Superaccumulator) ReadWire(b []byte) (rest []byte, err error) {
	r := &stateReader{left: b}
	count, lowest, digits, flags := r.uint(8), r.uint(2), r.uint(2), r.uint(4)
	e := &exactState{negative: flags&wireNegative != 0, lowest: lowest}
	if flags&wireAside != 0 {
		e.aside = readAsides(r)
	}
	for _, d := range r.uints(digits, 4) {
		e.digits = append(e.digits, uint32(d))
	}
	switch {
	case r.short:
		return nil, fmt.Errorf("reduce: exact sum of %s in %s", plural.Of(digits, "digit"), plural.Of(len(b), "byte"))
	case flags&^(wireNegative|wireAside) != 0 || flags&wireAside != 0 && e.aside == (asideCounts{}):
		return nil, fmt.Errorf("reduce: exact sum with flags %#x and %d terms that are no ordinary numbers", flags, e.aside)
	}
	s := &state{version: StateVersion, spec: spec.Sums, order: KindExact, count: count, exact: e}
	if err := s.check(0); err != nil {
		return nil, fmt.Errorf("reduce: exact sum: %w", err)
	}
	a.setState(e, count)
	return r.left, nil
}

// EncodedLen returns the bytes that AppendWire appends: seven words, and two for each
// bin.
func (b *Bins[T]) EncodedLen() int { return 8 * (7 + 2*b.fold) }

// AppendWire appends the state as it travels between the ranks of a product, in
// words of 8 bytes, little-endian: fold, top, the counts of all terms, of those that
// are not -0, of +Inf, -Inf and NaN, and the bins from the top on, each its lower and
// its upper word.
func (b *Bins[T]) AppendWire(to []byte) []byte {
	words := b.words()
	for _, w := range words[:7+2*b.fold] {
		to = binary.LittleEndian.AppendUint64(to, w)
	}
	return to
}

// ReadWire makes b the state that AppendWire appended, and returns what follows it.
// It is an error, and b stays as it is, if from does not begin with the state of a
// sum of that type.
func (b *Bins[T]) ReadWire(from []byte) (rest []byte, err error) {
	r := &stateReader{left: from}
	var words [binWords]uint64
	copy(words[:], r.uints(7, 8))
	fold := words[0]
	if fold < minFold || fold > maxFold {
		return nil, fmt.Errorf("reduce: binned sum of fold %d in %s: want %d to %d", fold, plural.Of(len(from), "byte"), minFold, maxFold)
	}
	copy(words[7:], r.uints(2*fold, 8))
	if r.short {
		return nil, fmt.Errorf("reduce: binned sum of fold %d in %s", fold, plural.Of(len(from), "byte"))
	}
	read, err := binsOf[T](words)
	if err != nil {
		return nil, fmt.Errorf("reduce: %w", err)
	}
	*b = read
	return r.left, nil
}
