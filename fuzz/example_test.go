package fuzz_test

import (
	"fmt"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/reduce"
)

// brokenKahan has the sign of the correction wrong.
func brokenKahan(x []float64) float64 {
	var s, c float64
	for _, v := range x {
		y := v + c // should be v - c
		r := s + y
		c = (r - s) - y
		s = r
	}
	return s
}

func ExampleCheck() {
	x := make([]float64, 100)
	for i := range x {
		x[i] = 0.1
	}
	err := fuzz.Check(brokenKahan, fuzz.Contract{Within: fuzz.BoundOf(reduce.Kahan)}, x)
	fmt.Println(err)
	// Output:
	// fuzz: not within the bound of kahan: 3.55271e-15 off the exact sum, more than 3.06422e-15; the absolute values sum to 13.8
	//   got  0x1.b99999999999cp+03 (13.800000000000004, bits 0x402b99999999999c)
	//   want 0x1.b99999999999ap+03 (13.8, bits 0x402b99999999999a), 2 ulp away
	//   9 terms, reduced from 100, condition number 1
	//   x := []float64{0x1.999999999999ap+00, 0x1.999999999999ap+00, 0x1.999999999999ap+00, 0x1.999999999999ap+00, 0x1.999999999999ap+00, 0x1.999999999999ap+00, 1, 0x1.999999999999ap+00, 0x1.999999999999ap+00}
}

// startedPastRow0 is Kahan's sum in batches of 16 that begins each batch but the
// first at its second row.
func startedPastRow0(x []float64) float64 {
	var s, c float64
	for lo := 0; lo < len(x); lo += 16 {
		batch := x[lo:min(lo+16, len(x))]
		if lo > 0 {
			batch = batch[1:]
		}
		for _, v := range batch {
			y := v - c
			r := s + y
			c = (r - s) - y
			s = r
		}
	}
	return s
}

func ExampleSearch() {
	err := fuzz.Search(startedPastRow0, fuzz.Contract{Within: fuzz.BoundOf(reduce.Kahan)}, 0)
	fmt.Println(err)
	// Output:
	// fuzz: not within the bound of kahan: 1 off the exact sum, more than 3.77476e-15; the absolute values sum to 17
	//   got  0x1p+04 (16, bits 0x4030000000000000)
	//   want 0x1.1p+04 (17, bits 0x4031000000000000), 281474976710656 ulp away
	//   17 terms, reduced from 52, condition number 1
	//   x := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
}

// The whole of a fuzz target for a sum of your own.
func ExampleSum() {
	_ = func(f *testing.F) { // FuzzMySum
		mySum := func(x []float64) float64 { return reduce.Sum(reduce.Pairwise, x) }
		fuzz.Sum(f, mySum, fuzz.Contract{Same: reduce.Pairwise, Promises: fuzz.ReadOnly})
	}
}

func ExampleGenerators() {
	for _, g := range fuzz.Generators[float64]() {
		if g.Name == "condition=1e16" {
			fmt.Printf("%.2g\n", fuzz.ExactSum(g.New(1, 100)).Condition())
		}
	}
	// Output: 1e+16
}

// The harness on the sums of this module, as a user would call it.

func FuzzPairwise(f *testing.F) {
	fuzz.Sum(f, func(x []float32) float32 { return reduce.Sum(reduce.Pairwise, x) },
		fuzz.Contract{Same: reduce.Pairwise, Within: fuzz.BoundOf(reduce.Pairwise), Promises: fuzz.ReadOnly})
}

func FuzzExactDot(f *testing.F) {
	fuzz.Dot(f, func(x, y []float32) float32 { return reduce.Dot(reduce.Exact, x, y) },
		fuzz.Contract{Promises: fuzz.CorrectlyRounded | fuzz.ReadOnly})
}

func accumulator(index int) *reduce.Accumulator[float64] {
	a, err := reduce.NewAccumulator[float64](reduce.Pairwise, index)
	if err != nil {
		panic(err) // an index is not negative
	}
	return a
}

func FuzzAccumulator(f *testing.F) {
	fuzz.Cuts(f, accumulator, fuzz.Contract{Same: reduce.Pairwise, Promises: fuzz.CutInvariant})
}

func FuzzProductAccumulator(f *testing.F) {
	fuzz.DotCuts(f, accumulator, fuzz.Contract{Same: reduce.Pairwise, Promises: fuzz.CutInvariant})
}
