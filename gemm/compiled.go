package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Who calls a generic function compiles it, with all that it calls, once more: a package that multiplies
// would compile this one and most of reduce, for each type. Here that ends. What follows the functions of
// one type below is compiled with this package alone, and they are not inlined, so that it stays here.

// multiplyOnce sets C from operands as they lie, or from a and weights.
func multiplyOnce[T Float](o Options, f finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	if kernel.Is64[T]() {
		multiply64(o, kernel.Cast[finish[float64]](f), place, kernel.Cast[leftOperand[float64]](a), kernel.Cast[rightOperand[float64]](b), kernel.Cast[Matrix[float64]](c))
		return
	}
	multiply32(o, kernel.Cast[finish[float32]](f), place, kernel.Cast[leftOperand[float32]](a), kernel.Cast[rightOperand[float32]](b), kernel.Cast[Matrix[float32]](c))
}

//go:noinline
func multiply64(o Options, f finish[float64], place Contraction, a leftOperand[float64], b rightOperand[float64], c Matrix[float64]) {
	multiplyOperands(o, f, place, a, b, c)
}

//go:noinline
func multiply32(o Options, f finish[float32], place Contraction, a leftOperand[float32], b rightOperand[float32], c Matrix[float32]) {
	multiplyOperands(o, f, place, a, b, c)
}

// compute evaluates the part of the product of a and w, in the memory of p's nodes or sums if that is
// enough. The rows of a are its columns place.From to place.From+K of the whole left operand.
func (p *Partial[T]) compute(o Options, a Matrix[T], w *Weights[T]) {
	if kernel.Is64[T]() {
		compute64(kernel.Cast[*Partial[float64]](p), o, kernel.Cast[Matrix[float64]](a), kernel.Cast[*Weights[float64]](w))
		return
	}
	compute32(kernel.Cast[*Partial[float32]](p), o, kernel.Cast[Matrix[float32]](a), kernel.Cast[*Weights[float32]](w))
}

//go:noinline
func compute64(p *Partial[float64], o Options, a Matrix[float64], w *Weights[float64]) {
	computePart(p, o, a, w)
}

//go:noinline
func compute32(p *Partial[float32], o Options, a Matrix[float32], w *Weights[float32]) {
	computePart(p, o, a, w)
}

// Join sets dst to the finished product from the states of all its parts, given
// in the order of their terms. Trees, Binned and Exact merge them: the bits are those of
// the product at once, whatever the cuts. The other orders fold the values of the
// parts: Shuffled by its seed, Arrival as they are given, and the folds from left
// to right. Parts of no terms are passed over.
//
// It is an error if the parts do not make up the whole contraction, or differ in
// order or size.
func Join[T Float](parts []*Partial[T], dst []T) error {
	if kernel.Is64[T]() {
		return join64(kernel.Cast[[]*Partial[float64]](parts), kernel.As[float64](dst))
	}
	return join32(kernel.Cast[[]*Partial[float32]](parts), kernel.As[float32](dst))
}

//go:noinline
func join64(parts []*Partial[float64], dst []float64) error { return join(parts, dst) }

//go:noinline
func join32(parts []*Partial[float32], dst []float32) error { return join(parts, dst) }

// Alone sets dst to the part's own value, finished as if its terms were the whole
// contraction: what a rank contributes to an all-reduce. The nodes of a cover are
// joined from right to left; in the orders that depend on cuts it is the value
// that travels. A part of no terms is +0. It panics if dst has not Size elements.
func (p *Partial[T]) Alone(dst []T) {
	if kernel.Is64[T]() {
		alone64(kernel.Cast[*Partial[float64]](p), kernel.As[float64](dst))
		return
	}
	alone32(kernel.Cast[*Partial[float32]](p), kernel.As[float32](dst))
}

//go:noinline
func alone64(p *Partial[float64], dst []float64) { alone(p, dst) }

//go:noinline
func alone32(p *Partial[float32], dst []float32) { alone(p, dst) }

// AppendWire appends the state as it travels to another rank: 80 bytes that say
// what it is, and its numbers, little-endian, Bytes() of them. The nodes of a tree
// follow one another, of pairs first all h and then all l; which nodes they are
// follows from the place.
func (p *Partial[T]) AppendWire(b []byte) []byte {
	if kernel.Is64[T]() {
		return appendWire64(kernel.Cast[*Partial[float64]](p), b)
	}
	return appendWire32(kernel.Cast[*Partial[float32]](p), b)
}

//go:noinline
func appendWire64(p *Partial[float64], b []byte) []byte { return appendWire(p, b) }

//go:noinline
func appendWire32(p *Partial[float32], b []byte) []byte { return appendWire(p, b) }

// ReadPartial returns the state that AppendWire appended. It is an error if b is
// anything but such a state of T, of the order given.
func ReadPartial[T Float](b []byte, order reduce.Order) (*Partial[T], error) {
	if kernel.Is64[T]() {
		p, err := read64(b, order)
		return kernel.Cast[*Partial[T]](p), err
	}
	p, err := read32(b, order)
	return kernel.Cast[*Partial[T]](p), err
}

//go:noinline
func read64(b []byte, order reduce.Order) (*Partial[float64], error) {
	return readPartial[float64](b, order)
}

//go:noinline
func read32(b []byte, order reduce.Order) (*Partial[float32], error) {
	return readPartial[float32](b, order)
}
