package reduce_test

import (
	"fmt"

	"github.com/samebits/samebits/reduce"
)

func ExampleSum() {
	x := []float64{1, 1e100, 1, -1e100}
	for _, order := range []reduce.Order{reduce.Sequential, reduce.Kahan, reduce.Neumaier, reduce.Exact} {
		fmt.Println(order, reduce.Sum(order, x))
	}
	// Output:
	// sequential 0
	// kahan 0
	// neumaier 2
	// exact 2
}

func ExampleDot() {
	x, y := []float32{1 + 0x1p-12, 1}, []float32{1 + 0x1p-12, -1}
	fmt.Printf("%x\n", reduce.Dot(reduce.Pairwise, x, y))
	fmt.Printf("%x\n", reduce.Dot(reduce.Exact, x, y))
	// Output:
	// 0x1p-11
	// 0x1.0008p-11
}

func ExampleSumSquares() {
	fmt.Println(reduce.SumSquares(reduce.Pairwise, []float64{3, 4}))
	// Output: 25
}

func ExampleSumParallel() {
	x := make([]float64, 100_000)
	for i := range x {
		x[i] = 1 / float64(i+1)
	}
	fmt.Println(reduce.SumParallel(reduce.Pairwise, x, 4) == reduce.Sum(reduce.Pairwise, x))
	// Output: true
}

// Two readers each have a part of the data. The cut need not be aligned.
func ExampleAccumulator() {
	x := make([]float64, 1000)
	for i := range x {
		x[i] = 1 / float64(i+1)
	}
	left, _ := reduce.NewAccumulator[float64](reduce.Pairwise, 0)
	right, _ := reduce.NewAccumulator[float64](reduce.Pairwise, 333)
	left.Add(x[:333]...)
	right.Add(x[333:]...)
	if err := left.Merge(right); err != nil {
		fmt.Println(err)
	}
	merged, _ := left.Sum()
	fmt.Println(merged == reduce.Sum(reduce.Pairwise, x))
	// Output: true
}

func ExampleSuperaccumulator() {
	var a reduce.Superaccumulator
	a.Add(0x1p1023)
	a.Add(0x1p1023) // no float64 holds the sum so far
	a.AddProduct(-0x1p600, 0x1p424)
	a.Add(0.5)
	fmt.Println(a.Count(), reduce.Round[float64](&a))
	// Output: 4 0.5
}

func ExampleTree_Cover() {
	fmt.Println(reduce.Growing().Cover(reduce.Span{Lo: 3, Hi: 12}))
	fmt.Println(reduce.Halving(12).Cover(reduce.Span{Lo: 3, Hi: 12}))
	// Output:
	// [[3,4) [4,8) [8,12)]
	// [[3,6) [6,12)]
}

func ExampleParseOrder() {
	order, err := reduce.ParseOrder("shuffled", 7)
	fmt.Println(order, err)
	// Output: shuffled(7) <nil>
}

// Two machines sum their shares, in order, and a third finishes.
func ExampleAccumulator_MarshalBinary() {
	x := []float64{1, 1e100, 0.1, -1e100, 0.2}
	var states [][]byte
	for _, share := range [][2]int{{0, 2}, {2, 5}} {
		a, _ := reduce.NewAccumulator[float64](reduce.Exact, share[0])
		a.Add(x[share[0]:share[1]]...)
		state, _ := a.MarshalBinary()
		states = append(states, state)
	}

	var whole, next reduce.Accumulator[float64]
	fmt.Println(whole.UnmarshalBinary(states[0]), next.UnmarshalBinary(states[1]))
	fmt.Println(whole.Merge(&next), whole.Count())
	fmt.Println(whole.Sum())
	fmt.Println(whole.Remove(1))
	fmt.Println(whole.Sum())
	// Output:
	// <nil> <nil>
	// <nil> 5
	// 1.3 <nil>
	// <nil>
	// 0.30000000000000004 <nil>
}
