package blas

import (
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// Sdsdot returns alpha plus Dsdot, rounded to float64 and then to float32.
func (impl Implementation) Sdsdot(n int, alpha float32, x []float32, incX int, y []float32, incY int) float32 {
	return kernel.Canonical(float32(float64(alpha) + impl.Dsdot(n, x, incX, y, incY)))
}

// Dsdot returns the sum of x[i]*y[i] in float64: reduce.Dot of the elements as float64, in
// the Order, or for Widened in Pairwise.
func (impl Implementation) Dsdot(n int, x []float32, incX int, y []float32, incY int) float64 {
	return dsdot(impl, n, x, incX, y, incY)
}

// Sdot returns the sum of x[i]*y[i]: reduce.Dot.
func (impl Implementation) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	return as[float32](impl).dot(n, x, incX, y, incY)
}

// Snrm2 returns the Euclidean norm, reduce.Norm2, and 0 if incX is negative.
func (impl Implementation) Snrm2(n int, x []float32, incX int) float32 {
	return as[float32](impl).nrm2(n, x, incX)
}

// Sasum returns the sum of |x[i]|, reduce.SumAbs, and 0 if incX is negative.
func (impl Implementation) Sasum(n int, x []float32, incX int) float32 {
	return as[float32](impl).asum(n, x, incX)
}

// Isamax returns the first index of the largest |x[i]|; NaN are passed over unless x[0] is
// one. It is -1 if n is 0 or incX negative.
func (impl Implementation) Isamax(n int, x []float32, incX int) int {
	return iamax(n, x, incX)
}

// Sswap exchanges x and y.
func (impl Implementation) Sswap(n int, x []float32, incX int, y []float32, incY int) {
	swap(n, x, incX, y, incY)
}

// Scopy sets y[i] = x[i], bit by bit.
func (impl Implementation) Scopy(n int, x []float32, incX int, y []float32, incY int) {
	copyTo(n, x, incX, y, incY)
}

// Saxpy sets y[i] = RN(RN(alpha*x[i]) + y[i]), and nothing if alpha is 0.
func (impl Implementation) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	axpy(n, alpha, x, incX, y, incY)
}

// Srotg makes the plane rotation that turns (a, b) into (r, 0).
func (impl Implementation) Srotg(a, b float32) (c, s, r, z float32) {
	return rotg(a, b)
}

// Srotmg makes the modified plane rotation that turns (sqrt(d1)*x1, sqrt(d2)*y1) into (.., 0).
func (impl Implementation) Srotmg(d1, d2, x1, y1 float32) (p blas.SrotmParams, rd1, rd2, rx1 float32) {
	m, rd1, rd2, rx1 := rotmg(d1, d2, x1, y1)
	p.Flag, p.H = m.params()
	return p, rd1, rd2, rx1
}

// Srot sets x[i], y[i] = c*x[i] + s*y[i], c*y[i] - s*x[i], each operation rounded.
func (impl Implementation) Srot(n int, x []float32, incX int, y []float32, incY int, c, s float32) {
	rot(n, x, incX, y, incY, c, s)
}

// Srotm applies a modified plane rotation, each operation rounded.
func (impl Implementation) Srotm(n int, x []float32, incX int, y []float32, incY int, p blas.SrotmParams) {
	rotm(n, x, incX, y, incY, p.Flag, p.H)
}

// Sscal sets x[i] = RN(alpha*x[i]), +0 if alpha is 0, and nothing if incX is negative.
func (impl Implementation) Sscal(n int, alpha float32, x []float32, incX int) {
	scal(n, alpha, x, incX)
}

// Sgemv sets y = alpha*op(A)*x + beta*y.
func (impl Implementation) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	as[float32](impl).gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Sgbmv is Sgemv with a band: the terms of an element are those within it.
func (impl Implementation) Sgbmv(tA blas.Transpose, m, n, kL, kU int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	as[float32](impl).gbmv(tA, m, n, kL, kU, alpha, a, lda, x, incX, beta, y, incY)
}

// Strmv sets x = op(A)*x, A being triangular.
func (impl Implementation) Strmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	as[float32](impl).dense2(false, ul, tA, d, n, a, lda, x, incX)
}

