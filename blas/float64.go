package blas

import "gonum.org/v1/gonum/blas"

// Ddot returns the sum of x[i]*y[i]: reduce.Dot.
func (impl Implementation) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	return as[float64](impl).dot(n, x, incX, y, incY)
}

// Dnrm2 returns the Euclidean norm, reduce.Norm2, and 0 if incX is negative.
func (impl Implementation) Dnrm2(n int, x []float64, incX int) float64 {
	return as[float64](impl).nrm2(n, x, incX)
}

// Dasum returns the sum of |x[i]|, reduce.SumAbs, and 0 if incX is negative.
func (impl Implementation) Dasum(n int, x []float64, incX int) float64 {
	return as[float64](impl).asum(n, x, incX)
}

// Idamax returns the first index of the largest |x[i]|; NaN are passed over unless x[0] is
// one. It is -1 if n is 0 or incX negative.
func (impl Implementation) Idamax(n int, x []float64, incX int) int {
	return iamax(n, x, incX)
}

// Dswap exchanges x and y.
func (impl Implementation) Dswap(n int, x []float64, incX int, y []float64, incY int) {
	swap(n, x, incX, y, incY)
}

// Dcopy sets y[i] = x[i], bit by bit.
func (impl Implementation) Dcopy(n int, x []float64, incX int, y []float64, incY int) {
	copyTo(n, x, incX, y, incY)
}

// Daxpy sets y[i] = RN(RN(alpha*x[i]) + y[i]), and nothing if alpha is 0.
func (impl Implementation) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	axpy(n, alpha, x, incX, y, incY)
}

// Drotg makes the plane rotation that turns (a, b) into (r, 0).
func (impl Implementation) Drotg(a, b float64) (c, s, r, z float64) {
	return rotg(a, b)
}

// Drotmg makes the modified plane rotation that turns (sqrt(d1)*x1, sqrt(d2)*y1) into (.., 0).
func (impl Implementation) Drotmg(d1, d2, x1, y1 float64) (p blas.DrotmParams, rd1, rd2, rx1 float64) {
	m, rd1, rd2, rx1 := rotmg(d1, d2, x1, y1)
	p.Flag, p.H = m.params()
	return p, rd1, rd2, rx1
}

// Drot sets x[i], y[i] = c*x[i] + s*y[i], c*y[i] - s*x[i], each operation rounded.
func (impl Implementation) Drot(n int, x []float64, incX int, y []float64, incY int, c, s float64) {
	rot(n, x, incX, y, incY, c, s)
}

// Drotm applies a modified plane rotation, each operation rounded.
func (impl Implementation) Drotm(n int, x []float64, incX int, y []float64, incY int, p blas.DrotmParams) {
	rotm(n, x, incX, y, incY, p.Flag, p.H)
}

// Dscal sets x[i] = RN(alpha*x[i]), +0 if alpha is 0, and nothing if incX is negative.
func (impl Implementation) Dscal(n int, alpha float64, x []float64, incX int) {
	scal(n, alpha, x, incX)
}

// Dgemv sets y = alpha*op(A)*x + beta*y.
func (impl Implementation) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	as[float64](impl).gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Dgbmv is Dgemv with a band: the terms of an element are those within it.
func (impl Implementation) Dgbmv(tA blas.Transpose, m, n, kL, kU int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	as[float64](impl).gbmv(tA, m, n, kL, kU, alpha, a, lda, x, incX, beta, y, incY)
}

// Dtrmv sets x = op(A)*x, A being triangular.
func (impl Implementation) Dtrmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	as[float64](impl).dense2(false, ul, tA, d, n, a, lda, x, incX)
}

// Dtbmv is Dtrmv with a triangular band: the terms of an element are those within it.
func (impl Implementation) Dtbmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []float64, lda int, x []float64, incX int) {
	as[float64](impl).band2(lower[float64].multiply, ul, tA, d, n, k, a, lda, x, incX)
}

// Dtpmv is Dtrmv with a packed matrix.
func (impl Implementation) Dtpmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float64, x []float64, incX int) {
	as[float64](impl).packed2(lower[float64].multiply, ul, tA, d, n, ap, x, incX)
}

// Dtrsv solves op(A)*x = b, x being b at first, A being triangular.
func (impl Implementation) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	as[float64](impl).dense2(true, ul, tA, d, n, a, lda, x, incX)
}

// Dtbsv is Dtrsv with a triangular band: the terms of an element are those within it.
func (impl Implementation) Dtbsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []float64, lda int, x []float64, incX int) {
	as[float64](impl).band2(lower[float64].solve, ul, tA, d, n, k, a, lda, x, incX)
}

// Dtpsv is Dtrsv with a packed matrix.
func (impl Implementation) Dtpsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float64, x []float64, incX int) {
	as[float64](impl).packed2(lower[float64].solve, ul, tA, d, n, ap, x, incX)
}

// Dsymv sets y = alpha*A*x + beta*y, A being symmetric.
func (impl Implementation) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	as[float64](impl).symv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Dsbmv is Dsymv with a band: the terms of an element are those within it.
func (impl Implementation) Dsbmv(ul blas.Uplo, n, k int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	as[float64](impl).sbmv(ul, n, k, alpha, a, lda, x, incX, beta, y, incY)
}

// Dspmv is Dsymv with a packed matrix.
func (impl Implementation) Dspmv(ul blas.Uplo, n int, alpha float64, ap []float64, x []float64, incX int, beta float64, y []float64, incY int) {
	as[float64](impl).spmv(ul, n, alpha, ap, x, incX, beta, y, incY)
}

// Dger sets A = alpha*x*y' + A.
func (impl Implementation) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	as[float64](impl).ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Dsyr sets A = alpha*x*x' + A in a triangle.
func (impl Implementation) Dsyr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, a []float64, lda int) {
	as[float64](impl).syr(ul, n, alpha, x, incX, a, lda)
}

// Dspr is Dsyr of a packed matrix.
func (impl Implementation) Dspr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, ap []float64) {
	as[float64](impl).spr(ul, n, alpha, x, incX, ap)
}

// Dsyr2 sets A = alpha*x*y' + alpha*y*x' + A in a triangle.
func (impl Implementation) Dsyr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	as[float64](impl).syr2(ul, n, alpha, x, incX, y, incY, a, lda)
}

// Dspr2 is Dsyr2 of a packed matrix.
func (impl Implementation) Dspr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, ap []float64) {
	as[float64](impl).spr2(ul, n, alpha, x, incX, y, incY, ap)
}

// Dgemm sets C = alpha*op(A)*op(B) + beta*C: gemm.Gemm.
func (impl Implementation) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	as[float64](impl).gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dsymm sets C = alpha*A*B + beta*C or alpha*B*A + beta*C, A being symmetric.
func (impl Implementation) Dsymm(s blas.Side, ul blas.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	as[float64](impl).symm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dsyrk sets C = alpha*op(A)*op(A)' + beta*C in a triangle.
func (impl Implementation) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	as[float64](impl).syrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
}

// Dsyr2k sets C = alpha*op(A)*op(B)' + alpha*op(B)*op(A)' + beta*C in a triangle.
func (impl Implementation) Dsyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	as[float64](impl).syr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dtrmm sets B = alpha*op(A)*B or alpha*B*op(A), A being triangular.
func (impl Implementation) Dtrmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	as[float64](impl).triangular3(false, s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
}

// Dtrsm solves op(A)*X = alpha*B or X*op(A) = alpha*B, X being B at first and A triangular.
func (impl Implementation) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	as[float64](impl).triangular3(true, s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
}
