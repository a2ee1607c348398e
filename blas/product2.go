package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// gemv sets y = alpha*op(A)*x + beta*y: y[i] = element(alpha, op(A)[i,k]*x[k] for all k, beta,
// y[i]). The contraction is that of gemm.
func (r routines[T]) gemv(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	trans := isTrans(tA)
	refuse(m < 0, mLT0)
	refuse(n < 0, nLT0)
	refuse(lda < max(1, n), badLdA)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if m == 0 || n == 0 {
		return
	}
	vx, vy := operands(trans, m, n, x, incX, y, incY)
	refuse(shortMatrix(len(a), m, n, lda), shortA)
	r.rows(trans, alpha, gemm.Matrix[T]{Rows: m, Cols: n, Stride: lda, Data: a}, vx, beta, vy)
}

// operands returns the vectors that an m x n matrix or its transpose is multiplied with.
func operands[T kernel.Float](trans bool, m, n int, x []T, incX int, y []T, incY int) (vx, vy vector[T]) {
	if trans {
		m, n = n, m
	}
	return newVector(x, n, incX, shortX), newVector(y, m, incY, shortY)
}

// symv is gemv with a symmetric matrix, of which a triangle is read.
func (r routines[T]) symv(ul blas.Uplo, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(lda < max(1, n), badLdA)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if n == 0 {
		return
	}
	refuse(shortMatrix(len(a), n, n, lda), shortA)
	vx, vy := operands(false, n, n, x, incX, y, incY)
	r.symmetricRows(triangle(ul, n, a, lda), alpha, vx, beta, vy)
}

// spmv is symv of a packed matrix.
func (r routines[T]) spmv(ul blas.Uplo, n int, alpha T, ap []T, x []T, incX int, beta T, y []T, incY int) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if n == 0 {
		return
	}
	refuse(len(ap) < n*(n+1)/2, shortAP)
	vx, vy := operands(false, n, n, x, incX, y, incY)
	r.symmetricRows(packed(ul, n, ap), alpha, vx, beta, vy)
}

// symmetricRows multiplies with the whole matrix of which f stores a triangle.
func (r routines[T]) symmetricRows(f form[T], alpha T, x vector[T], beta T, y vector[T]) {
	if alpha == 0 { // f is not read
		scaleVector(beta, y)
		return
	}
	a, scratch := f.symmetric()
	defer give(scratch)
	r.rows(false, alpha, a, x, beta, y)
}

// fewTerms is the size of matrices up to which gemv is sooner done here than by gemm. It cannot matter to the
// bits.
const fewTerms = 1 << 8

// rows is gemv after the checks, as a product with one row: y' = alpha*x'*op(A)' + beta*y'.
// Products commute, so the bits are those of a product with one column.
func (r routines[T]) rows(trans bool, alpha T, a gemm.Matrix[T], x vector[T], beta T, y vector[T]) {
	if alpha == 0 {
		scaleVector(beta, y)
		return
	}
	small := a.Rows*a.Cols <= fewTerms && r.isChain(1)
	if small && !trans {
		f := form[T]{data: a.Data, ld: a.Stride, rows: a.Rows, cols: a.Cols, below: a.Rows, above: a.Cols}
		r.bandRows(alpha, x, beta, y, func(i int, _ []T) (int, []T) { return f.row(i) })
		return
	}
	xs, scratchX := x.slice()
	defer giveIf(scratchX)
	ys, scratchY := y.copy() // y may lie between the rows of A
	defer give(scratchY)
	if small && r.isChain(x.n) {
		oneLeaf(alpha, a, xs, beta, ys)
	} else {
		r.multiply(false, false, !trans, alpha, gemm.Dense(1, x.n, xs), a, beta, gemm.Dense(1, y.n, ys))
	}
	y.set(ys)
}

// oneLeaf sets y = alpha*A'*x + beta*y where all terms are one leaf: a row of A continues the chains of all elements.
func oneLeaf[T kernel.Float](alpha T, a gemm.Matrix[T], x []T, beta T, y []T) {
	scratch := take[T](len(y))
	defer give(scratch)
	chains := *scratch
	clear(chains)
	for k, v := range x {
		addProducts(chains, v, a.Row(k))
	}
	for j, s := range chains {
		y[j] = finish(alpha, s, beta, y[j])
	}
}

// scaleVector sets y = RN(beta*y), and leaves it alone if beta is 1.
func scaleVector[T kernel.Float](beta T, y vector[T]) {
	if beta == 1 {
		return
	}
	for i := range y.n {
		*y.at(i) = times(beta, *y.at(i))
	}
}

// gbmv is gemv with a band: y[i] = element(alpha, op(A)[i,k]*x[k] for the k within the band,
// beta, y[i]). The terms are counted from the first within the band.
func (r routines[T]) gbmv(tA blas.Transpose, m, n, kL, kU int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	trans := isTrans(tA)
	refuse(m < 0, mLT0)
	refuse(n < 0, nLT0)
	refuse(kL < 0, kLLT0)
	refuse(kU < 0, kULT0)
	refuse(lda < kL+kU+1, badLdA)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if m == 0 || n == 0 {
		return
	}
	refuse(shortMatrix(len(a), min(m, n+kL), kL+kU+1, lda), shortA)
	vx, vy := operands(trans, m, n, x, incX, y, incY)
	f := form[T]{data: a, layout: band, ld: lda, rows: m, cols: n, below: kL, above: kU}
	r.bandRows(alpha, vx, beta, vy, func(i int, buffer []T) (int, []T) { return f.line(i, trans, buffer) })
}

// sbmv is gbmv with a symmetric band, of which a triangle is read.
func (r routines[T]) sbmv(ul blas.Uplo, n, k int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	checkUplo(ul)
	refuse(n < 0, nLT0)
	refuse(k < 0, kLT0)
	refuse(lda < k+1, badLdA)
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	if n == 0 {
		return
	}
	refuse(shortMatrix(len(a), n, k+1, lda), shortA)
	vx, vy := operands(false, n, n, x, incX, y, incY)
	r.bandRows(alpha, vx, beta, vy, bandTriangle(ul, n, k, a, lda).mirrored)
}

// bandRows sets y from the stored parts of the rows, which line returns.
func (r routines[T]) bandRows(alpha T, x vector[T], beta T, y vector[T], line func(i int, buffer []T) (lo int, v []T)) {
	if alpha == 0 {
		scaleVector(beta, y)
		return
	}
	xs, scratchX := x.slice()
	defer giveIf(scratchX)
	buffer := take[T](x.n)
	defer give(buffer)
	ys, scratchY := y.copy()
	defer give(scratchY)
	for i := range ys {
		lo, v := line(i, *buffer)
		ys[i] = r.element(false, false, alpha, v, xs[lo:lo+len(v)], beta, ys[i])
	}
	y.set(ys)
}
