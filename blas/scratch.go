package blas

import (
	"sync"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
)

var pools [2]sync.Pool // of *[]float32 and *[]float64

func poolOf[T kernel.Float]() *sync.Pool {
	if kernel.Is64[T]() {
		return &pools[1]
	}
	return &pools[0]
}

// leastScratch is the size of the smallest scratch, so that all small needs are alike.
const leastScratch = 512

// take returns n elements of scratch, of any value, to be given back. What is too small is
// dropped, so that the pool comes to hold what is needed.
func take[T kernel.Float](n int) *[]T {
	if s, ok := poolOf[T]().Get().(*[]T); ok && cap(*s) >= n {
		*s = (*s)[:n]
		return s
	}
	s := make([]T, n, max(n, leastScratch))
	return &s
}

func give[T kernel.Float](s *[]T) { poolOf[T]().Put(s) }

// takeMatrix returns a matrix of scratch, to be given back by give.
func takeMatrix[T kernel.Float](rows, cols int) (gemm.Matrix[T], *[]T) {
	s := take[T](rows * cols)
	return gemm.Dense(rows, cols, *s), s
}

// copyMatrix copies b into a, of the same shape.
func copyMatrix[T kernel.Float](a, b gemm.Matrix[T]) {
	for i := range a.Rows {
		copy(a.Row(i), b.Row(i))
	}
}
