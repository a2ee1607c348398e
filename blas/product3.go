package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// gemm sets C = alpha*op(A)*op(B) + beta*C: c[i,j] = element(alpha, op(A)[i,l]*op(B)[l,j] for
// all l, beta, c[i,j]). It is gemm.Gemm.
func (r routines[T]) gemm(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	transA, transB := isTrans(tA), isTrans(tB)
	refuse(m < 0, mLT0)
	refuse(n < 0, nLT0)
	refuse(k < 0, kLT0)
	ma, mb := stored(transA, m, k, a, lda), stored(transB, k, n, b, ldb)
	refuse(lda < max(1, ma.Cols), badLdA)
	refuse(ldb < max(1, mb.Cols), badLdB)
	refuse(ldc < max(1, n), badLdC)
	if m == 0 || n == 0 {
		return
	}
	refuse(shortMatrix(len(a), ma.Rows, ma.Cols, lda), shortA)
	refuse(shortMatrix(len(b), mb.Rows, mb.Cols, ldb), shortB)
	refuse(shortMatrix(len(c), m, n, ldc), shortC)
	r.product(transA, transB, alpha, ma, mb, beta, stored(false, m, n, c, ldc))
}

// stored returns the matrix X with op(X) of so many rows and columns.
func stored[T kernel.Float](trans bool, rows, cols int, data []T, ld int) gemm.Matrix[T] {
	if trans {
		rows, cols = cols, rows
	}
	return gemm.Matrix[T]{Rows: rows, Cols: cols, Stride: ld, Data: data}
}

// product is gemm.Gemm for matrices that may be parts of one: an operand that lies between
// the rows of C is copied first.
func (r routines[T]) product(transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) {
	if alpha == 0 && beta == 1 {
		return
	}
	if alpha != 0 {
		var scratchA, scratchB *[]T
		a, scratchA = apart(a, c)
		b, scratchB = apart(b, c)
		defer giveIf(scratchA)
		defer giveIf(scratchB)
	}
	r.multiply(false, transA, transB, alpha, a, b, beta, c)
}

// apart returns m, or a copy of it in scratch if its memory and that of c overlap, from the
// first element to the last.
func apart[T kernel.Float](m, c gemm.Matrix[T]) (gemm.Matrix[T], *[]T) {
	if m.Rows == 0 || m.Cols == 0 || c.Rows == 0 || c.Cols == 0 || areApart(memory(m), memory(c)) {
		return m, nil
	}
	out, scratch := takeMatrix[T](m.Rows, m.Cols)
	copyMatrix(out, m)
	return out, scratch
}

// memory returns the elements from the first to the last, of which there are some.
func memory[T kernel.Float](m gemm.Matrix[T]) []T { return m.Data[:(m.Rows-1)*m.Stride+m.Cols] }

// symm sets C = alpha*A*B + beta*C, or alpha*B*A + beta*C: gemm with a symmetric A, of which a
// triangle is read.
func (r routines[T]) symm(s blas.Side, ul blas.Uplo, m, n int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	checkSide(s)
	checkUplo(ul)
	refuse(m < 0, mLT0)
	refuse(n < 0, nLT0)
	k := n
	if s == blas.Left {
		k = m
	}
	refuse(lda < max(1, k), badLdA)
	refuse(ldb < max(1, n), badLdB)
	refuse(ldc < max(1, n), badLdC)
	if m == 0 || n == 0 {
		return
	}
	refuse(shortMatrix(len(a), k, k, lda), shortA)
	refuse(shortMatrix(len(b), m, n, ldb), shortB)
	refuse(shortMatrix(len(c), m, n, ldc), shortC)
	mb, mc := stored(false, m, n, b, ldb), stored(false, m, n, c, ldc)
	if alpha == 0 { // A is not read
		r.product(false, false, 0, gemm.Dense[T](m, 0, nil), gemm.Dense[T](0, n, nil), beta, mc)
		return
	}
	ma, scratch := triangle(ul, k, a, lda).symmetric()
	defer give(scratch)
	if s == blas.Left {
		r.product(false, false, alpha, ma, mb, beta, mc)
	} else {
		r.product(false, false, alpha, mb, ma, beta, mc)
	}
}
