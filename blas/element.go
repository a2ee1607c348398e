package blas

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
)

// element is RN(RN(alpha*s) + RN(beta*c)), s being the contraction of a and x in the
// order: one element of a product by gemm.Gemm. c is not read if beta is 0.
func (r routines[T]) element(growing bool, alpha T, a, x []T, beta, c T) T {
	if alpha == 0 || len(a) == 0 {
		return times(beta, c)
	}
	if !r.isChain(1) {
		return r.productElement(growing, alpha, a, x, beta, c)
	}
	leaf := r.Order.Leaf()
	if r.isChain(len(a)) {
		leaf = len(a)
	}
	return finish(alpha, node(leaf, growing, a, x), beta, c)
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
func node[T kernel.Float](leaf int, growing bool, a, x []T) T {
	n := (len(a) + leaf - 1) / leaf
	if n == 1 {
		return chain(a, x)
	}
	m := n - n/2
	if growing {
		m = 1 << (bits.Len(uint(n-1)) - 1)
	}
	m *= leaf
	return node(leaf, growing, a[:m], x[:m]) + node(leaf, growing, a[m:], x[m:])
}

// chain is a leaf: for k ascending: s = FMA(a[k], x[k], s), from +0.
func chain[T kernel.Float](a, x []T) (s T) {
	if kernel.Is64[T]() { // kernel.FMA, which is too large to be inlined
		f, y, sum := kernel.As[float64](a), kernel.As[float64](x[:len(a)]), 0.0
		for k, v := range f {
			sum = math.FMA(v, y[k], sum)
		}
		return T(sum)
	}
	for k, v := range a {
		s = kernel.FMA(v, x[k], s)
	}
	return s
}

// addProducts continues a chain in each column: sums[j] = FMA(a, x[j], sums[j]).
func addProducts[T kernel.Float](sums []T, a T, x []T) {
	if kernel.Is64[T]() {
		s, y, f := kernel.As[float64](sums), kernel.As[float64](x[:len(sums)]), float64(a)
		for j, v := range y {
			s[j] = math.FMA(f, v, s[j])
		}
		return
	}
	for j, v := range x[:len(sums)] {
		sums[j] = kernel.FMA(a, v, sums[j])
	}
}

// productElement is element by gemm.Gemm.
func (r routines[T]) productElement(growing bool, alpha T, a, x []T, beta, c T) T {
	scratch := take[T](1)
	defer give(scratch)
	(*scratch)[0] = c
	k := len(a)
	r.multiply(growing, false, false, alpha, gemm.Dense(1, k, a), gemm.Dense(k, 1, x), beta, gemm.Dense(1, 1, *scratch))
	return (*scratch)[0]
}

// multiply is gemm.Gemm, whose errors are mistakes of the programmer here.
func (r routines[T]) multiply(growing, transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) {
	if err := gemm.Gemm(r.options(growing), transA, transB, alpha, a, b, beta, c); err != nil {
		panic("blas: " + err.Error())
	}
}
