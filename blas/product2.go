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
	terms, sums := n, m
	if trans {
		terms, sums = m, n
	}
	refuse(shortVector(len(x), terms, incX), shortX)
	refuse(shortVector(len(y), sums, incY), shortY)
	refuse(shortMatrix(len(a), m, n, lda), shortA)
	if incX == 1 && incY == 1 && terms <= rowBlock && sums <= rowBlock && alpha != 0 && kernel.HasRows() && r.isChain(terms) {
		// at once: the sums need no room elsewhere
		var few [rowBlock]T
		if trans {
			c := &kernel.Columns[T]{Left: &x[0], Step: 1, Right: &a[0], Stride: lda, N: n, K: m} // a literal that is no pointer is copied, which waits
			c.Continue(few[:n])
		} else {
			kernel.RowChains(n, few[:], m, &a[0], lda, &x[0], n, false)
		}
		finishRow(alpha, few[:sums], beta, y)
		return
	}
	r.rows(trans, m, n, alpha, a, lda, x, incX, beta, y, incY)
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
	refuse(shortVector(len(x), n, incX), shortX)
	refuse(shortVector(len(y), n, incY), shortY)
	if alpha != 0 && kernel.HasRows() && r.isChain(1) {
		r.mirroredRows(ul == blas.Upper, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	r.symmetricRows(triangle(ul, n, a, lda), alpha, x, incX, beta, y, incY)
}

// mirroredRows is symv where leaves are chains, alpha not being 0. The terms of a leaf are, for the sums before it and after it, what the stored triangle
// has in its columns and in its rows; for the leaf's own sums both, of which a square is made. y may lie between the rows of A: all is summed before it is set.
func (r routines[T]) mirroredRows(upper bool, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	leaf := r.leaf(n)
	width, leaves := min(leaf, n), (n+leaf-1)/leaf
	scratch := take[T](n*(leaves+2) + width*width)
	defer give(scratch)
	values, rest := (*scratch)[:n*leaves], (*scratch)[n*leaves:]
	xs, ys, square := rest[:n], rest[n:2*n], rest[2*n:]
	collect(xs, x, firstOf(n, incX), incX)
	clear(values)
	for lo := 0; lo < n; lo += leaf {
		hi, sums := min(lo+leaf, n), values[lo/leaf*n:][:n]
		terms := hi - lo
		mirror(square, upper, terms, a[lo*lda+lo:], lda)
		c := &kernel.Columns[T]{Left: &xs[lo], Step: 1, Right: &square[0], Stride: terms, N: terms, K: terms}
		c.Continue(sums[lo:hi])
		c.Stride = lda
		switch before, after := lo, n-hi; {
		case upper && after > 0:
			c.Right, c.N = &a[lo*lda+hi], after
			c.Continue(sums[hi:])
		case !upper && before > 0:
			c.Right, c.N = &a[lo*lda], before
			c.Continue(sums[:lo])
		}
		switch before, after := lo, n-hi; {
		case upper && before > 0:
			kernel.RowChains(terms, sums, before, &a[lo], lda, &xs[lo], terms, false)
		case !upper && after > 0:
			kernel.RowChains(terms, sums[hi:], after, &a[hi*lda+lo], lda, &xs[lo], terms, false)
		}
	}
	joinLeaves(false, values, n, leaves)
	if incY == 1 {
		finishRow(alpha, values[:n], beta, y[:n])
		return
	}
	vy := newVector(y, n, incY, shortY)
	if beta != 0 {
		vy.get(ys)
	}
	finishRow(alpha, values[:n], beta, ys)
	vy.set(ys)
}

// mirror sets dst to the symmetric matrix of n rows of which a stores a triangle.
func mirror[T kernel.Float](dst []T, upper bool, n int, a []T, lda int) {
	for i := range n {
		row := dst[i*n:][:n]
		first, at := 0, i // of the column that is the row's mirror image
		from := a[i*lda:][:i+1]
		if upper {
			first, at = i, i*n+i
			from = a[i*lda+i:][:n-i]
		}
		copy(row[first:], from)
		for _, v := range from {
			dst[at] = v
			at += n
		}
	}
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
	refuse(shortVector(len(x), n, incX), shortX)
	refuse(shortVector(len(y), n, incY), shortY)
	r.symmetricRows(packed(ul, n, ap), alpha, x, incX, beta, y, incY)
}

// symmetricRows multiplies with the whole matrix of which f stores a triangle.
func (r routines[T]) symmetricRows(f form[T], alpha T, x []T, incX int, beta T, y []T, incY int) {
	n := f.rows
	if alpha == 0 { // f is not read
		scaleVector(beta, newVector(y, n, incY, shortY))
		return
	}
	a, scratch := f.symmetric()
	defer give(scratch)
	r.rows(false, n, n, alpha, a.Data, a.Stride, x, incX, beta, y, incY)
}

// The sizes of matrices up to which gemv is faster here than by gemm: by rows, by columns with one goroutine or several,
// and without kernels of rows. They cannot matter to the bits.
const (
	fewRowTerms    = 1 << 14
	fewColumnTerms = 1 << 20
	fewSharedTerms = 1 << 15
	fewTerms       = 1 << 8
)

// isFew tells whether gemv is to be done here.
func (r routines[T]) isFew(trans bool, m, n int) bool {
	few := fewRowTerms
	switch {
	case !kernel.HasRows():
		few = fewTerms
	case trans && r.Threads > 1:
		few = fewSharedTerms
	case trans:
		few = fewColumnTerms
	case n%kernel.AcrossTerms != 0 && r.Threads > 1: // gemm has no kernel that goes along such rows
		few *= 4
	case n%kernel.AcrossTerms != 0:
		few *= 64
	}
	return m*n <= few && r.isChain(1)
}

// rows is gemv after the checks, as a product with one row: y' = alpha*x'*op(A)' + beta*y'.
// Products commute, so the bits are those of a product with one column.
func (r routines[T]) rows(trans bool, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	terms, sums := n, m
	if trans {
		terms, sums = m, n
	}
	switch {
	case alpha == 0:
		scaleVector(beta, newVector(y, sums, incY, shortY))
	case r.isFew(trans, m, n):
		if incX == 1 && incY == 1 && areApart(y[:sums], a[:(m-1)*lda+n]) && areApart(y[:sums], x[:terms]) {
			setRows(r.leaf(terms), trans, alpha, a, lda, x[:terms], beta, y[:sums])
			return
		}
		r.fewRows(trans, sums, terms, alpha, a, lda, x, incX, beta, y, incY)
	default:
		xs, scratchX := newVector(x, terms, incX, shortX).slice()
		defer giveIf(scratchX)
		vy := newVector(y, sums, incY, shortY)
		ys, scratchY := vy.copy() // y may lie between the rows of A
		defer give(scratchY)
		r.multiply(false, false, !trans, alpha, gemm.Dense(1, terms, xs), gemm.Matrix[T]{Rows: m, Cols: n, Stride: lda, Data: a}, beta, gemm.Dense(1, sums, ys))
		vy.set(ys)
	}
}

// rowBlock is the number of rows that are summed and finished at once. It cannot matter to the bits.
const rowBlock = 32

// setRows is rows without gemm for slices, y apart from the others.
func setRows[T kernel.Float](leaf int, trans bool, alpha T, a []T, lda int, x []T, beta T, y []T) {
	n, terms, block := len(y), len(x), rowBlock
	need := rowRoom(leaf, min(n, block), terms)
	if trans {
		block, need = n, n*(1+spareRows(leaf, terms))
	}
	var few [rowBlock]T
	room := few[:]
	var scratch *[]T
	if need > len(few) {
		scratch = take[T](need)
		room = *scratch
	}
	for i := 0; i < n; i += block {
		sums := room[:min(block, n-i)]
		if trans {
			columnNode(leaf, false, sums, &kernel.Columns[T]{Left: &x[0], Step: 1, Right: &a[0], Stride: lda, N: n, K: terms}, room[n:])
		} else {
			rowNode(leaf, false, false, room, len(sums), &a[i*lda], lda, &x[0], terms)
		}
		finishRow(alpha, sums, beta, y[i:][:len(sums)])
	}
	giveIf(scratch)
}

// fewRows is rows without gemm. y may lie between the rows of A: all is summed before it is set.
func (r routines[T]) fewRows(trans bool, n, terms int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	leaf := r.leaf(terms)
	need := n * spareRows(leaf, terms)
	if !trans {
		need = rowRoom(leaf, min(n, rowBlock), terms)
	}
	scratch := take[T](terms + 2*n + need)
	xs, rest := (*scratch)[:terms], (*scratch)[terms:]
	if incX == 1 {
		xs = x[:terms]
	} else {
		collect(xs, x, firstOf(terms, incX), incX)
	}
	sums, ys, spare := rest[:n], rest[n:2*n], rest[2*n:]
	if trans {
		columnNode(leaf, false, sums, &kernel.Columns[T]{Left: &xs[0], Step: 1, Right: &a[0], Stride: lda, N: n, K: terms}, spare)
	} else {
		for i := 0; i < n; i += rowBlock {
			copy(sums[i:], rowNode(leaf, false, false, spare, min(rowBlock, n-i), &a[i*lda], lda, &xs[0], terms))
		}
	}
	if incY == 1 {
		finishRow(alpha, sums, beta, y[:n])
	} else {
		if beta != 0 {
			collect(ys, y, firstOf(n, incY), incY)
		}
		finishRow(alpha, sums, beta, ys)
		at := firstOf(n, incY)
		for _, v := range ys {
			y[at] = v
			at += incY
		}
	}
	give(scratch)
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
