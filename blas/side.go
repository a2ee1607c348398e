package blas

import (
	"math/bits"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
)

// Contractions side by side, for what is too small for package gemm: over the rows of a matrix, a leaf of all columns at
// a time, or along eight of its rows. They are node's, with which element begins.

// split returns how many terms are in the left of the two nodes that n terms are, which are more than a leaf.
func split(leaf int, growing bool, n int) int {
	leaves := (n + leaf - 1) / leaf
	if growing {
		return leaf << (bits.Len(uint(leaves-1)) - 1)
	}
	return leaf * (leaves - leaves/2)
}

// columnNode sets each sum to the node over the terms of its row and column. spare holds spareRows times as many sums.
func columnNode[T kernel.Float](leaf int, growing bool, sums []T, c *kernel.Columns[T], spare []T) {
	if c.K <= leaf {
		clear(sums)
		c.Continue(sums)
		return
	}
	m := split(leaf, growing, c.K)
	first, rest := *c, c.From(m)
	first.K = m
	columnNode(leaf, growing, sums, &first, spare)
	right := spare[:len(sums)]
	columnNode(leaf, growing, right, &rest, spare[len(sums):])
	kernel.AddTo(sums, right)
}

// spareRows is how deep the tree over so many terms is.
func spareRows(leaf, terms int) int { return bits.Len(uint((terms + leaf - 1) / leaf)) }

// rowNode sets each sum to the node over the terms a[i*stride+k]*x[k] for n terms k from 0 on, or down from it. spare
// is as in columnNode.
func rowNode[T kernel.Float](leaf int, growing, down bool, sums []T, a *T, stride int, x *T, n int, spare []T) {
	if n <= leaf {
		kernel.RowChains(sums, a, stride, x, n, down)
		return
	}
	m := split(leaf, growing, n)
	rowNode(leaf, growing, down, sums, a, stride, x, m, spare)
	step := m
	if down {
		step = -m
	}
	right := spare[:len(sums)]
	rowNode(leaf, growing, down, right, kernel.After(a, step), stride, kernel.After(x, step), n-m, spare[len(sums):])
	kernel.AddTo(sums, right)
}

// finishRow sets c[j] = RN(RN(alpha*s[j]) + RN(beta*c[j])), a sum that is zero counting as +0. c is not read if beta is 0.
func finishRow[T kernel.Float](alpha T, s []T, beta T, c []T) {
	c = c[:len(s)]
	if len(s) == 0 {
		return
	}
	if beta == 0 {
		kernel.EachOf(kernel.RowScale, len(s), &c[0], &s[0], nil, nil, &kernel.RowNumbers[T]{alpha})
		return
	}
	kernel.EachOf(kernel.RowFinish, len(s), &c[0], &s[0], &c[0], nil, &kernel.RowNumbers[T]{alpha, beta})
}

// The terms of products of matrices up to which they are sooner done here than by gemm: side by side, or where B is transposed
// along its rows. They cannot matter to the bits.
const (
	smallTerms      = 1 << 15
	smallTransTerms = 1 << 11
)

// isSmall tells whether a product is to be done here.
func (r routines[T]) isSmall(transB bool, m, n, k int) bool {
	most := smallTerms
	if transB {
		most = smallTransTerms
	}
	return m*n*k <= most && m > 0 && n > 0 && k > 0 && kernel.HasRows() && r.isChain(1)
}

// multiplySmall sets C = alpha*op(A)*op(B) + beta*C, of k terms. alpha is not 0.
func (r routines[T]) multiplySmall(growing, transA, transB bool, k int, alpha T, a, b *gemm.Matrix[T], beta T, c *gemm.Matrix[T]) {
	m, n := c.Rows, c.Cols
	leaf := r.leaf(k)
	size := m * n
	scratch := take[T](k + size*(1+spareRows(leaf, k)))
	sums, spare, row := (*scratch)[:size], (*scratch)[size:len(*scratch)-k], (*scratch)[len(*scratch)-k:]
	if transB {
		for i := range m {
			x := &row[0]
			if transA {
				collect(row, a.Data, i, a.Stride)
			} else {
				x = &a.Data[i*a.Stride]
			}
			rowNode(leaf, growing, false, sums[i*n:][:n], &b.Data[0], b.Stride, x, k, spare)
		}
	} else {
		f := kernel.Columns[T]{Left: &a.Data[0], Row: a.Stride, Step: 1, Right: &b.Data[0], Stride: b.Stride, N: n, K: k}
		if transA {
			f.Row, f.Step = f.Step, f.Row
		}
		columnNode(leaf, growing, sums, &f, spare)
	}
	if c.Stride == n {
		finishRow(alpha, sums, beta, c.Data[:size])
	} else {
		for i := range m {
			finishRow(alpha, sums[i*n:][:n], beta, c.Data[i*c.Stride:][:n])
		}
	}
	give(scratch)
}
