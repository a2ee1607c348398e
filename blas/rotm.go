package blas

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// modified is a modified Givens rotation: the matrix H that takes (x, y) to
// (h11*x + h12*y, h21*x + h22*y), and which of its elements are given by the flag.
type modified[T kernel.Float] struct {
	flag               blas.Flag
	h11, h21, h12, h22 T
}

// params returns H by columns, as gonum stores it, without the elements that the flag gives.
func (m modified[T]) params() (blas.Flag, [4]T) {
	switch m.flag {
	case blas.Diagonal:
		return m.flag, [4]T{m.h11, 0, 0, m.h22}
	case blas.OffDiagonal:
		return m.flag, [4]T{0, m.h21, m.h12, 0}
	}
	return m.flag, [4]T{m.h11, m.h21, m.h12, m.h22}
}

// rotm applies H, each product and each sum rounded; products by an element that the flag
// makes 1 or -1 are left out.
func rotm[T kernel.Float](n int, x []T, incX int, y []T, incY int, flag blas.Flag, h [4]T) {
	vx, vy := pair(n, x, incX, y, incY)
	h11, h21, h12, h22 := h[0], h[1], h[2], h[3]
	switch flag {
	case blas.Identity:
	case blas.Rescaling:
		each(vx, vy, func(x, y T) (T, T) {
			return kernel.Canonical(T(h11*x) + T(h12*y)), kernel.Canonical(T(h21*x) + T(h22*y))
		})
	case blas.OffDiagonal:
		each(vx, vy, func(x, y T) (T, T) {
			return kernel.Canonical(x + T(h12*y)), kernel.Canonical(T(h21*x) + y)
		})
	case blas.Diagonal:
		each(vx, vy, func(x, y T) (T, T) {
			return kernel.Canonical(T(h11*x) + y), kernel.Canonical(T(h22*y) - x)
		})
	}
}

// gamma is the factor by which rotmg scales: a power of two, so that nothing rounds
// unless it leaves the range.
const gamma = 4096

// rotmg makes the modified rotation that turns (sqrt(d1)*x1, sqrt(d2)*y1) into (.., 0), by
// T. Hopkins, Remark on Algorithm 539: A Modified Givens Rotation, ACM TOMS 23(4), 1997,
// each operation rounded as it is written here. An infinite d1 or d2 is not scaled.
func rotmg[T kernel.Float](d1, d2, x1, y1 T) (m modified[T], rd1, rd2, rx1 T) {
	impossible := modified[T]{flag: blas.Rescaling}
	if d1 < 0 {
		return impossible, 0, 0, 0
	}
	if d2 == 0 || y1 == 0 {
		return modified[T]{flag: blas.Identity}, d1, d2, x1
	}
	p1, p2 := T(d1*x1), T(d2*y1)
	q1, q2 := T(p1*x1), T(p2*y1)
	switch {
	case (d1 == 0 || x1 == 0) && d2 > 0:
		m = modified[T]{flag: blas.Diagonal, h21: -1, h12: 1}
		d1, d2, x1 = d2, d1, y1
	case kernel.Abs(q1) > kernel.Abs(q2):
		m = modified[T]{flag: blas.OffDiagonal, h11: 1, h21: -y1 / x1, h12: p2 / p1, h22: 1}
		u := 1 - T(m.h12*m.h21)
		if u <= 0 {
			return impossible, 0, 0, 0
		}
		d1, d2, x1 = d1/u, d2/u, T(x1*u)
	case q2 < 0:
		return impossible, 0, 0, 0
	default:
		m = modified[T]{flag: blas.Diagonal, h11: p1 / p2, h21: -1, h12: 1, h22: x1 / y1}
		u := 1 + T(m.h11*m.h22)
		d1, d2, x1 = d2/u, d1/u, T(y1*u)
	}
	d1 = m.rescale(d1, &x1, &m.h11, &m.h12)
	d2 = m.rescale(d2, nil, &m.h21, &m.h22)
	return m.canonical(), kernel.Canonical(d1), kernel.Canonical(d2), kernel.Canonical(x1)
}

// rescale returns d times such a power of gamma² that its magnitude is within gamma^-2 and
// gamma², and divides the row of H, and x if there is one, by that of gamma.
func (m *modified[T]) rescale(d T, x, h1, h2 *T) T {
	for step := 0; ; {
		switch size := kernel.Abs(d); {
		case size <= 1/T(gamma*gamma) && size != 0:
			step = 1
		case size > gamma*gamma && !math.IsInf(float64(d), 0):
			step = -1
		default:
			return d
		}
		m.flag = blas.Rescaling
		up, down := T(gamma), T(1)/gamma
		if step < 0 {
			up, down = down, up
		}
		d = T(T(d*up) * up)
		*h1, *h2 = T(*h1*down), T(*h2*down)
		if x != nil {
			*x = T(*x * down)
		}
	}
}

// canonical returns m with canonical NaN.
func (m modified[T]) canonical() modified[T] {
	m.h11, m.h21 = kernel.Canonical(m.h11), kernel.Canonical(m.h21)
	m.h12, m.h22 = kernel.Canonical(m.h12), kernel.Canonical(m.h22)
	return m
}
