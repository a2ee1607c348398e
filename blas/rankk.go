package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// syrk sets a triangle of C = alpha*op(A)*op(A)' + beta*C:
//
//	c[i,j] = element(alpha, op(A)[i,l]*op(A)[j,l] for all l, beta, c[i,j])
func (r routines[T]) syrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int) {
	trans := checkRankK(ul, tA, n, k)
	ma, mc := stored(trans, n, k, a, lda), stored(false, n, n, c, ldc)
	refuse(lda < max(1, ma.Cols), badLdA)
	refuse(ldc < max(1, n), badLdC)
	if n == 0 {
		return
	}
	refuse(shortMatrix(len(a), ma.Rows, ma.Cols, lda), shortA)
	refuse(shortMatrix(len(c), n, n, ldc), shortC)
	if alpha == 0 || k == 0 {
		scaleTriangle(ul, beta, mc)
		return
	}
	ma, scratch := apart(ma, mc)
	defer giveIf(scratch)
	u := &rankUpdate[T]{r, ul == blas.Upper, trans, ma, ma, alpha, beta, mc}
	u.run(0, n)
}

// syr2k sets a triangle of C = alpha*op(A)*op(B)' + alpha*op(B)*op(A)' + beta*C: a contraction of
// 2k terms, in either triangle
//
//	c[i,j], c[j,i] = element(alpha, op(A)[i,l]*op(B)[j,l] for all l, then op(B)[i,l]*op(A)[j,l]
//	                 for all l, beta, c)    i >= j
func (r routines[T]) syr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	trans := checkRankK(ul, tA, n, k)
	ma, mb, mc := stored(trans, n, k, a, lda), stored(trans, n, k, b, ldb), stored(false, n, n, c, ldc)
	refuse(lda < max(1, ma.Cols), badLdA)
	refuse(ldb < max(1, mb.Cols), badLdB)
	refuse(ldc < max(1, n), badLdC)
	if n == 0 {
		return
	}
	refuse(shortMatrix(len(a), ma.Rows, ma.Cols, lda), shortA)
	refuse(shortMatrix(len(b), mb.Rows, mb.Cols, ldb), shortB)
	refuse(shortMatrix(len(c), n, n, ldc), shortC)
	if alpha == 0 || k == 0 {
		scaleTriangle(ul, beta, mc)
		return
	}
	ab, scratchAB := beside(trans, ma, mb)
	defer give(scratchAB)
	ba, scratchBA := beside(trans, mb, ma)
	defer give(scratchBA)
	if ul == blas.Upper { // in the upper triangle the column has the larger index
		ab, ba = ba, ab
	}
	u := &rankUpdate[T]{r, ul == blas.Upper, trans, ab, ba, alpha, beta, mc}
	u.run(0, n)
}

func checkRankK(ul blas.Uplo, tA blas.Transpose, n, k int) (trans bool) {
	checkUplo(ul)
	trans = isTrans(tA)
	refuse(n < 0, nLT0)
	refuse(k < 0, kLT0)
	return trans
}

// beside returns X with op(X) = [op(A) op(B)], in scratch.
func beside[T kernel.Float](trans bool, a, b gemm.Matrix[T]) (gemm.Matrix[T], *[]T) {
	if trans {
		m, scratch := takeMatrix[T](2*a.Rows, a.Cols)
		copyMatrix(m.View(0, a.Rows, 0, a.Cols), a)
		copyMatrix(m.View(a.Rows, 2*a.Rows, 0, a.Cols), b)
		return m, scratch
	}
	m, scratch := takeMatrix[T](a.Rows, 2*a.Cols)
	copyMatrix(m.View(0, a.Rows, 0, a.Cols), a)
	copyMatrix(m.View(0, a.Rows, a.Cols, 2*a.Cols), b)
	return m, scratch
}

// scaleTriangle sets a triangle to RN(beta*C), and leaves it alone if beta is 1.
func scaleTriangle[T kernel.Float](ul blas.Uplo, beta T, c gemm.Matrix[T]) {
	if beta == 1 {
		return
	}
	f := triangle(ul, c.Rows, c.Data, c.Stride)
	for i := range c.Rows {
		_, row := f.row(i)
		for j, v := range row {
			row[j] = times(beta, v)
		}
	}
}

