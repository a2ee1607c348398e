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
// All methods may be called concurrently. They panic where gonum's would, and also if
// Threads is negative or the Order does not apply to the type (see reduce.Check).
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

type (
	double = routines[float64]
	single = routines[float32]
)

func (r routines[T]) options(growing bool) gemm.Options {
	return gemm.Options{Order: r.Order, Threads: r.Threads, Growing: growing}
}

// mustCheck panics unless the implementation is one. Level 2 and 3 leave that to gemm.
func (r routines[T]) mustCheck() {
	if r.Threads < 0 {
		panic("blas: Threads < 0")
	}
	if err := reduce.Check[T](r.Order); err != nil {
		panic("blas: " + err.Error())
	}
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
