package reveal_test

import (
	"fmt"
	"os"

	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/reveal"
)

func ExampleSum() {
	unrolled := func(x []float64) float64 {
		var s [4]float64
		for i, v := range x {
			s[i%4] += v
		}
		return (s[0] + s[1]) + (s[2] + s[3])
	}
	tree, err := reveal.Sum(unrolled, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tree.Describe())
	tree.WriteText(os.Stdout)
	// Output:
	// 4 lanes by stride, each one by one; 4 lanes pairwise
	// + 20
	// ├─ + 10
	// │  ├─ + 5 one by one: 0, 4, ..., 16
	// │  └─ + 5 one by one: 1, 5, ..., 17
	// └─ + 10
	//    ├─ + 5 one by one: 2, 6, ..., 18
	//    └─ + 5 one by one: 3, 7, ..., 19
}

func ExampleSum_notPlain() {
	_, err := reveal.Sum(func(x []float64) float64 { return reduce.Sum(reduce.Exact, x) }, 20)
	fmt.Println(err)
	// Output:
	// not a plain summation tree: correctly rounded: the exact sum, rounded once
}