// rankUpdate sets a triangle of C = alpha*op(P)*op(Q)' + beta*C.
type rankUpdate[T kernel.Float] struct {
	routines[T]
	upper, trans bool
	p, q         gemm.Matrix[T]
	alpha, beta  T
	c            gemm.Matrix[T]
}

// rankBlock is the size of a block on the diagonal, both triangles of which are evaluated. It
// cannot matter to the bits.
const rankBlock = 96

// run sets the triangle of rows and columns [lo, hi): the square beside two triangles,
// then those.
func (u *rankUpdate[T]) run(lo, hi int) {
	if hi-lo <= rankBlock {
		u.diagonal(lo, hi)
		return
	}
	mid := lo + (hi-lo)/2
	if u.upper {
		u.block(lo, mid, mid, hi, u.c.View(lo, mid, mid, hi))
	} else {
		u.block(mid, hi, lo, mid, u.c.View(mid, hi, lo, mid))
	}
	u.run(lo, mid)
	u.run(mid, hi)
}

// block sets c from the rows [i0, i1) of op(P) and [j0, j1) of op(Q).
func (u *rankUpdate[T]) block(i0, i1, j0, j1 int, c gemm.Matrix[T]) {
	u.multiply(false, u.trans, !u.trans, u.alpha, u.part(u.p, i0, i1), u.part(u.q, j0, j1), u.beta, c)
}

// part returns what op takes to its rows [lo, hi).
func (u *rankUpdate[T]) part(m gemm.Matrix[T], lo, hi int) gemm.Matrix[T] {
	if u.trans {
		return m.View(0, m.Rows, lo, hi)
	}
	return m.View(lo, hi, 0, m.Cols)
}

// The terms of both triangles up to which rows are faster one by one: along rows of op(P), or where that is transposed side by side. They
// cannot matter to the bits.
const (
	fewUpdates      = 1 << 13
	fewTransUpdates = 1 << 14
)

// inRows sets the triangle of a small block on the diagonal, one row after the other.
func (u *rankUpdate[T]) inRows(lo, hi, terms int) {
	leaf := u.leaf(terms)
	scratch := take[T](max(rowRoom(leaf, hi-lo, terms), (hi-lo)*(1+spareRows(leaf, terms))))
	for i := lo; i < hi; i++ {
		from, to := lo, i+1
		if u.upper {
			from, to = i, hi
		}
		n := to - from
		sums, spare := (*scratch)[:n], (*scratch)[n:]
		if u.trans {
			columnNode(leaf, false, sums, &kernel.Columns[T]{Left: &u.p.Data[i], Step: u.p.Stride, Right: &u.q.Data[from], Stride: u.q.Stride, N: n, K: terms}, spare)
		} else {
			rowNode(leaf, false, false, *scratch, n, &u.q.Data[from*u.q.Stride], u.q.Stride, &u.p.Data[i*u.p.Stride], terms)
		}
		finishRow(u.alpha, sums, u.beta, u.c.Data[i*u.c.Stride+from:][:n])
	}
	give(scratch)
}

// diagonal sets a triangle of a block on the diagonal by way of scratch, unless it is small.
func (u *rankUpdate[T]) diagonal(lo, hi int) {
	few, terms := fewUpdates, u.p.Cols
	if u.trans {
		few, terms = fewTransUpdates, u.p.Rows
	}
	if (hi-lo)*(hi-lo)*terms <= few && kernel.HasRows() && u.isChain(1) {
		u.inRows(lo, hi, terms)
		return
	}
	block, scratch := takeMatrix[T](hi-lo, hi-lo)
	defer give(scratch)
	c := u.c.View(lo, hi, lo, hi)
	if u.beta != 0 {
		u.copyTriangle(block, c)
	}
	u.block(lo, hi, lo, hi, block)
	u.copyTriangle(c, block)
}

// copyTriangle copies the triangle of b into a.
func (u *rankUpdate[T]) copyTriangle(a, b gemm.Matrix[T]) {
	for i := range a.Rows {
		if u.upper {
			copy(a.Row(i)[i:], b.Row(i)[i:])
		} else {
			copy(a.Row(i)[:i+1], b.Row(i))
		}
	}
}
