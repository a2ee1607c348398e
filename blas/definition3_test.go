package blas_test

import (
	"slices"

	gonum "gonum.org/v1/gonum/blas"
)

// column returns the elements of column j.
func (m matrix[T]) column(j int) (v []T) {
	for i := range m.rows {
		v = append(v, m.get(i, j))
	}
	return v
}

// setColumn replaces the elements of column j.
func (m matrix[T]) setColumn(j int, v []T) {
	for i := range m.rows {
		m.data[m.at(i, j)] = v[i]
	}
}

// products sets every column of c to a product of a and that of b.
func (p *problem[T]) products(a, b, c matrix[T]) matrix[T] {
	c = c.clone()
	for j := range c.cols {
		c.setColumn(j, p.product(a, b.column(j), c.column(j)))
	}
	return c
}

func (p *problem[T]) gemm() error {
	tA, tB, m, n, k := p.trans(), p.trans(), p.size(), p.size(), p.size()
	if p.rng.IntN(8) == 0 {
		k = 0
	}
	a, b, c := p.stored(tA, m, k), p.stored(tB, k, n), p.dense(m, n)
	want := p.products(a.op(tA), b.op(tB), c)
	p.lib.Gemm(tA, tB, m, n, k, p.alpha, a.data, a.ld, b.data, b.ld, p.beta, c.data, c.ld)
	return p.same("C", c.data, want.data)
}

func (p *problem[T]) symm() error {
	s, ul, m, n := p.side(), p.uplo(), p.size(), p.size()
	b, c := p.dense(m, n), p.dense(m, n)
	a := p.triangle(ul, pick(s == gonum.Left, m, n))
	var want matrix[T]
	if s == gonum.Left {
		want = p.products(a.mirrored(), b, c)
	} else {
		want = p.products(a.mirrored(), b.op(gonum.Trans), c.op(gonum.Trans))
	}
	p.lib.Symm(s, ul, m, n, p.alpha, a.data, a.ld, b.data, b.ld, p.beta, c.data, c.ld)
	return p.same("C", c.data, want.data)
}

// syrk is syrk or syr2k.
func (p *problem[T]) syrk() error {
	ul, t, n, k, two := p.uplo(), p.trans(), p.size(), p.size(), choose(p.rng, false, true)
	a, b, c := p.stored(t, n, k), p.stored(t, n, k), p.triangle(ul, n)
	want, opA, opB := c.clone(), a.op(t).op(gonum.Trans), b.op(t).op(gonum.Trans)
	for i := range n {
		for j := range n {
			if !c.has(i, j) || p.alpha == 0 && p.beta == 1 {
				continue
			}
			terms, factors := opA.column(max(i, j)), opA.column(min(i, j))
			if two {
				terms = slices.Concat(opA.column(max(i, j)), opB.column(max(i, j)))
				factors = slices.Concat(opB.column(min(i, j)), opA.column(min(i, j)))
			}
			want.data[want.at(i, j)] = p.element(p.impl.Order, false, p.alpha, terms, factors, p.beta, c.get(i, j))
		}
	}
	if two {
		p.lib.Syr2k(ul, t, n, k, p.alpha, a.data, a.ld, b.data, b.ld, p.beta, c.data, c.ld)
	} else {
		p.lib.Syrk(ul, t, n, k, p.alpha, a.data, a.ld, p.beta, c.data, c.ld)
	}
	return p.same("C", c.data, want.data)
}

func (p *problem[T]) trxm() error {
	s, ul, t, d, m, n := p.side(), p.uplo(), p.trans(), p.diag(), p.size(), p.size()
	solve := choose(p.rng, false, true)
	b := p.dense(m, n)
	a := p.triangle(ul, pick(s == gonum.Left, m, n))
	want, flipped := b.clone(), t
	if s == gonum.Right { // x*op(A) is op(A)'*x'
		want = want.op(gonum.Trans)
		flipped = pick(t == gonum.NoTrans, gonum.Trans, gonum.NoTrans)
	}
	for j := range want.cols {
		want.setColumn(j, p.triangular(a, ul, flipped, d, solve, p.alpha, want.column(j)))
	}
	f := pick(solve, p.lib.Trsm, p.lib.Trmm)
	f(s, ul, t, d, m, n, p.alpha, a.data, a.ld, b.data, b.ld)
	return p.same("B", b.data, want.data)
}
