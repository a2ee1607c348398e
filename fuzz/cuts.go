package fuzz

import (
	"fmt"
	"slices"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Merger is a state of type A that takes in the state of the terms that follow its
// own, and finishes, as reduce.Accumulator does.
type Merger[T reduce.Float, A any] interface {
	Merge(next A) error
	Sum() (T, error)
}

// Accumulator is a Merger of type A over numbers.
type Accumulator[T reduce.Float, A any] interface {
	Merger[T, A]
	Add(x ...T)
}

// ProductAccumulator is a Merger of type A over products.
type ProductAccumulator[T reduce.Float, A any] interface {
	Merger[T, A]
	AddProducts(x, y []T)
}

// CheckCuts checks the contract of a sum that is evaluated in pieces. start returns
// the empty state of the terms from that index on; program says where x is cut and
// in which order the pieces are merged. Each piece is added in two calls. Every
// promise is asked of the merged whole, but of those that follow from others;
// CutInvariant asks that it has the bits of one piece. Errors are as those of Check.
func CheckCuts[T reduce.Float, A Accumulator[T, A]](start func(index int) A, c Contract, x []T, program Program) error {
	return checkCuts(sumPiece[T](start), c, terms[T]{x: x}, program)
}

// CheckDotCuts is CheckCuts for a dot product. It panics if the lengths differ.
func CheckDotCuts[T reduce.Float, A ProductAccumulator[T, A]](start func(index int) A, c Contract, x, y []T, program Program) error {
	return checkCuts(dotPiece[T](start), c, newProducts(x, y), program)
}

// A piece is the state of the terms [lo, hi).
type piece[T reduce.Float, A any] func(t terms[T], lo, hi int) A

func sumPiece[T reduce.Float, A Accumulator[T, A]](start func(index int) A) piece[T, A] {
	return func(t terms[T], lo, hi int) A {
		a, middle := start(lo), (lo+hi)/2
		a.Add(t.x[lo:middle]...)
		a.Add(t.x[middle:hi]...)
		return a
	}
}

func dotPiece[T reduce.Float, A ProductAccumulator[T, A]](start func(index int) A) piece[T, A] {
	return func(t terms[T], lo, hi int) A {
		a, middle := start(lo), (lo+hi)/2
		a.AddProducts(t.x[lo:middle], t.y[lo:middle])
		a.AddProducts(t.x[middle:hi], t.y[middle:hi])
		return a
	}
}

func checkCuts[T reduce.Float, A Merger[T, A]](state piece[T, A], c Contract, t terms[T], p Program) error {
	if err := validate[T](c, true); err != nil {
		return err
	}
	if err := inDomain(c, t); err != nil {
		return err
	}
	if err := p.fits(t.len()); err != nil {
		return err
	}
	fails := func(p Program) func(terms[T]) *Violation[T] {
		return func(t terms[T]) *Violation[T] { return cutViolation(state, c, t, p.clipped(t.len())) }
	}
	v := shrunk(t, fails(p))
	if v == nil {
		return nil
	}
	// Cuts that are not needed go, too.
	for i := 0; i < len(v.Program.Cuts); {
		reduced := fails(v.Program.without(i))(terms[T]{v.X, v.Y, v.products})
		if reduced == nil || reduced.Promise != v.Promise {
			i++
			continue
		}
		reduced.From = v.From
		v = reduced
	}
	return v
}

// cutViolation returns the first promise that the sum in pieces breaks, or nil.
func cutViolation[T reduce.Float, A Merger[T, A]](state piece[T, A], c Contract, t terms[T], p Program) *Violation[T] {
	var failed error
	inPieces := func(p Program) reduction[T] {
		return func(t terms[T]) T {
			v, err := evaluate(state, t, p.clipped(t.len()))
			if err != nil && failed == nil {
				failed = err
			}
			return v
		}
	}
	v := violation(inPieces(p), c, c.Promises, t)
	if got := inPieces(p)(t); v == nil && c.Promises.has(CutInvariant) {
		if v = differs(got, inPieces(Program{})(t), "got in pieces, want in one"); v != nil {
			v.Promise = CutInvariant.String()
		}
	}
	if failed != nil {
		v = &Violation[T]{Promise: "merged without error", How: failed.Error()}
	}
	if v != nil {
		v.X, v.Y, v.products = slices.Clone(t.x), slices.Clone(t.y), t.products
		v.Program, v.cut = p, true
	}
	return v
}

// evaluate runs the program on the terms.
func evaluate[T reduce.Float, A Merger[T, A]](state piece[T, A], t terms[T], p Program) (T, error) {
	var failed error
	whole := Run(p, t.len(), func(lo, hi int) A { return state(t, lo, hi) }, func(left, right A) A {
		if err := left.Merge(right); err != nil && failed == nil {
			failed = err
		}
		return left
	})
	if failed != nil {
		return 0, failed
	}
	return whole.Sum()
}

// fits returns an error unless the program is one for n terms.
func (p Program) fits(n int) error {
	lo := 0
	for i, cut := range p.Cuts {
		if cut < lo || cut > n {
			return fmt.Errorf("fuzz: cut %d of the program is %d: want %d to %d", i, cut, lo, n)
		}
		lo = cut
	}
	if len(p.Merges) != len(p.Cuts) {
		return fmt.Errorf("fuzz: a program of %s and %s: want as many", plural.Of(len(p.Cuts), "cut"), plural.Of(len(p.Merges), "merge"))
	}
	for i, m := range p.Merges {
		if left := len(p.Merges) - i; m < 0 || m >= left {
			return fmt.Errorf("fuzz: merge %d of the program is %d: want 0 to %d", i, m, left-1)
		}
	}
	return nil
}

// clipped is the program for n terms, its cuts being at most n.
func (p Program) clipped(n int) Program {
	cuts := slices.Clone(p.Cuts)
	for i := range cuts {
		cuts[i] = min(cuts[i], n)
	}
	return Program{cuts, p.Merges}
}

// without is the program without cut i and its first merge.
func (p Program) without(i int) Program {
	q := Program{slices.Delete(slices.Clone(p.Cuts), i, i+1), slices.Clone(p.Merges[1:])}
	return q
}
