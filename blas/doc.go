// Package blas is a drop-in for gonum's BLAS whose results are the same bits on every
// processor, for any number of threads and however the data lie in memory.
//
//	blas64.Use(blas.Implementation{Order: reduce.Pairwise, Threads: 2})
//	blas32.Use(blas.Implementation{Order: reduce.Pairwise, Threads: 2})
//
// Its one idea: every routine is made of the sums and contractions of packages reduce
// and gemm. With s the contraction of terms a[k]*x[k] in the Order (package gemm), an
// element of a product is
//
//	RN(RN(alpha * s) + RN(beta * y))        element(alpha, terms, beta, y)
//
// in which the terms are those that the routine's matrix stores in that row, or, where
// it is symmetric, mirrors; what a band or a triangle leaves out is absent, not zero.
// Where the routine is a sum of products over a triangle, the terms are counted from the
// triangle's tip, the row that has one element, to the diagonal, which is also the order
// in which a system is solved:
//
//	Trmv, Trmm:  x[i] = element(alpha, a[i,k]*x[k] for k from the tip to i, 0, -)
//	Trsv, Trsm:  x[i] = RN(element(-1, a[i,k]*x[k] for k from the tip to before i, alpha, b[i]) / a[i,i])
//
// So an element depends on its own row and column, on alpha and beta and the Order, and
// on nothing else: not on increments, leading dimensions, the side or the transposition,
// nor on whether a matrix is stored dense, packed or as a band that holds all of it. The
// cost and the error of an element of K terms are those of gemm.Gemm, of a sum those of reduce.Sum
// and its like. The methods of float64 and float32 differ in the type alone; the comments of the
// unexported methods of the same name, without D or S, are the definitions.
//
// # As in gonum, and not
//
// Arguments that gonum's own implementation refuses panic with its messages. Quick
// returns are the reference BLAS's: alpha = 0 reads neither A nor B, beta = 0 not C, and
// with alpha = 0 and beta = 1 nothing is touched. Where gonum and the reference BLAS
// differ, Scal by 0 clears x, NaN and all, as gonum's tests demand, and Sdsdot of no
// elements is alpha, as the reference has it. Zeros in A, B, x and y are multiplied as
// other numbers are, so that 0*Inf is NaN also where the reference leaves out a column
// for a zero in x or B, or gonum for one in A. Elements that a routine does not name are left
// alone, and those that it names are read: gonum v0.17.0 itself clears what lies in y behind the
// vector in Sgemv by the transpose with beta = 0, and in Ger on amd64 goes wrong with negative
// increments. A NaN that arithmetic makes is the canonical quiet one. In levels 2 and 3 a result
// overwrites an operand that it shares memory with only after that has been read. Level 1 goes
// from element to element, so that there vectors that overlap have no promise, as in BLAS.
//
// # What is the same in gonum's other packages
//
// gonum/mat's Mul of matrices, LU, Solve, Inverse and Cholesky (dense and banded) compute all they do here, so
// they have the same bits everywhere. The rest of gonum/lapack computes for itself, too: QR and LQ take
// math.Hypot, the singular values, SVD, GSVD and the eigenvalues take rotations and sums of products in Go, and such
// sums or products take pivoted Cholesky, tridiagonal systems, AddScaledVec and the Norm of order 2 (Frobenius).
// Those have the same bits with every kernel and number of threads, on all processors for which Go
// does not fuse x*y + z: measured on amd64 (GOAMD64=v1) and 386. Where it does (arm64,
// s390x, riscv64, ppc64le, loong64; amd64 with GOAMD64=v3) they may differ, but do not if the
// compiler is told not to, by -gcflags=all=-d=fmahash=n: measured on arm64 and with
// GOAMD64=v3. That flag is for debugging Go, which does not promise it. Determinants, and matrix
// functions, take package math's Log, Exp and Pow, which differ between processors.
//
// Some of gonum/mat calls no BLAS at all: Inner, and Mul and MulVec of a row that is a transposed vector by a vector,
// take gonum's own dot products, whose bits depend on the processor and on where the vectors begin. mat.Dot of the two
// vectors, and a row that is a Dense, are computed here.
package blas
