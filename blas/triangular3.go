package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/blas"
)

// triangular3 solves or multiplies with a lower triangular matrix, whose rows are counted from the tip, and
// the columns of B, or on the right its rows: trsm, trmm. B = 0 where alpha is 0.
func (r routines[T]) triangular3(solve bool, s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int) {
	checkSide(s)
	checkUplo(ul)
	trans := isTrans(tA)
	checkDiag(d)
	refuse(m < 0, mLT0)
	refuse(n < 0, nLT0)
	k := n
	if s == blas.Left {
		k = m
	}
	refuse(lda < max(1, k), badLdA)
	refuse(ldb < max(1, n), badLdB)
	if m == 0 || n == 0 {
		return
	}
	refuse(shortMatrix(len(a), k, k, lda), shortA)
	refuse(shortMatrix(len(b), m, n, ldb), shortB)
	mb := stored(false, m, n, b, ldb)
	if alpha == 0 {
		for i := range m {
			clear(mb.Row(i))
		}
		return
	}
	right := s == blas.Right
	l := newLower(triangle(ul, k, a, lda), ul, trans != right, d) // x*op(A) is op(A)'*x'
	if r.isSmallTriangle(k, m+n-k) && areApart(memory(mb), a[:(k-1)*lda+k]) {
		r.small3(solve, &l, right, alpha, mb)
		return
	}
	r.withColumns(solve, l, right, alpha, mb)
}

// withColumns solves or multiplies with l and a copy of B, counted from the tip.
func (r routines[T]) withColumns(solve bool, l lower[T], right bool, alpha T, b gemm.Matrix[T]) {
	rows, cols := b.Rows, b.Cols
	if right {
		rows, cols = cols, rows
	}
	ml, scratchL := l.matrix()
	defer give(scratchL)
	x, scratchX := takeMatrix[T](rows, cols)
	defer give(scratchX)
	for i := range rows {
		l.line3(b, i, rows, right).get(x.Row(i))
	}
	t := &triangular[T]{r, ml, l.unit, alpha, x}
	if solve {
		t.solveColumns()
	} else {
		t.multiplyColumns()
	}
	for i := range rows {
		l.line3(b, i, rows, right).set(x.Row(i))
	}
}

// line3 returns the row, or on the right the column, of B that meets row i of l.
func (l lower[T]) line3(b gemm.Matrix[T], i, rows int, right bool) vector[T] {
	if l.reversed {
		i = rows - 1 - i
	}
	if right {
		return vector[T]{data: b.Data, n: b.Rows, inc: b.Stride, first: i}
	}
	return vector[T]{data: b.Row(i), n: b.Cols, inc: 1}
}

// triangular is a product or a system with a lower triangular matrix, and zeros above its
// diagonal.
type triangular[T kernel.Float] struct {
	routines[T]
	l     gemm.Matrix[T]
	unit  bool
	alpha T
	x     gemm.Matrix[T]
}

// productBlock is the number of rows that are multiplied at once. It cannot matter to the bits.
const productBlock = 96

// multiplyColumns sets X = alpha*L*X: x[i,j] = element(alpha, L[i,k]*x[k,j] for k = 0, ..., i,
// 0, -), in the growing tree. The rows that are left to do read none that is done.
func (t *triangular[T]) multiplyColumns() {
	n := t.l.Rows
	out, scratch := takeMatrix[T](min(n, productBlock), t.x.Cols)
	defer give(scratch)
	for hi := n; hi > 0; {
		lo := (hi - 1) / productBlock * productBlock
		if !t.mayPad(lo, hi) {
			lo = hi - 1
		}
		block := out.View(0, hi-lo, 0, t.x.Cols)
		t.multiply(true, false, false, t.alpha, t.l.View(lo, hi, 0, hi), t.x.View(0, hi, 0, t.x.Cols), 0, block)
		copyMatrix(t.x.View(lo, hi, 0, t.x.Cols), block)
		hi = lo
	}
}

// mayPad tells whether rows [lo, hi) may be multiplied at once, the triangle being filled up
// with zeros: whether terms of zero change nothing. They do in Shuffled, whose permutation
// depends on the number of terms, may do in Kahan, whose correction is
// subtracted once more, and do anywhere if a zero meets an infinity or NaN. In the other
// folds and in leaves they leave the state as it is but for the sign of a zero, which is +0 in
// the end; a leaf of zeros is joined in the growing tree as nothing is, as +0.
func (t *triangular[T]) mayPad(lo, hi int) bool {
	switch t.Order.Kind() {
	case reduce.KindShuffled, reduce.KindKahan, reduce.KindArrival:
		return false
	}
	for i := lo + 1; i < hi; i++ {
		for _, v := range t.x.Row(i) {
			if !kernel.IsFinite(v) {
				return false
			}
		}
	}
	return true
}

// solveColumns sets X to the solution of L*X = alpha*B, B being X:
//
//	for i ascending: x[i,j] = RN(element(-1, L[i,k]*x[k,j] for k = 0, ..., i-1, alpha, b[i,j]) / L[i,i])
//
// in the growing tree, and without the division where the diagonal is 1 and not stored.
func (t *triangular[T]) solveColumns() {
	if t.isChain(1) {
		s := solver[T]{t, t.Order.Leaf()}
		if t.isChain(t.l.Rows) {
			s.leaf = t.l.Rows
		}
		s.node(reduce.Span{Lo: 0, Hi: (t.l.Rows + s.leaf - 1) / s.leaf}, nil)
		return
	}
	for i := range t.l.Rows {
		row := t.x.View(i, i+1, 0, t.x.Cols)
		t.multiply(true, false, false, -1, t.l.View(i, i+1, 0, i), t.x.View(0, i, 0, t.x.Cols), t.alpha, row)
		t.divide(i)
	}
}

// divide divides row i by the diagonal.
func (t *triangular[T]) divide(i int) {
	if t.unit {
		return
	}
	d := t.l.Row(i)[i]
	row := t.x.Row(i)
	kernel.Each(kernel.RowOver, row, row, nil, nil, d)
}
