package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// lower is op(A), triangular, with its rows and columns counted from its tip, the row of
// one element: as they are if op(A) is lower triangular, else from the last. So it is a
// lower triangular matrix, and a system with it is solved in ascending order.
type lower[T kernel.Float] struct {
	form     form[T]
	trans    bool
	unit     bool
	reversed bool
}

func newLower[T kernel.Float](f form[T], ul blas.Uplo, trans bool, d blas.Diag) lower[T] {
	return lower[T]{form: f, trans: trans, unit: d == blas.Unit, reversed: (ul == blas.Upper) != trans}
}

// row returns what is stored of row i, up to the diagonal, in the buffer. The diagonal is 1 if
// it is not stored.
func (l lower[T]) row(i int, buffer []T) []T {
	_, v := l.form.line(l.place(i), l.trans, buffer)
	if !l.trans {
		v = append(buffer[:0], v...)
	}
	if l.reversed {
		reverse(v)
	}
	if l.unit {
		v[len(v)-1] = 1
	}
	return v
}

// matrix returns the whole matrix in scratch, with zeros above the diagonal.
func (l lower[T]) matrix() (gemm.Matrix[T], *[]T) {
	n := l.form.rows
	m, scratch := takeMatrix[T](n, n)
	for i := range n {
		row := m.Row(i)
		clear(row[len(l.row(i, row)):])
	}
	return m, scratch
}

// checkTriangular checks what all triangular routines of level 2 take first.
func checkTriangular(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int) (trans bool) {
	checkUplo(ul)
	trans = isTrans(tA)
	checkDiag(d)
	refuse(n < 0, nLT0)
	return trans
}

// solveOrMultiply is one of lower's methods.
type solveOrMultiply[T kernel.Float] func(l lower[T], r routines[T], x, buffer []T)

// dense2 solves or multiplies with a dense triangular matrix: trsv, trmv.
func (r routines[T]) dense2(solve bool, ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []T, lda int, x []T, incX int) {
	trans := checkTriangular(ul, tA, d, n)
	refuse(lda < max(1, n), badLdA)
	refuse(incX == 0, zeroIncX)
	if n > 0 {
		refuse(shortMatrix(len(a), n, n, lda), shortA)
		refuse(shortVector(len(x), n, incX), shortX)
		a = a[:(n-1)*lda+n]
		if incX == 1 && r.inBlocks(n) && areApart(x[:n], a) {
			r.blocks(a, lda, (ul == blas.Upper) != trans, trans, d == blas.Unit, x[:n], solve)
			return
		}
		f := lower[T].multiply
		if solve {
			f = lower[T].solve
		}
		r.inPlace(f, newLower(triangle(ul, n, a, lda), ul, trans, d), newVector(x, n, incX, shortX))
	}
}

// band2 does f with a triangular band: tbmv, tbsv.
func (r routines[T]) band2(f solveOrMultiply[T], ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []T, lda int, x []T, incX int) {
	trans := checkTriangular(ul, tA, d, n)
	refuse(k < 0, kLT0)
	refuse(lda < k+1, badLdA)
	refuse(incX == 0, zeroIncX)
	if n > 0 {
		refuse(shortMatrix(len(a), n, k+1, lda), shortA)
		r.inPlace(f, newLower(bandTriangle(ul, n, k, a, lda), ul, trans, d), newVector(x, n, incX, shortX))
	}
}

// packed2 does f with a packed triangular matrix: tpmv, tpsv.
func (r routines[T]) packed2(f solveOrMultiply[T], ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []T, x []T, incX int) {
	trans := checkTriangular(ul, tA, d, n)
	refuse(incX == 0, zeroIncX)
	if n > 0 {
		refuse(len(ap) < n*(n+1)/2, shortAP)
		r.inPlace(f, newLower(packed(ul, n, ap), ul, trans, d), newVector(x, n, incX, shortX))
	}
}

// inPlace does f on the elements of x.
func (r routines[T]) inPlace(f solveOrMultiply[T], l lower[T], x vector[T]) {
	xs, scratch := x.copy() // x may lie between the rows of A
	defer give(scratch)
	buffer := take[T](x.n)
	defer give(buffer)
	f(l, r, xs, *buffer)
	x.set(xs)
}

// place is where row i, counted from the tip, is stored.
func (l lower[T]) place(i int) int {
	if l.reversed {
		return l.form.rows - 1 - i
	}
	return i
}

// terms returns what is stored of row i as it is stored, and the elements of x that it meets: the last is the
// diagonal, or if l is reversed the first. A column goes to the buffer.
func (l lower[T]) terms(i int, x, buffer []T) (a, xs []T) {
	lo, v := l.form.line(i, l.trans, buffer)
	if l.reversed {
		return v[i-lo:], x[i : lo+len(v)]
	}
	return v[:i-lo+1], x[lo : i+1]
}

// multiply sets x = op(A)*x: x[i] = element(1, A[i,k]*x[k] for the k that are stored, ascending
// to i, 0, -), in the growing tree. The rows that are left to do read no element that is done.
func (l lower[T]) multiply(r routines[T], x, buffer []T) {
	if l.form.layout == dense && r.inBlocks(len(x)) {
		r.blocks(l.form.data, l.form.ld, l.reversed, l.trans, l.unit, x, false)
		return
	}
	if l.sweeps(r) {
		l.sweep(r, x, false)
		return
	}
	for i := len(x) - 1; i >= 0; i-- {
		at := l.place(i)
		a, xs := l.terms(at, x, buffer)
		if l.unit {
			a = append(buffer[:0], a...)
			if l.reversed {
				a[0] = 1
			} else {
				a[len(a)-1] = 1
			}
		}
		x[at] = r.element(true, l.reversed, 1, a, xs, 0, 0)
	}
}

// solve sets x to the solution of op(A)*x = b, b being x: with the k that are stored,
//
//	for i ascending: x[i] = RN(element(-1, A[i,k]*x[k] for k < i, ascending, 1, b[i]) / A[i,i])
//
// in the growing tree, and without the division where the diagonal is 1 and not stored.
func (l lower[T]) solve(r routines[T], x, buffer []T) {
	if l.form.layout == dense && r.inBlocks(len(x)) {
		r.blocks(l.form.data, l.form.ld, l.reversed, l.trans, l.unit, x, true)
		return
	}
	if l.sweeps(r) {
		l.sweep(r, x, true)
		return
	}
	for i := range x {
		at := l.place(i)
		a, xs := l.terms(at, x, buffer)
		last := len(a) - 1
		d := a[last]
		if l.reversed {
			d, a, xs = a[0], a[1:], xs[1:]
		} else {
			a, xs = a[:last], xs[:last]
		}
		x[at] = l.unknown(r.element(true, l.reversed, -1, a, xs, 1, x[at]), d)
	}
}

// unknown is what is left of b, divided by the diagonal.
func (l lower[T]) unknown(v, d T) T {
	if l.unit {
		return v
	}
	return kernel.Canonical(v / d)
}
