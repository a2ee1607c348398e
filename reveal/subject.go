package reveal

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
)

// cacheLine is what addresses are taken modulo, in bytes.
const cacheLine = 64

// subject is the function under test: a sum, or a dot product.
type subject[T kernel.Float] struct {
	n          int
	product    bool
	f          func(x, y []T) T
	x, y       arena[T]
	offX, offY int // where the operands begin, in elements past a cache line
}

func newSubject[T kernel.Float](n int, product bool, f func(x, y []T) T) *subject[T] {
	s := &subject[T]{n: n, product: product, f: f, x: newArena[T](n)}
	if product {
		s.y = newArena[T](n)
	}
	return s
}

// arena is memory whose elements begin at a chosen distance from a cache line.
type arena[T kernel.Float] struct {
	data []T
	base int // an element at the begin of a cache line
}

// perLine returns the number of elements in a cache line.
func perLine[T kernel.Float]() int { return cacheLine / int(unsafe.Sizeof(T(0))) }

func newArena[T kernel.Float](n int) arena[T] {
	data := make([]T, n+2*perLine[T]())
	return arena[T]{data, (perLine[T]() - lineOffset(data)) % perLine[T]()}
}

// lineOffset returns how many elements past a cache line x begins.
func lineOffset[T kernel.Float](x []T) int {
	address := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	return int(address % cacheLine / unsafe.Sizeof(T(0)))
}

// at copies x to the arena, off elements past a cache line.
func (a arena[T]) at(off int, x []T) []T {
	dst := a.place(off, len(x))
	copy(dst, x)
	return dst
}

// place returns the memory of n elements there.
func (a arena[T]) place(off, n int) []T {
	lo, hi := a.base+off, a.base+off+n
	return a.data[lo:hi:hi]
}

// call runs the function on copies, so that it may change them.
func (s *subject[T]) call(x, y []T) T {
	if !s.product {
		return s.f(s.x.at(s.offX, x), nil)
	}
	return s.f(s.x.at(s.offX, x), s.y.at(s.offY, y))
}

// MaxLeaves is the largest number of leaves: as far as a float32 counts, and far
// beyond what is useful.
const MaxLeaves = 1 << 20

// mask is M: added to it, MaxLeaves ones vanish, also where the accumulator is wider
// than T or aligns its operands with guard bits.
func mask[T kernel.Float]() T {
	if kernel.Is64[T]() {
		return T(math.Ldexp(1, 1000))
	}
	return T(math.Ldexp(1, 127))
}

// digits returns p, the bits of a significand.
func digits[T kernel.Float]() int {
	if kernel.Is64[T]() {
		return 53
	}
	return 24
}

// ones returns n ones, or nil if they are not needed.
func ones[T kernel.Float](n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// oddity is a probe that no tree explains.
type oddity struct {
	plus, minus int // the masked leaves
	result      float64
	expected    string
}

func (o *oddity) Error() string {
	return fmt.Sprintf("with M at leaf %d, -M at leaf %d and 1 elsewhere the result is %v: %s", o.plus, o.minus, o.result, o.expected)
}

// prober asks the subject how large the smallest subtree over two leaves is.
type prober[T kernel.Float] struct {
	*subject[T]
	x, y []T // ones between probes
	zero []T // zeros between probes
}

func newProber[T kernel.Float](s *subject[T]) *prober[T] {
	return &prober[T]{s, ones[T](s.n), ones[T](s.n), make([]T, s.n)}
}

// meet returns the number of leaves that are not counted where i and j are masked:
// those of the smallest subtree that holds both; in an Exact node of more than two
// operands, those of the two operands.
func (p *prober[T]) meet(i, j int) (int, error) {
	p.x[i], p.x[j] = mask[T](), -mask[T]()
	r := float64(p.call(p.x, p.y))
	p.x[i], p.x[j] = 1, 1
	if r != math.Trunc(r) || !(r >= 0 && r <= float64(p.n-2)) {
		return 0, &oddity{i, j, r, fmt.Sprintf("want a count from 0 to %d", p.n-2)}
	}
	return p.n - int(r), nil
}

// swallows tells whether leaf k is not counted where i and j are masked.
func (p *prober[T]) swallows(i, j, k int) bool {
	p.zero[i], p.zero[j], p.zero[k] = mask[T](), -mask[T](), 1
	r := p.call(p.zero, p.y)
	p.zero[i], p.zero[j], p.zero[k] = 0, 0, 0
	return r == 0
}

// isFused tells whether the product at the leaf is added unrounded to a sum that
// holds the leaf beside. With e = 2^(1-p), (1+e)² = 1 + 2e + e², and the last term is
// lost in rounding; 1 + 2e is taken off again.
func (p *prober[T]) isFused(leaf, beside int) bool {
	e := T(math.Ldexp(1, 1-digits[T]()))
	p.zero[leaf], p.y[leaf] = 1+e, 1+e
	p.zero[beside] = -(1 + 2*e)
	r := p.call(p.zero, p.y)
	p.zero[leaf], p.y[leaf], p.zero[beside] = 0, 1, 0
	return r != 0
}

// plusZero tells whether the sum of nothing but -0 is +0.
func (p *prober[T]) plusZero() bool {
	x := make([]T, p.n)
	for i := range x {
		x[i] = T(math.Copysign(0, -1))
	}
	return kernel.Bits(p.call(x, p.y)) == 0
}
