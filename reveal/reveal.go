package reveal

import (
	"errors"
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
)

// Option changes what Sum, Dot and Gemm do.
type Option func(*options)

type options struct{ addresses, overflow bool }

// IgnoreAddresses leaves out the calls with the data elsewhere in memory, for
// functions that cannot see where they lie.
func IgnoreAddresses() Option { return func(o *options) { o.addresses = false } }

// IgnoreOverflow leaves out data whose partial sums may overflow, for functions that
// are not defined there.
func IgnoreOverflow() Option { return func(o *options) { o.overflow = false } }

// Sum reveals the tree by which f sums n terms. f may be any function that sums the
// slice it is given; it may change the slice, and must not keep it. It is called from
// one goroutine, with n terms each time. A panic of it is not recovered.
//
// A tree that is returned gives the bits of f on all of thirty inputs or more: random,
// wide, cancelling, tied, overflowing, subnormal, and the first of them at every
// alignment in 64 bytes. Else the error is a *NotPlain, which says what f looks
// like. It is an error, too, if n is not 1 to MaxLeaves.
//
// It costs n to n²/2 calls of f, about n log2(n)/2 for a balanced tree, and some 200
// more; n more again to shrink a counterexample.
func Sum[T kernel.Float](f func(x []T) T, n int, o ...Option) (*Tree, error) {
	return revealDot(false, func(x, _ []T) T { return f(x) }, n, o)
}

// Dot reveals the tree by which f adds the n products x[i]*y[i], as Sum does, and
// which of the products enter an addition unrounded, at n more calls. A product of
// -0 or one that underflows is not looked at.
func Dot[T kernel.Float](f func(x, y []T) T, n int, o ...Option) (*Tree, error) {
	return revealDot(true, f, n, o)
}

func revealDot[T kernel.Float](product bool, f func(x, y []T) T, n int, o []Option) (*Tree, error) {
	if n < 1 || n > MaxLeaves {
		return nil, fmt.Errorf("reveal: %d leaves: want 1 to %d", n, MaxLeaves)
	}
	opt := options{addresses: true, overflow: true}
	for _, set := range o {
		set(&opt)
	}
	return reveal(newSubject(n, product, f), opt)
}

// Gemm reveals the tree by which f forms the elements of the product c = a*b, a being
// m x k, b k x n and c m x n, all row-major without gaps, c all zeros beforehand. It
// is Dot for all elements at once: every row of a is x and every column of b is y.
// Where the elements have different trees the error is a *NotPlain with the trees by
// row and column, for which each element is probed. Calls are those of Dot, for
// matrices of that size. It is an error if m or n is below 1, or a matrix has more
// than 2^30 elements.
func Gemm[T kernel.Float](f func(m, n, k int, a, b, c []T), m, n, k int, o ...Option) (*Tree, error) {
	if m < 1 || n < 1 {
		return nil, fmt.Errorf("reveal: product of %d x %d and %d x %d: want at least one row and column", m, k, k, n)
	}
	if most := maxElements / max(m, n); k > most || min(m, n) > most {
		return nil, fmt.Errorf("reveal: product of %d x %d and %d x %d: want matrices of at most %d elements", m, k, k, n, maxElements)
	}
	g := &product[T]{m: m, n: n, f: f}
	tree, err := Dot(g.first, k, o...)
	var why *NotPlain
	if g.differs == nil || errors.As(err, &why) && why.Cause == Nondeterministic {
		return tree, err
	}
	e := &NotPlain{Cause: ElementDependent, Tree: tree, Example: g.differs}
	if why != nil {
		e.Tree = why.Tree
	}
	for element := range m * n {
		at := [2]int{element / n, element % n}
		single := newSubject(k, true, func(x, y []T) T { return g.elements(x, y)[element] })
		t, odd := probe(single)
		if odd != nil {
			t = nil
		}
		e.Variants = addVariant(e.Variants, at, t)
	}
	return nil, e
}

// maxElements bounds the size of a matrix.
const maxElements = 1 << 30

// product is a matrix product all of whose elements are the same dot product.
type product[T kernel.Float] struct {
	m, n    int
	f       func(m, n, k int, a, b, c []T)
	a, b, c arena[T]
	differs *Example // data on which the elements differ
}

// elements returns the elements. The matrices begin as far past a cache line as x
// and y do.
func (g *product[T]) elements(x, y []T) []T {
	k := len(x)
	if g.a.data == nil {
		g.a, g.b, g.c = newArena[T](g.m*k), newArena[T](g.n*k), newArena[T](g.m*g.n)
	}
	a, b, c := g.a.place(lineOffset(x), g.m*k), g.b.place(lineOffset(y), g.n*k), g.c.place(0, g.m*g.n)
	for i := range g.m {
		copy(a[i*k:], x)
	}
	for i, v := range y {
		for j := range g.n {
			b[i*g.n+j] = v
		}
	}
	clear(c)
	g.f(g.m, g.n, k, a, b, c)
	return c
}

// first returns the first element, and notes where another differs from it.
func (g *product[T]) first(x, y []T) T {
	c := g.elements(x, y)
	for i, v := range c {
		if g.differs == nil && !same(v, c[0]) {
			g.differs = input[T]{x, y}.example(v, c[0], fmt.Sprintf("in element (%d, %d); element (0, 0) is", i/g.n, i%g.n))
		}
	}
	return c[0]
}
