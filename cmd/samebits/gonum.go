package main

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"
)

// gonumSubject returns gonum's functions. Its BLAS is the one in Go and assembly,
// whatever else the program registers.
func gonumSubject[T kernel.Float](op string) (*subject[T], error) {
	var all any = &subject[float64]{
		name: "gonum",
		sum:  func(x []float64) (float64, error) { return floats.Sum(x), nil },
		dot: func(x, y []float64) float64 {
			return blas64.Dot(blas64.Vector{N: len(x), Data: x, Inc: 1}, blas64.Vector{N: len(y), Data: y, Inc: 1})
		},
		gemm: func(m, n, k int, a, b, c []float64) {
			gonum.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, c, n)
		},
	}
	if !kernel.Is64[T]() {
		if op == "sum" {
			return nil, fmt.Errorf("--impl gonum has no sum of float32: want --type f64, or --op dot or gemm")
		}
		all = &subject[float32]{
			name: "gonum",
			dot: func(x, y []float32) float32 {
				return blas32.Dot(blas32.Vector{N: len(x), Data: x, Inc: 1}, blas32.Vector{N: len(y), Data: y, Inc: 1})
			},
			gemm: func(m, n, k int, a, b, c []float32) {
				gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, c, n)
			},
		}
	}
	return all.(*subject[T]), nil
}
