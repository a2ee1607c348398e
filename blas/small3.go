package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
)

// A small triangle whose sums are chains, in Pairwise one leaf, is solved or multiplied with where it lies, one row of X after the
// other: all columns at a time, their chains side by side. Where it is on the left neither matrix is copied.

// isSmallTriangle tells whether to do so with n rows and so many columns.
func (r routines[T]) isSmallTriangle(n, cols int) bool {
	return r.isSmall(false, n, cols, n) && r.isChain(n)
}

// strides says where element (i, k) of op(A) lies, both counted from its tip: at tip + i*row + k*column.
func strides(n, ld int, reversed, trans bool) (tip, row, column int) {
	row, column = ld, 1
	if trans {
		row, column = 1, ld
	}
	if reversed {
		return (n - 1) * (ld + 1), -row, -column
	}
	return 0, row, column
}

// small3 is trmm or trsm with a small l. Where l is on the right, the transpose of B is done in scratch.
func (r routines[T]) small3(solve bool, l *lower[T], right bool, alpha T, b gemm.Matrix[T]) {
	n := l.form.rows
	if !right {
		l.sideBySide(solve, alpha, b.Data, b.Stride, b.Cols)
		return
	}
	scratch := take[T](n * b.Rows)
	x := gemm.Dense(n, b.Rows, *scratch)
	transpose(x, b)
	l.sideBySide(solve, alpha, x.Data, x.Stride, x.Cols)
	transpose(b, x)
	give(scratch)
}

// transpose sets a to b'.
func transpose[T kernel.Float](a, b gemm.Matrix[T]) {
	for i := range b.Rows {
		at := i
		for _, v := range b.Row(i) {
			a.Data[at] = v
			at += a.Stride
		}
	}
}

// sideBySide is multiplyColumns or solveColumns for the rows of X as they lie in memory, ld apart, which begin with so many columns.
// A sum of no terms, which is zero, is finished as any other: RN(-1*0 + alpha*b) is RN(alpha*b).
func (l *lower[T]) sideBySide(solve bool, alpha T, x []T, ld, cols int) {
	n := l.form.rows
	a := l.form.data
	tip, row, column := strides(n, l.form.ld, l.reversed, l.trans)
	first, step := 0, ld
	if l.reversed {
		first, step = (n-1)*ld, -ld
	}
	scratch := take[T](cols)
	sums := *scratch
	c := &kernel.Columns[T]{Step: column, Right: &x[first], Stride: step, N: cols}
	for i := range n {
		if !solve {
			i = n - 1 - i // the rows that are left to do read none that is done
		}
		c.Left, c.K = &a[tip+i*row], i
		if !solve && !l.unit {
			c.K = i + 1
		}
		clear(sums)
		if c.K > 0 {
			c.Continue(sums)
		}
		v := x[first+i*step:][:cols]
		if solve {
			finishRow(-1, sums, alpha, v)
			if !l.unit {
				d := a[tip+i*(row+column)]
				kernel.EachOf(kernel.RowOver, cols, &v[0], &v[0], nil, nil, &kernel.RowNumbers[T]{d})
			}
			continue
		}
		if l.unit {
			kernel.AddTo(sums, v)
		}
		finishRow(alpha, sums, 0, v)
	}
	give(scratch)
}
