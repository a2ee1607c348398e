package blas

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// alone is a number of elements that are summed by one goroutine, however many there may be.
const alone = 1 << 12

// dot is reduce.Dot over the elements in their logical order.
func (r routines[T]) dot(n int, x []T, incX int, y []T, incY int) T {
	if incX == 1 && incY == 1 && 0 < n && n <= min(len(x), len(y), alone) && r.Order.Kind() == reduce.KindPairwise { // at once
		return reduce.Dot(r.Order, x[:n], y[:n])
	}
	if incX > 0 && incY > 0 && 0 < n && n <= alone && !shortVector(len(x), n, incX) && !shortVector(len(y), n, incY) {
		scratch := take[T](2 * n)
		xs, ys := (*scratch)[:n], (*scratch)[n:]
		collect(xs, x, 0, incX)
		collect(ys, y, 0, incY)
		s := reduce.DotParallel(r.Order, xs, ys, max(1, r.Threads))
		give(scratch)
		return s
	}
	vx, vy := pair(n, x, incX, y, incY)
	xs, scratchX := vx.slice()
	ys, scratchY := vy.slice()
	s := reduce.DotParallel(r.Order, xs, ys, max(1, r.Threads))
	giveIf(scratchX)
	giveIf(scratchY)
	return s
}

// dsdot is dot in float64 over the elements of float32, whose products are exact there.
// Widened is Pairwise here: the result is not rounded to float32.
func dsdot(impl Implementation, n int, x []float32, incX int, y []float32, incY int) float64 {
	if impl.Order.Kind() == reduce.KindWidened {
		impl.Order = reduce.Pairwise
	}
	r := as[float64](impl)
	vx, vy := pair(n, x, incX, y, incY)
	scratch := take[float64](2 * n)
	xs, ys := (*scratch)[:n], (*scratch)[n:]
	for i := range n {
		xs[i], ys[i] = float64(*vx.at(i)), float64(*vy.at(i))
	}
	s := reduce.DotParallel(r.Order, xs, ys, max(1, r.Threads))
	give(scratch)
	return s
}

// nrm2 is reduce.Norm2, and 0 if the increment is negative.
func (r routines[T]) nrm2(n int, x []T, incX int) T {
	refuse(incX == 0, zeroIncX)
	if incX < 0 {
		return 0
	}
	refuse(n < 0, nLT0)
	refuse(shortVector(len(x), n, incX), shortX)
	if n > alone && incX != 1 {
		return reduce.Vector[T]{N: n, Inc: incX, Data: x}.Norm2(r.Order)
	}
	xs, scratch := gathered(n, x, incX)
	norm := reduce.Norm2(r.Order, xs)
	giveIf(scratch)
	return norm
}

// gathered returns elements as a slice, which is faster to work on.
func gathered[T kernel.Float](n int, x []T, incX int) (xs []T, scratch *[]T) {
	if incX == 1 {
		return x[:n], nil
	}
	scratch = take[T](n)
	collect(*scratch, x, 0, incX)
	return *scratch, scratch
}

// asum is reduce.SumAbs, and 0 if the increment is negative.
func (r routines[T]) asum(n int, x []T, incX int) T {
	refuse(n < 0, nLT0)
	refuse(incX == 0, zeroIncX)
	if incX < 0 {
		return 0
	}
	refuse(shortVector(len(x), n, incX), shortX)
	if n > alone && incX != 1 {
		return reduce.Vector[T]{N: n, Inc: incX, Data: x}.SumAbs(r.Order)
	}
	xs, scratch := gathered(n, x, incX)
	sum := reduce.SumAbs(r.Order, xs)
	giveIf(scratch)
	return sum
}

// iamax is the first index of the largest magnitude, by this loop, which passes over all
// NaN but a first one:
//
//	m = |x[0]|, k = 0; for i = 1, ..., n-1: if |x[i]| > m: m = |x[i]|, k = i
//
// It is -1 if there is no element or the increment is negative.
func iamax[T kernel.Float](n int, x []T, incX int) int {
	refuse(incX == 0, zeroIncX)
	if incX < 0 {
		return -1
	}
	refuse(n < 0, nLT0)
	refuse(shortVector(len(x), n, incX), shortX)
	if n == 0 {
		return -1
	}
	k, most := 0, kernel.Abs(x[0])
	if incX == 1 {
		for i, v := range x[:n] {
			if v = kernel.Abs(v); v > most {
				k, most = i, v
			}
		}
		return k
	}
	for i := 1; i < n; i++ {
		if v := kernel.Abs(x[i*incX]); v > most {
			k, most = i, v
		}
	}
	return k
}

// each replaces the elements of two vectors, one pair after the other.
func each[T kernel.Float](x, y vector[T], f func(x, y T) (T, T)) {
	i, j := x.first, y.first
	for range x.n {
		x.data[i], y.data[j] = f(x.data[i], y.data[j])
		i += x.inc
		j += y.inc
	}
}

// swap exchanges x and y.
func swap[T kernel.Float](n int, x []T, incX int, y []T, incY int) {
	if incX == 1 && incY == 1 && 0 < n && n <= min(len(x), len(y)) {
		y = y[:n]
		for i, v := range x[:n] {
			x[i], y[i] = y[i], v
		}
		return
	}
	vx, vy := pair(n, x, incX, y, incY)
	each(vx, vy, func(x, y T) (T, T) { return y, x })
}