// Stbmv is Strmv with a triangular band: the terms of an element are those within it.
func (impl Implementation) Stbmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []float32, lda int, x []float32, incX int) {
	as[float32](impl).band2(lower[float32].multiply, ul, tA, d, n, k, a, lda, x, incX)
}

// Stpmv is Strmv with a packed matrix.
func (impl Implementation) Stpmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float32, x []float32, incX int) {
	as[float32](impl).packed2(lower[float32].multiply, ul, tA, d, n, ap, x, incX)
}

// Strsv solves op(A)*x = b, x being b at first, A being triangular.
func (impl Implementation) Strsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	as[float32](impl).dense2(true, ul, tA, d, n, a, lda, x, incX)
}

// Stbsv is Strsv with a triangular band: the terms of an element are those within it.
func (impl Implementation) Stbsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []float32, lda int, x []float32, incX int) {
	as[float32](impl).band2(lower[float32].solve, ul, tA, d, n, k, a, lda, x, incX)
}

// Stpsv is Strsv with a packed matrix.
func (impl Implementation) Stpsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float32, x []float32, incX int) {
	as[float32](impl).packed2(lower[float32].solve, ul, tA, d, n, ap, x, incX)
}

// Ssymv sets y = alpha*A*x + beta*y, A being symmetric.
func (impl Implementation) Ssymv(ul blas.Uplo, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	as[float32](impl).symv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Ssbmv is Ssymv with a band: the terms of an element are those within it.
func (impl Implementation) Ssbmv(ul blas.Uplo, n, k int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	as[float32](impl).sbmv(ul, n, k, alpha, a, lda, x, incX, beta, y, incY)
}

// Sspmv is Ssymv with a packed matrix.
func (impl Implementation) Sspmv(ul blas.Uplo, n int, alpha float32, ap []float32, x []float32, incX int, beta float32, y []float32, incY int) {
	as[float32](impl).spmv(ul, n, alpha, ap, x, incX, beta, y, incY)
}

// Sger sets A = alpha*x*y' + A.
func (impl Implementation) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	as[float32](impl).ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Ssyr sets A = alpha*x*x' + A in a triangle.
func (impl Implementation) Ssyr(ul blas.Uplo, n int, alpha float32, x []float32, incX int, a []float32, lda int) {
	as[float32](impl).syr(ul, n, alpha, x, incX, a, lda)
}

// Sspr is Ssyr of a packed matrix.
func (impl Implementation) Sspr(ul blas.Uplo, n int, alpha float32, x []float32, incX int, ap []float32) {
	as[float32](impl).spr(ul, n, alpha, x, incX, ap)
}

// Ssyr2 sets A = alpha*x*y' + alpha*y*x' + A in a triangle.
func (impl Implementation) Ssyr2(ul blas.Uplo, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	as[float32](impl).syr2(ul, n, alpha, x, incX, y, incY, a, lda)
}

// Sspr2 is Ssyr2 of a packed matrix.
func (impl Implementation) Sspr2(ul blas.Uplo, n int, alpha float32, x []float32, incX int, y []float32, incY int, ap []float32) {
	as[float32](impl).spr2(ul, n, alpha, x, incX, y, incY, ap)
}

// Sgemm sets C = alpha*op(A)*op(B) + beta*C: gemm.Gemm.
func (impl Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	as[float32](impl).gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Ssymm sets C = alpha*A*B + beta*C or alpha*B*A + beta*C, A being symmetric.
func (impl Implementation) Ssymm(s blas.Side, ul blas.Uplo, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	as[float32](impl).symm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Ssyrk sets C = alpha*op(A)*op(A)' + beta*C in a triangle.
func (impl Implementation) Ssyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	as[float32](impl).syrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
}

// Ssyr2k sets C = alpha*op(A)*op(B)' + alpha*op(B)*op(A)' + beta*C in a triangle.
func (impl Implementation) Ssyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	as[float32](impl).syr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Strmm sets B = alpha*op(A)*B or alpha*B*op(A), A being triangular.
func (impl Implementation) Strmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	as[float32](impl).triangular3(false, s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
}

// Strsm solves op(A)*X = alpha*B or X*op(A) = alpha*B, X being B at first and A triangular.
func (impl Implementation) Strsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	as[float32](impl).triangular3(true, s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
}
