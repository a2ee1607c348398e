package gemm_test

import (
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
)

// Two ranks hold half of the terms each, and the joined product has the bits of the
// product at once.
func Example() {
	const m, k, n = 2, 96, 3
	a, b := gemm.NewMatrix[float32](m, k), gemm.NewMatrix[float32](k, n)
	for i := range a.Data {
		a.Data[i] = 1 / float32(i+1)
	}
	for i := range b.Data {
		b.Data[i] = 1 / float32(2*i-99)
	}

	whole := gemm.NewMatrix[float32](m, n)
	if err := gemm.Gemm(gemm.Options{Order: reduce.Pairwise, Threads: 4}, false, false, 1, a, b, 0, whole); err != nil {
		panic(err)
	}

	backend, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	if err != nil {
		panic(err)
	}
	var parts []*gemm.Partial[float32]
	for _, cut := range [][2]int{{0, 64}, {64, 96}} { // between leaves of 32
		place := gemm.Contraction{K: k, From: cut[0], Leaf: 32}
		w, err := backend.Pack(b.View(cut[0], cut[1], 0, n), false, place)
		if err != nil {
			panic(err)
		}
		part, err := backend.Partial(a.View(0, m, cut[0], cut[1]), w)
		if err != nil {
			panic(err)
		}
		parts = append(parts, part)
	}
	joined := make([]float32, m*n)
	if err := gemm.Join(parts, joined); err != nil {
		panic(err)
	}
	for i, v := range joined {
		fmt.Printf("%x %t\n", v, v == whole.Data[i])
	}
	// Output:
	// -0x1.19b362p-05 true
	// -0x1.6704c6p-04 true
	// 0x1.30d4p-06 true
	// 0x1.457c22p-10 true
	// -0x1.b9445ep-08 true
	// 0x1.32a44cp-07 true
}