// copyTo sets y[i] = x[i].
func copyTo[T kernel.Float](n int, x []T, incX int, y []T, incY int) {
	if incX == 1 && incY == 1 && 0 < n && n <= min(len(x), len(y)) {
		copy(y[:n], x[:n])
		return
	}
	vx, vy := pair(n, x, incX, y, incY)
	each(vx, vy, func(x, _ T) (T, T) { return x, x })
}

// axpy sets y[i] = RN(RN(alpha*x[i]) + y[i]), and nothing where alpha is 0.
func axpy[T kernel.Float](n int, alpha T, x []T, incX int, y []T, incY int) {
	if incX == 1 && incY == 1 && 0 < n && n <= min(len(x), len(y)) { // at once
		if alpha != 0 {
			kernel.EachOf(kernel.RowTimesPlus, n, &y[0], &x[0], &y[0], nil, &kernel.RowNumbers[T]{alpha})
		}
		return
	}
	vx, vy := pair(n, x, incX, y, incY)
	if alpha != 0 {
		i, j := vx.first, vy.first
		for range n {
			y[j] = kernel.Canonical(T(alpha*x[i]) + y[j])
			i += incX
			j += incY
		}
	}
}

// scal sets x[i] = RN(alpha*x[i]), to +0 where alpha is 0, and nothing if the increment
// is negative.
func scal[T kernel.Float](n int, alpha T, x []T, incX int) {
	refuse(incX == 0, zeroIncX)
	if incX < 0 {
		return
	}
	refuse(n < 0, nLT0)
	refuse(shortVector(len(x), n, incX), shortX)
	switch {
	case alpha == 0:
		for i := 0; i < n*incX; i += incX {
			x[i] = 0
		}
	case incX == 1:
		if n > 0 {
			kernel.EachOf(kernel.RowTimes, n, &x[0], &x[0], nil, nil, &kernel.RowNumbers[T]{alpha})
		}
	default:
		for i := 0; i < n*incX; i += incX {
			x[i] = kernel.Canonical(T(alpha * x[i]))
		}
	}
}

// rot applies a rotation, each product and each sum rounded:
//
//	x[i], y[i] = c*x[i] + s*y[i], c*y[i] - s*x[i]
func rot[T kernel.Float](n int, x []T, incX int, y []T, incY int, c, s T) {
	if incX == 1 && incY == 1 && 0 < n && n <= min(len(x), len(y)) {
		rotate(x[:n], y[:n], c, s)
		return
	}
	vx, vy := pair(n, x, incX, y, incY)
	each(vx, vy, func(x, y T) (T, T) {
		return kernel.Canonical(T(c*x) + T(s*y)), kernel.Canonical(T(c*y) - T(s*x))
	})
}

// fewRotated are rotated faster in Go than by two calls of a kernel.
const fewRotated = 24

// rotate is rot of slices, some elements at a time: -(s*x) and (-s)*x are the same.
func rotate[T kernel.Float](x, y []T, c, s T) {
	if len(x) < fewRotated {
		for i, v := range x {
			w := y[i]
			x[i], y[i] = kernel.Canonical(T(c*v)+T(s*w)), kernel.Canonical(T(c*w)-T(s*v))
		}
		return
	}
	scratch := take[T](min(len(x), 256))
	kept := *scratch
	there, back := kernel.RowNumbers[T]{c, s}, kernel.RowNumbers[T]{c, -s}
	for len(x) > 0 {
		n := min(len(x), len(kept))
		kernel.EachOf(kernel.RowMix, n, &kept[0], &x[0], &y[0], nil, &there)
		kernel.EachOf(kernel.RowMix, n, &y[0], &y[0], &x[0], nil, &back)
		copy(x, kept[:n])
		x, y = x[n:], y[n:]
	}
	give(scratch)
}

// rotg makes the rotation that turns (a, b) into (r, 0), by E. Anderson, Algorithm 978:
// Safe Scaling in the Level 1 BLAS, ACM TOMS 44(1), 2017, each operation rounded:
//
//	b = 0: c = 1, s = 0, r = a, z = 0;  else a = 0: c = 0, s = 1, r = b, z = 1;  else
//	m = max(|a|, |b|) kept within [least normal, 1/least normal]
//	r = sign * (m * sqrt((a/m)*(a/m) + (b/m)*(b/m))), sign that of a if |a| > |b|, else of b
//	c = a/r, s = b/r;  z = s if |a| > |b|, else 1/c, or 1 where c is 0
func rotg[T kernel.Float](a, b T) (c, s, r, z T) {
	if b == 0 {
		return 1, 0, kernel.Canonical(a), 0
	}
	if a == 0 {
		return 0, 1, kernel.Canonical(b), 1
	}
	larger := kernel.Abs(a) > kernel.Abs(b)
	sign := b
	if larger {
		sign = a
	}
	least := T(math.Ldexp(1, leastExponent[T]()))
	m := min(max(least, kernel.Abs(a), kernel.Abs(b)), 1/least)
	p, q := a/m, b/m
	root := T(math.Sqrt(float64(T(p*p) + T(q*q)))) // rounded twice, which is harmless for a root
	r = kernel.Canonical(T(math.Copysign(float64(T(m*root)), float64(sign))))
	c, s = kernel.Canonical(a/r), kernel.Canonical(b/r)
	switch {
	case larger:
		return c, s, r, s
	case c != 0:
		return c, s, r, kernel.Canonical(1 / c)
	}
	return c, s, r, 1
}

// leastExponent is that of the least normal number.
func leastExponent[T kernel.Float]() int {
	if kernel.Is64[T]() {
		return -1022
	}
	return -126
}
