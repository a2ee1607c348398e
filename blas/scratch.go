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

// take returns n elements of scratch, of any value, to be given back.
func take[T kernel.Float](n int) *[]T {
	pool := poolOf[T]()
	if s, ok := pool.Get().(*[]T); ok {
		if cap(*s) >= n {
			*s = (*s)[:n]
			return s
		}
		pool.Put(s) // for a smaller need
	}
	s := make([]T, n)
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
