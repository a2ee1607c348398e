package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// ger sets A = alpha*x*y' + A: a[i,j] = element(alpha, x[i]*y[j], 1, a[i,j]), of one term.
func (r routines[T]) ger(m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) {
	refuse(m < 0, mLT0)
	refuse(n < 0, nLT0)
	refuse(lda < max(1, n), badLdA)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if m == 0 || n == 0 {
		return
	}
	refuse(shortVector(len(x), m, incX), shortX)
	refuse(shortVector(len(y), n, incY), shortY)
	refuse(shortMatrix(len(a), m, n, lda), shortA)
	if alpha == 0 {
		return
	}
	a = a[:(m-1)*lda+n]
	if incX == 1 && incY == 1 && r.isChain(1) && areApart(x[:m], a) && areApart(y[:n], a) {
		kernel.Outer(a, lda, alpha, x[:m], y[:n])
		return
	}
	scratch := take[T](m + n)
	xs, ys := apartFrom(x, incX, a, (*scratch)[:m]), apartFrom(y, incY, a, (*scratch)[m:])
	if r.isChain(1) {
		kernel.Outer(a, lda, alpha, xs, ys)
	} else {
		for i := range m {
			r.update(alpha, xs[i:i+1], ys, nil, a[i*lda:i*lda+n])
		}
	}
	give(scratch)
}

// update sets each c[j] = element(alpha, f[0]*y[j] + f[1]*z[j], 1, c[j]), of as many terms as
// there are factors.
func (r routines[T]) update(alpha T, f, y, z, c []T) {
	n := len(c)
	if len(f) == 1 {
		r.multiply(false, false, false, alpha, gemm.Dense(1, 1, f), gemm.Dense(1, n, y), 1, gemm.Dense(1, n, c))
		return
	}
	s := take[T](2 * n)
	defer give(s)
	copy((*s)[copy(*s, y):], z)
	r.multiply(false, false, false, alpha, gemm.Dense(1, 2, f), gemm.Dense(2, n, *s), 1, gemm.Dense(1, n, c))
}

// syr sets a triangle of A = alpha*x*x' + A: ger with y = x, in the triangle.
func (r routines[T]) syr(ul blas.Uplo, n int, alpha T, x []T, incX int, a []T, lda int) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(lda < max(1, n), badLdA)
	refuse(incX == 0, zeroIncX)
	if n == 0 {
		return
	}
	refuse(shortVector(len(x), n, incX), shortX)
	refuse(shortMatrix(len(a), n, n, lda), shortA)
	f := triangle(ul, n, a, lda)
	r.rankOne(&f, alpha, x, incX)
}

// spr is syr of a packed matrix.
func (r routines[T]) spr(ul blas.Uplo, n int, alpha T, x []T, incX int, ap []T) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(incX == 0, zeroIncX)
	if n == 0 {
		return
	}
	refuse(shortVector(len(x), n, incX), shortX)
	refuse(len(ap) < n*(n+1)/2, shortAP)
	f := packed(ul, n, ap)
	r.rankOne(&f, alpha, x, incX)
}

func (r routines[T]) rankOne(f *form[T], alpha T, x []T, incX int) {
	if alpha == 0 {
		return
	}
	n := f.rows
	scratch := take[T](n)
	defer give(scratch)
	xs := *scratch
	collect(xs, x, firstOf(n, incX), incX)
	if r.isChain(1) {
		for i, v := range xs {
			lo, row := f.row(i)
			kernel.EachOf(kernel.RowOuter, len(row), &row[0], &xs[lo], &row[0], nil, &kernel.RowNumbers[T]{alpha, v})
		}
		return
	}
	for i := range n {
		lo, row := f.row(i)
		r.update(alpha, xs[i:i+1], xs[lo:lo+len(row)], nil, row)
	}
}

// syr2 sets a triangle of A = alpha*x*y' + alpha*y*x' + A, in either triangle
//
//	a[i,j], a[j,i] = element(alpha, x[i]*y[j], y[i]*x[j], 1, a)    i >= j
func (r routines[T]) syr2(ul blas.Uplo, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(lda < max(1, n), badLdA)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if n == 0 {
		return
	}
	refuse(shortVector(len(x), n, incX), shortX)
	refuse(shortVector(len(y), n, incY), shortY)
	refuse(shortMatrix(len(a), n, n, lda), shortA)
	f := triangle(ul, n, a, lda)
	r.rankTwo(&f, alpha, x, incX, y, incY)
}

// spr2 is syr2 of a packed matrix.
func (r routines[T]) spr2(ul blas.Uplo, n int, alpha T, x []T, incX int, y []T, incY int, ap []T) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if n == 0 {
		return
	}
	refuse(shortVector(len(x), n, incX), shortX)
	refuse(shortVector(len(y), n, incY), shortY)
	refuse(len(ap) < n*(n+1)/2, shortAP)
	f := packed(ul, n, ap)
	r.rankTwo(&f, alpha, x, incX, y, incY)
}

func (r routines[T]) rankTwo(f *form[T], alpha T, x []T, incX int, y []T, incY int) {
	if alpha == 0 {
		return
	}
	n := f.rows
	scratch := take[T](2*n + 2)
	defer give(scratch)
	xs, ys, factors := (*scratch)[:n], (*scratch)[n:2*n], (*scratch)[2*n:]
	collect(xs, x, firstOf(n, incX), incX)
	collect(ys, y, firstOf(n, incY), incY)
	if f.below == 0 { // in the upper triangle the column has the larger index
		xs, ys = ys, xs
	}
	if r.isChain(2) {
		for i, v := range xs {
			lo, row := f.row(i)
			kernel.EachOf(kernel.RowOuterTwo, len(row), &row[0], &ys[lo], &row[0], &xs[lo], &kernel.RowNumbers[T]{alpha, v, ys[i]})
		}
		return
	}
	for i := range n {
		lo, row := f.row(i)
		hi := lo + len(row)
		factors[0], factors[1] = xs[i], ys[i]
		r.update(alpha, factors, ys[lo:hi], xs[lo:hi], row)
	}
}
