package gemm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A workspace keeps the program of the last product: products of other terms, trees and orders in turn have their own.
func TestProductsInTurnHaveTheirOwnPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	var w gemm.Workspace
	for i := range 200 {
		k := []int{96, 160, 1000}[rng.IntN(3)]
		a, b := randomMatrix[float32](rng, 1+rng.IntN(3), k), randomMatrix[float32](rng, k, 5)
		o := gemm.Options{Order: []reduce.Order{reduce.Pairwise, reduce.Sequential, reduce.Widened}[rng.IntN(3)], Growing: rng.IntN(2) == 0}
		want, got := gemm.NewMatrix[float32](a.Rows, 5), gemm.NewMatrix[float32](a.Rows, 5)
		require.NoError(t, gemm.Gemm(gemm.Options{Order: o.Order, Growing: o.Growing, Workspace: new(gemm.Workspace)}, false, false, 1, a, b, 0, want))
		o.Workspace = &w
		require.NoError(t, gemm.Gemm(o, false, false, 1, a, b, 0, got))
		require.NoError(t, sameBits(want.Data, got.Data, fmt.Sprint("product ", i)))
	}
}
