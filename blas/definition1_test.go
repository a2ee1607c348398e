package blas_test

import (
	"math"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	gonum "gonum.org/v1/gonum/blas"
)

func (p *problem[T]) sameValue(what string, got, want T) error {
	return p.same(what, []T{got}, []T{want})
}

// reductions compares dot, nrm2 and asum with package reduce on the elements in a row.
func (p *problem[T]) reductions() error {
	n, order := p.size()-1, p.impl.Order
	x, y := p.vector(n), p.vector(n)
	norm, sum := reduce.Norm2(order, x.v), reduce.SumAbs(order, x.v)
	if x.inc < 0 {
		norm, sum = 0, 0
	}
	if err := p.sameValue("dot", p.lib.Dot(n, x.data, x.inc, y.data, y.inc), reduce.Dot(order, x.v, y.v)); err != nil {
		return err
	}
	if err := p.sameValue("nrm2", p.lib.Nrm2(n, x.data, x.inc), norm); err != nil {
		return err
	}
	return p.sameValue("asum", p.lib.Asum(n, x.data, x.inc), sum)
}

// iamax compares with the reference's loop.
func (p *problem[T]) iamax() error {
	n := p.size() - 1
	x := p.vector(n)
	want := -1
	for i, v := range x.v {
		if want < 0 || math.Abs(float64(v)) > math.Abs(float64(x.v[want])) {
			want = i
		}
	}
	if x.inc < 0 {
		want = -1
	}
	return p.sameValue("iamax", T(p.lib.Iamax(n, x.data, x.inc)), T(want))
}

// elementwise compares what changes x and y element by element.
func (p *problem[T]) elementwise() error {
	n := p.size() - 1
	x, y := p.vector(n), p.vector(n)
	c, s := p.number(), p.number()
	h := [4]T{p.number(), p.number(), p.number(), p.number()}
	flag := choose(p.rng, gonum.Identity, gonum.Rescaling, gonum.OffDiagonal, gonum.Diagonal)
	sum := func(a, b T) T { return kernel.Canonical(a + b) }
	var f func(x, y T) (T, T)
	switch p.rng.IntN(6) {
	case 0:
		p.lib.Swap(n, x.data, x.inc, y.data, y.inc)
		f = func(x, y T) (T, T) { return y, x }
	case 1:
		p.lib.Copy(n, x.data, x.inc, y.data, y.inc)
		f = func(x, _ T) (T, T) { return x, x }
	case 2:
		p.lib.Axpy(n, p.alpha, x.data, x.inc, y.data, y.inc)
		f = func(x, y T) (T, T) { return x, pick(p.alpha == 0, y, sum(T(p.alpha*x), y)) }
	case 3:
		p.lib.Scal(n, p.alpha, x.data, x.inc)
		f = func(x, y T) (T, T) { return pick(p.alpha == 0, 0, kernel.Canonical(p.alpha*x)), y }
		if x.inc < 0 {
			f = func(x, y T) (T, T) { return x, y }
		}
	case 4:
		p.lib.Rot(n, x.data, x.inc, y.data, y.inc, c, s)
		f = func(x, y T) (T, T) { return sum(T(c*x), T(s*y)), sum(T(c*y), -T(s*x)) }
	default:
		p.lib.Rotm(n, x.data, x.inc, y.data, y.inc, flag, h)
		f = func(x, y T) (T, T) { return rotated(flag, h, x, y) }
	}
	wantX, wantY := slices.Clone(x.v), slices.Clone(y.v)
	for i := range n {
		wantX[i], wantY[i] = f(x.v[i], y.v[i])
	}
	if err := p.same("x", x.data, vectorOf(x, wantX)); err != nil {
		return err
	}
	return p.same("y", y.data, vectorOf(y, wantY))
}

// vectorOf is the memory of v, whatever its elements are now, as it should be with want.
func vectorOf[T kernel.Float](v vector[T], want []T) []T {
	data := make([]T, len(v.data))
	for i := range data {
		data[i] = guard[T]()
	}
	return vector[T]{data: data, inc: v.inc}.with(want)
}

// rotated is H*(x, y), H by columns and the elements that the flag gives being 1 and -1.
func rotated[T kernel.Float](flag gonum.Flag, h [4]T, x, y T) (T, T) {
	switch flag {
	case gonum.Identity:
		return x, y
	case gonum.OffDiagonal:
		h[0], h[3] = 1, 1
	case gonum.Diagonal:
		h[1], h[2] = -1, 1
	}
	return kernel.Canonical(T(h[0]*x) + T(h[2]*y)), kernel.Canonical(T(h[1]*x) + T(h[3]*y))
}
