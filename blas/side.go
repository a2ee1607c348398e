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

// spareRows is how deep the tree over so many terms is, one or more.
func spareRows(leaf, terms int) int {
	if terms <= leaf {
		return 0
	}
	return bits.Len(uint((terms - 1) / leaf))
}

// rowNode returns, in room, the nodes over the terms a[i*stride+k]*x[k] of so many rows i, for n terms k from 0 on, or down from it. room is for the
// chains of all leaves: rowRoom numbers.
func rowNode[T kernel.Float](leaf int, growing, down bool, room []T, rows int, a *T, stride int, x *T, n int) []T {
	kernel.RowChains(leaf, room, rows, a, stride, x, n, down)
	if n > leaf {
		joinLeaves(growing, room, rows, (n+leaf-1)/leaf)
	}
	return room[:rows]
}

// rowRoom is how much room rowNode takes.
func rowRoom(leaf, rows, terms int) int {
	if terms <= leaf {
		return rows
	}
	return rows * ((terms + leaf - 1) / leaf)
}

// joinLeaves joins the values of so many leaves, one beside the other for each of n sums, to those of their node, which it leaves in place of the first.
func joinLeaves[T kernel.Float](growing bool, values []T, n, leaves int) {
	if leaves == 1 {
		return
	}
	m := split(1, growing, leaves)
	left, right := values[:m*n], values[m*n:]
	joinLeaves(growing, left, n, m)
	joinLeaves(growing, right, n, leaves-m)
	kernel.AddTo(left[:n], right[:n])
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

// The terms of products of matrices up to which they are faster here than by gemm: side by side, or where B is transposed
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
	need := size * (1 + spareRows(leaf, k))
	if transB {
		need = size + k + rowRoom(leaf, n, k)
	}
	scratch := take[T](need)
	sums, spare := (*scratch)[:size], (*scratch)[size:]
	if transB {
		row, room := spare[:k], spare[k:]
		for i := range m {
			x := &row[0]
			if transA {
				collect(row, a.Data, i, a.Stride)
			} else {
				x = &a.Data[i*a.Stride]
			}
			copy(sums[i*n:], rowNode(leaf, growing, false, room, n, &b.Data[0], b.Stride, x, k))
		}
	} else {
		f := &kernel.Columns[T]{Left: &a.Data[0], Row: a.Stride, Step: 1, Right: &b.Data[0], Stride: b.Stride, N: n, K: k}
		if transA {
			f.Row, f.Step = f.Step, f.Row
		}
		columnNode(leaf, growing, sums, f, spare)
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
