package blas_test

import (
	"slices"

	"github.com/samebits/samebits/internal/kernel"
	gonum "gonum.org/v1/gonum/blas"
)

// The definitions, one element after the other. Each function makes a call and returns an
// error unless the memory of all that it wrote has the bits of the definition, and what lies
// between is untouched.

// row is sum over the stored elements of row i.
func (p *problem[T]) row(a matrix[T], i int, x []T, y T) T {
	var terms, factors []T
	for k := range a.cols {
		if a.has(i, k) {
			terms, factors = append(terms, a.get(i, k)), append(factors, x[k])
		}
	}
	return p.element(p.impl.Order, false, p.alpha, terms, factors, p.beta, y)
}

// product is y = alpha*a*x + beta*y.
func (p *problem[T]) product(a matrix[T], x, y []T) []T {
	y = slices.Clone(y)
	if p.alpha == 0 && p.beta == 1 {
		return y
	}
	for i := range y {
		y[i] = p.row(a, i, x, y[i])
	}
	return y
}

// tip is the rows of the triangular matrix op(A) from its tip on.
func tip(ul gonum.Uplo, t gonum.Transpose, n int) []int {
	var order []int
	for i := range n {
		order = append(order, i)
	}
	if (ul == gonum.Upper) == (t == gonum.NoTrans) {
		slices.Reverse(order)
	}
	return order
}

// multiplied is alpha*op(A)*x, or with solve the solution x of op(A)*x = alpha*b.
func (p *problem[T]) triangular(a matrix[T], ul gonum.Uplo, t gonum.Transpose, d gonum.Diag, solve bool, alpha T, x []T) []T {
	op, out := a.op(t), slices.Clone(x)
	if alpha == 0 {
		clear(out)
		return out
	}
	order := tip(ul, t, len(x))
	for step, i := range order {
		var terms, factors []T
		for _, k := range order[:step] {
			if op.has(i, k) {
				terms, factors = append(terms, op.get(i, k)), append(factors, x[k])
				if solve {
					factors[len(factors)-1] = out[k]
				}
			}
		}
		diagonal := T(1)
		if d == gonum.NonUnit {
			diagonal = op.get(i, i)
		}
		if !solve {
			out[i] = p.element(p.impl.Order, true, alpha, append(terms, diagonal), append(factors, x[i]), 0, 0)
			continue
		}
		out[i] = p.element(p.impl.Order, true, -1, terms, factors, alpha, x[i])
		if d == gonum.NonUnit {
			out[i] = kernel.Canonical(out[i] / diagonal)
		}
	}
	return out
}

func (p *problem[T]) gemv() error {
	t, m, n := p.trans(), p.size(), p.size()
	a := p.dense(m, n)
	x, y := p.vector(a.op(t).cols), p.vector(a.op(t).rows)
	want := y.with(p.product(a.op(t), x.v, y.v))
	p.lib.Gemv(t, m, n, p.alpha, a.data, a.ld, x.data, x.inc, p.beta, y.data, y.inc)
	return p.same("y", y.data, want)
}

func (p *problem[T]) gbmv() error {
	t, m, n, kl, ku := p.trans(), p.size(), p.size(), p.size()-1, p.size()-1
	a := p.band(m, n, kl, ku)
	x, y := p.vector(a.op(t).cols), p.vector(a.op(t).rows)
	want := y.with(p.product(a.op(t), x.v, y.v))
	p.lib.Gbmv(t, m, n, kl, ku, p.alpha, a.data, a.ld, x.data, x.inc, p.beta, y.data, y.inc)
	return p.same("y", y.data, want)
}

