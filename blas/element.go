package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
)

// element is RN(RN(alpha*s) + RN(beta*c)), s being the contraction of a and x in the
// order, their terms ascending, or descending where down is set: one element of a product by gemm.Gemm.
// c is not read if beta is 0.
func (r routines[T]) element(growing, down bool, alpha T, a, x []T, beta, c T) T {
	if alpha == 0 || len(a) == 0 {
		return times(beta, c)
	}
	if !r.isChain(1) {
		return r.productElement(growing, down, alpha, a, x, beta, c)
	}
	return finish(alpha, node(r.leaf(len(a)), growing, down, a, x), beta, c)
}

// leaf is the number of terms in a leaf of so many, where leaves are chains.
func (r routines[T]) leaf(terms int) int {
	if r.isChain(terms) {
		return max(terms, 1)
	}
	return r.Order.Leaf()
}

// finish is RN(RN(alpha*s) + RN(beta*c)), a sum that is zero counting as +0.
func finish[T kernel.Float](alpha, s, beta, c T) T {
	v := T(alpha * (s + 0))
	if beta != 0 {
		v += T(beta * c)
	}
	return kernel.Canonical(v)
}

// times is RN(beta*c), and +0 if beta is 0.
func times[T kernel.Float](beta, c T) T {
	if beta == 0 {
		return 0
	}
	return kernel.Canonical(T(beta * c))
}

// node is the value of the tree of leaves over the terms, halving or growing. See
// reduce.Tree, which it is without a closure.
func node[T kernel.Float](leaf int, growing, down bool, a, x []T) T {
	if len(a) <= leaf {
		return kernel.RowChain(a, x, down)
	}
	m := split(leaf, growing, len(a))
	if down {
		m = len(a) - m
		return node(leaf, growing, down, a[m:], x[m:]) + node(leaf, growing, down, a[:m], x[:m])
	}
	return node(leaf, growing, down, a[:m], x[:m]) + node(leaf, growing, down, a[m:], x[m:])
}

// addProducts continues a chain in each column: sums[j] = FMA(a, x[j], sums[j]).
func addProducts[T kernel.Float](sums []T, a T, x []T) {
	if x = x[:len(sums)]; len(x) > 0 {
		kernel.EachOf(kernel.RowFused, len(x), &sums[0], &x[0], &sums[0], nil, &kernel.RowNumbers[T]{a})
	}
}

// productElement is element by gemm.Gemm.
func (r routines[T]) productElement(growing, down bool, alpha T, a, x []T, beta, c T) T {
	k := len(a)
	scratch := take[T](1 + 2*k)
	defer give(scratch)
	result := (*scratch)[:1]
	if down {
		a, x = copyDown((*scratch)[1:1+k], a), copyDown((*scratch)[1+k:], x)
	}
	result[0] = c
	r.multiply(growing, false, false, alpha, gemm.Dense(1, k, a), gemm.Dense(k, 1, x), beta, gemm.Dense(1, 1, result))
	return result[0]
}

// copyDown returns x turned around, in dst.
func copyDown[T kernel.Float](dst, x []T) []T {
	for i, v := range x {
		dst[len(x)-1-i] = v
	}
	return dst
}

// dims returns the dimensions of op(m).
func dims[T kernel.Float](m gemm.Matrix[T], trans bool) (rows, cols int) {
	if trans {
		return m.Cols, m.Rows
	}
	return m.Rows, m.Cols
}

// multiply is gemm.Gemm, whose errors are mistakes of the programmer here.
func (r routines[T]) multiply(growing, transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) {
	if k, _ := dims(b, transB); alpha != 0 && r.isSmall(transB, c.Rows, c.Cols, k) {
		r.multiplySmall(growing, transA, transB, k, alpha, &a, &b, beta, &c)
		return
	}
	if err := gemm.Gemm(r.options(growing), transA, transB, alpha, a, b, beta, c); err != nil {
		panic("blas: " + err.Error())
	}
}
