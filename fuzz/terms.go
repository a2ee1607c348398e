package fuzz

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// terms is what a reduction adds: the numbers x, or the products x[i]*y[i].
type terms[T reduce.Float] struct {
	x, y     []T
	products bool
}

func newProducts[T reduce.Float](x, y []T) terms[T] {
	if len(x) != len(y) {
		panic(fmt.Sprintf("fuzz: dot product of %d and %s", len(x), plural.Of(len(y), "element")))
	}
	return terms[T]{x, y, true}
}

func (t terms[T]) len() int { return len(t.x) }

// factors returns the factors of term i, the second being 1 in a sum.
func (t terms[T]) factors(i int) (x, y T) {
	if t.products {
		return t.x[i], t.y[i]
	}
	return t.x[i], 1
}

// append appends the term x*y, which in a sum is x.
func (t *terms[T]) append(x, y T) {
	t.x = append(t.x, x)
	if t.products {
		t.y = append(t.y, y)
	}
}

// each returns the terms with f applied to their first factors.
func (t terms[T]) each(f func(T) T) terms[T] {
	x := make([]T, len(t.x))
	for i, v := range t.x {
		x[i] = f(v)
	}
	t.x = x
	return t
}

// negated returns the terms with the other sign.
func (t terms[T]) negated() terms[T] { return t.each(func(v T) T { return -v }) }

// permuted returns the terms in the order of the indices p.
func (t terms[T]) permuted(p []int) terms[T] {
	q := terms[T]{products: t.products}
	for _, i := range p {
		q.append(t.factors(i))
	}
	return q
}

// without returns the terms but [lo, hi).
func (t terms[T]) without(lo, hi int) terms[T] {
	q := terms[T]{products: t.products}
	for i := range t.x {
		if i < lo || i >= hi {
			q.append(t.factors(i))
		}
	}
	return q
}

// firstNonFinite returns the index of the first term with a factor that is not
// finite, or -1.
func (t terms[T]) firstNonFinite() int {
	for i := range t.x {
		if x, y := t.factors(i); !kernel.IsFinite(x) || !kernel.IsFinite(y) {
			return i
		}
	}
	return -1
}

// sum is the sum of the terms in the order.
func (t terms[T]) sum(order reduce.Order) T {
	if t.products {
		return reduce.Dot(order, t.x, t.y)
	}
	return reduce.Sum(order, t.x)
}
