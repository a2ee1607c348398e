package reduce_test

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/reduce"
)

func ExampleSumAbs() {
	fmt.Println(reduce.SumAbs(reduce.Pairwise, []float64{3, -4, 0.5}))
	// Output: 7.5
}

func ExampleNorm2() {
	fmt.Println(reduce.Norm2(reduce.Pairwise, []float64{3 * 0x1p600, -4 * 0x1p600}) == 5*0x1p600) // the squares overflow
	fmt.Println(reduce.Norm2(reduce.Exact, []float32{3e-40, 4e-40}))                              // and underflow
	// Output:
	// true
	// 5e-40
}

func ExampleMean() {
	x := []float64{math.MaxFloat64, math.MaxFloat64}
	fmt.Println(reduce.Mean(reduce.Pairwise, x), reduce.Mean(reduce.Exact, x) == math.MaxFloat64)
	// Output: +Inf true
}

func ExampleVariance() {
	x := []float64{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}
	fmt.Println(reduce.Variance(reduce.Pairwise, x, 0), reduce.Variance(reduce.Pairwise, x, 1))
	// Output: 22.5 30
}

func ExamplePrefixSums() {
	x := []float64{1, 2, 3, 4, 5}
	reduce.PrefixSums(x, x)
	fmt.Println(x)
	// Output: [1 3 6 10 15]
}

func ExampleMax() {
	x := []float64{math.Copysign(0, -1), 0, -1}
	fmt.Println(reduce.Max(x), reduce.ArgMax(x))
	fmt.Println(reduce.Max(append(x, math.NaN())), reduce.ArgMax(append(x, math.NaN())))
	// Output:
	// 0 1
	// NaN 3
}

// The columns of a row-major matrix, without a copy.
func ExampleVector() {
	matrix := []float64{
		1, 10,
		2, 20,
		3, 30,
	}
	for j := range 2 {
		column := reduce.NewVector(3, 2, matrix[j:])
		fmt.Println(column.Sum(reduce.Pairwise), column.Mean(reduce.Exact), column.ArgMax())
	}
	// Output:
	// 6 2 2
	// 60 20 2
}
