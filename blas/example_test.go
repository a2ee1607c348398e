package blas_test

import (
	"fmt"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// From here on, gonum/mat multiplies in the Pairwise order, with the same bits on every
// processor and for any number of threads.
func Example() {
	blas64.Use(blas.Implementation{Order: reduce.Pairwise, Threads: 2})
	defer blas64.Use(gonumImplementation{}) // gonum's own: package gonum.org/v1/gonum/blas/gonum

	const n = 100
	a, b := mat.NewDense(2, n, nil), mat.NewDense(n, 2, nil)
	for k := range n {
		a.Set(0, k, 1/float64(k+1))
		a.Set(1, k, 1/float64(k+2))
		b.Set(k, 0, float64(k%7)-0.1)
		b.Set(k, 1, 0.3)
	}
	var c mat.Dense
	c.Mul(a, b)
	for i := range 2 {
		fmt.Printf("%x %x\n", c.At(i, 0), c.At(i, 1))
	}
	// Output:
	// 0x1.6491e93e54c8ep+03 0x1.8e63fded1491bp+00
	// 0x1.43995e90cd7dcp+03 0x1.4259da70e1e07p+00
}