func (p *problem[T]) symv() error {
	ul, n, k := p.uplo(), p.size(), p.size()-1
	x, y := p.vector(n), p.vector(n)
	var a matrix[T]
	var call func()
	switch p.rng.IntN(3) {
	case 0:
		a = p.triangle(ul, n)
		call = func() { p.lib.Symv(ul, n, p.alpha, a.data, a.ld, x.data, x.inc, p.beta, y.data, y.inc) }
	case 1:
		a = p.bandTriangle(ul, n, k)
		call = func() { p.lib.Sbmv(ul, n, k, p.alpha, a.data, a.ld, x.data, x.inc, p.beta, y.data, y.inc) }
	default:
		a = p.packed(ul, n)
		call = func() { p.lib.Spmv(ul, n, p.alpha, a.data, x.data, x.inc, p.beta, y.data, y.inc) }
	}
	want := y.with(p.product(a.mirrored(), x.v, y.v))
	call()
	return p.same("y", y.data, want)
}

func (p *problem[T]) trxv() error {
	ul, t, d, n, k := p.uplo(), p.trans(), p.diag(), p.size(), p.size()-1
	solve := choose(p.rng, false, true)
	x := p.vector(n)
	var a matrix[T]
	var call func()
	switch p.rng.IntN(3) {
	case 0:
		a = p.triangle(ul, n)
		f := pick(solve, p.lib.Trsv, p.lib.Trmv)
		call = func() { f(ul, t, d, n, a.data, a.ld, x.data, x.inc) }
	case 1:
		a = p.bandTriangle(ul, n, k)
		f := pick(solve, p.lib.Tbsv, p.lib.Tbmv)
		call = func() { f(ul, t, d, n, k, a.data, a.ld, x.data, x.inc) }
	default:
		a = p.packed(ul, n)
		f := pick(solve, p.lib.Tpsv, p.lib.Tpmv)
		call = func() { f(ul, t, d, n, a.data, x.data, x.inc) }
	}
	want := x.with(p.triangular(a, ul, t, d, solve, 1, x.v))
	call()
	return p.same("x", x.data, want)
}

func pick[F any](first bool, a, b F) F {
	if first {
		return a
	}
	return b
}

// update is A = alpha*x*y' + A on the stored elements, or with two alpha*(x*y' + y*x') + A.
func (p *problem[T]) update(a matrix[T], x, y []T, two bool) []T {
	out := a.clone()
	for i := range a.rows {
		for j := range a.cols {
			if p.alpha == 0 || !a.has(i, j) {
				continue
			}
			terms, factors := []T{x[i]}, []T{y[j]}
			if two {
				hi, lo := max(i, j), min(i, j)
				terms, factors = []T{x[hi], y[hi]}, []T{y[lo], x[lo]}
			}
			out.data[out.at(i, j)] = p.element(p.impl.Order, false, p.alpha, terms, factors, 1, a.get(i, j))
		}
	}
	return out.data
}

func (p *problem[T]) ger() error {
	m, n := p.size(), p.size()
	a, x, y := p.dense(m, n), p.vector(m), p.vector(n)
	want := p.update(a, x.v, y.v, false)
	p.lib.Ger(m, n, p.alpha, x.data, x.inc, y.data, y.inc, a.data, a.ld)
	return p.same("A", a.data, want)
}

func (p *problem[T]) syr() error {
	ul, n := p.uplo(), p.size()
	x, y := p.vector(n), p.vector(n)
	two, dense := choose(p.rng, false, true), choose(p.rng, false, true)
	a := p.packed(ul, n)
	if dense {
		a = p.triangle(ul, n)
	}
	want := p.update(a, x.v, pick(two, y, x).v, two)
	switch {
	case two && dense:
		p.lib.Syr2(ul, n, p.alpha, x.data, x.inc, y.data, y.inc, a.data, a.ld)
	case two:
		p.lib.Spr2(ul, n, p.alpha, x.data, x.inc, y.data, y.inc, a.data)
	case dense:
		p.lib.Syr(ul, n, p.alpha, x.data, x.inc, a.data, a.ld)
	default:
		p.lib.Spr(ul, n, p.alpha, x.data, x.inc, a.data)
	}
	return p.same("A", a.data, want)
}
