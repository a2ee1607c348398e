package gemm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// oneRowTerms are terms that fill no, one and several blocks of leaves, with leaves and terms left over, and sets of them, few and many.
var oneRowTerms = []int{516, 252, 256, 480, 508, 512, 513, 540, 544, 768, 1000, 1024, 4096, 1100, 1540}

// checkOneRow compares products of one row by a matrix that is stored transposed with the definition, for
// columns that fill tiles and more.
func checkOneRow[T gemm.Float](impl product[T], terms []int) error {
	rng := rand.New(rand.NewPCG(21, 22))
	for i, k := range terms {
		p := problem{m: 1, n: 64 + 16*(i%5) + rng.IntN(4)*(i%2), k: k, transA: i%2 == 0, transB: true, alpha: 1, gap: rng.IntN(3) * 2, offset: rng.IntN(4),
			values: valueSets[i%len(valueSets)]}
		if i%3 == 0 {
			p.alpha, p.beta = -2.75, 0.5
		}
		o := gemm.Options{Order: reduce.Pairwise, Growing: i%4 == 1, Threads: 1 + i%3}
		if err := checkElements(impl, o, p, uint64(i)); err != nil {
			return err
		}
	}
	return nil
}

func TestOneRowByColumnsThatLieAlong(t *testing.T) {
	for _, backend := range kernel.Backends() {
		t.Run(backend.String(), func(t *testing.T) {
			defer kernel.Use(backend)()
			terms := oneRowTerms
			if kernel.AlongLeaves[float32]() == 0 { // the way of other tests
				terms = terms[:1]
			}
			require.NoError(t, checkOneRow(gemm.Gemm[float32], terms))
			require.NoError(t, checkOneRow(gemm.Gemm[float64], terms))
		})
	}
	require.Error(t, checkOneRow(instead[float32](func(o gemm.Options) gemm.Options {
		o.Growing = !o.Growing
		return o
	}), oneRowTerms[:1]), "another tree")
}
