package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/blas"
)

// Implementation is gonum's blas.Float64 and blas.Float32 in an order of package reduce.
// The zero value is Sequential, as the zero Order is, on the caller's goroutine alone;
// Pairwise is the order to choose for speed and accuracy.
//
// Threads bounds the goroutines of a call; 0 means 1. They never change the bits, except
// under Arrival. Products of matrices and long sums are shared out among them.
//
// All methods may be called concurrently. They panic where gonum's would, and those that sum also
// if Threads is negative or the Order does not apply to the type (see reduce.Check).
//
// Scratch comes from pools that all calls share: for a product what package gemm packs,
// for Symm, Symv and Spmv a square matrix, for Trmm and Trsm that and twice B at most,
// and for Syr2k twice A and B.
type Implementation struct {
	Order   reduce.Order
	Threads int
}

var (
	_ blas.Float64 = Implementation{}
	_ blas.Float32 = Implementation{}
)

// routines are the routines for one type.
type routines[T kernel.Float] struct {
	Order   reduce.Order
	Threads int
}

// as returns the routines for T, and panics unless impl has some.
func as[T kernel.Float](impl Implementation) routines[T] {
	if impl.Threads >= 0 && impl.Order.Kind() == reduce.KindPairwise {
		return routines[T](impl)
	}
	refuse(impl.Threads < 0, "blas: Threads < 0")
	if err := reduce.Check[T](impl.Order); err != nil {
		panic("blas: " + err.Error())
	}
	return routines[T](impl)
}

func (r routines[T]) options(growing bool) gemm.Options {
	return gemm.Options{Order: r.Order, Threads: r.Threads, Growing: growing}
}

// isChain tells whether the contraction of so few terms is one chain of fused multiply-adds in
// ascending order.
func (r routines[T]) isChain(terms int) bool {
	switch r.Order.Kind() {
	case reduce.KindSequential:
		return true
	case reduce.KindPairwise:
		return terms <= r.Order.Leaf()
	}
	return false
}
