package blas_test

import (
	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	gonum "gonum.org/v1/gonum/blas"
)

// library is the routines of blas.Float64 or of blas.Float32 under names without D or S.
type library[T kernel.Float] struct {
	Dot   func(n int, x []T, incX int, y []T, incY int) T
	Nrm2  func(n int, x []T, incX int) T
	Asum  func(n int, x []T, incX int) T
	Iamax func(n int, x []T, incX int) int
	Swap  func(n int, x []T, incX int, y []T, incY int)
	Copy  func(n int, x []T, incX int, y []T, incY int)
	Axpy  func(n int, alpha T, x []T, incX int, y []T, incY int)
	Rotg  func(a, b T) (c, s, r, z T)
	Rot   func(n int, x []T, incX int, y []T, incY int, c, s T)
	Scal  func(n int, alpha T, x []T, incX int)
	Gemv  func(tA gonum.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	Gbmv  func(tA gonum.Transpose, m, n, kL, kU int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	Trmv  func(ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, n int, a []T, lda int, x []T, incX int)
	Tbmv  func(ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, n, k int, a []T, lda int, x []T, incX int)
	Tpmv  func(ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, n int, ap []T, x []T, incX int)
	Trsv  func(ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, n int, a []T, lda int, x []T, incX int)
	Tbsv  func(ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, n, k int, a []T, lda int, x []T, incX int)
	Tpsv  func(ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, n int, ap []T, x []T, incX int)
	Symv  func(ul gonum.Uplo, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	Sbmv  func(ul gonum.Uplo, n, k int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	Spmv  func(ul gonum.Uplo, n int, alpha T, ap []T, x []T, incX int, beta T, y []T, incY int)
	Ger   func(m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int)
	Syr   func(ul gonum.Uplo, n int, alpha T, x []T, incX int, a []T, lda int)
	Spr   func(ul gonum.Uplo, n int, alpha T, x []T, incX int, ap []T)
	Syr2  func(ul gonum.Uplo, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int)
	Spr2  func(ul gonum.Uplo, n int, alpha T, x []T, incX int, y []T, incY int, ap []T)
	Gemm  func(tA, tB gonum.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	Symm  func(s gonum.Side, ul gonum.Uplo, m, n int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	Syrk  func(ul gonum.Uplo, tA gonum.Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int)
	Syr2k func(ul gonum.Uplo, tA gonum.Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	Trmm  func(s gonum.Side, ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int)
	Trsm  func(s gonum.Side, ul gonum.Uplo, tA gonum.Transpose, d gonum.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int)
	Rotm  func(n int, x []T, incX int, y []T, incY int, flag gonum.Flag, h [4]T)
	Rotmg func(d1, d2, x1, y1 T) (flag gonum.Flag, h [4]T, rd1, rd2, rx1 T)
}

// newLibrary returns the routines of impl for T.
func newLibrary[T kernel.Float](impl blas.Implementation) *library[T] {
	var l any = library64(impl)
	if !kernel.Is64[T]() {
		l = library32(impl)
	}
	return l.(*library[T])
}

func library64(b gonum.Float64) *library[float64] {
	return &library[float64]{
		Dot:   b.Ddot,
		Nrm2:  b.Dnrm2,
		Asum:  b.Dasum,
		Iamax: b.Idamax,
		Swap:  b.Dswap,
		Copy:  b.Dcopy,
		Axpy:  b.Daxpy,
		Rotg:  b.Drotg,
		Rot:   b.Drot,
		Scal:  b.Dscal,
		Gemv:  b.Dgemv,
		Gbmv:  b.Dgbmv,
		Trmv:  b.Dtrmv,
		Tbmv:  b.Dtbmv,
		Tpmv:  b.Dtpmv,
		Trsv:  b.Dtrsv,
		Tbsv:  b.Dtbsv,
		Tpsv:  b.Dtpsv,
		Symv:  b.Dsymv,
		Sbmv:  b.Dsbmv,
		Spmv:  b.Dspmv,
		Ger:   b.Dger,
		Syr:   b.Dsyr,
		Spr:   b.Dspr,
		Syr2:  b.Dsyr2,
		Spr2:  b.Dspr2,
		Gemm:  b.Dgemm,
		Symm:  b.Dsymm,
		Syrk:  b.Dsyrk,
		Syr2k: b.Dsyr2k,
		Trmm:  b.Dtrmm,
		Trsm:  b.Dtrsm,
		Rotm: func(n int, x []float64, incX int, y []float64, incY int, flag gonum.Flag, h [4]float64) {
			b.Drotm(n, x, incX, y, incY, gonum.DrotmParams{Flag: flag, H: h})
		},
		Rotmg: func(d1, d2, x1, y1 float64) (gonum.Flag, [4]float64, float64, float64, float64) {
			p, rd1, rd2, rx1 := b.Drotmg(d1, d2, x1, y1)
			return p.Flag, p.H, rd1, rd2, rx1
		},
	}
}

func library32(b gonum.Float32) *library[float32] {
	return &library[float32]{
		Dot:   b.Sdot,
		Nrm2:  b.Snrm2,
		Asum:  b.Sasum,
		Iamax: b.Isamax,
		Swap:  b.Sswap,
		Copy:  b.Scopy,
		Axpy:  b.Saxpy,
		Rotg:  b.Srotg,
		Rot:   b.Srot,
		Scal:  b.Sscal,
		Gemv:  b.Sgemv,
		Gbmv:  b.Sgbmv,
		Trmv:  b.Strmv,
		Tbmv:  b.Stbmv,
		Tpmv:  b.Stpmv,
		Trsv:  b.Strsv,
		Tbsv:  b.Stbsv,
		Tpsv:  b.Stpsv,
		Symv:  b.Ssymv,
		Sbmv:  b.Ssbmv,
		Spmv:  b.Sspmv,
		Ger:   b.Sger,
		Syr:   b.Ssyr,
		Spr:   b.Sspr,
		Syr2:  b.Ssyr2,
		Spr2:  b.Sspr2,
		Gemm:  b.Sgemm,
		Symm:  b.Ssymm,
		Syrk:  b.Ssyrk,
		Syr2k: b.Ssyr2k,
		Trmm:  b.Strmm,
		Trsm:  b.Strsm,
		Rotm: func(n int, x []float32, incX int, y []float32, incY int, flag gonum.Flag, h [4]float32) {
			b.Srotm(n, x, incX, y, incY, gonum.SrotmParams{Flag: flag, H: h})
		},
		Rotmg: func(d1, d2, x1, y1 float32) (gonum.Flag, [4]float32, float32, float32, float32) {
			p, rd1, rd2, rx1 := b.Srotmg(d1, d2, x1, y1)
			return p.Flag, p.H, rd1, rd2, rx1
		},
	}
}
