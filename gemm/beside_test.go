package gemm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// checkFewRows compares products of a few rows by a matrix that is stored transposed with the definition, for columns that fill
// tiles and more, and leaves that fill lines and more.
func checkFewRows[T gemm.Float](impl product[T]) error {
	rng := rand.New(rand.NewPCG(31, 32))
	for i, k := range []int{1, 4, 15, 16, 31, 32, 33, 64, 100, 130, 256, 300} {
		for m := 2; m <= kernel.BesideRows+1; m += 1 + i%2 {
			p := problem{m: m, n: 31 + 33*(i%3) + rng.IntN(4), k: k, transA: i%2 == 0, transB: true, alpha: 1, gap: rng.IntN(3) * 2, offset: rng.IntN(4),
				values: valueSets[(i+m)%len(valueSets)]}
			if (i+m)%3 == 0 {
				p.alpha, p.beta = -2.75, 0.5
			}
			o := gemm.Options{Order: reduce.Pairwise, Growing: i%4 == 1, Threads: 1 + m%3}
			if i%5 == 4 {
				o.Order = reduce.Pairwise.WithLeaf(20)
			}
			if err := checkElements(impl, o, p, uint64(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestFewRowsByColumnsThatLieAlong(t *testing.T) {
	for _, backend := range kernel.Backends() {
		t.Run(backend.String(), func(t *testing.T) {
			defer kernel.Use(backend)()
			for _, beside := range []bool{false, true} {
				if beside && !kernel.HasBeside() {
					continue
				}
				defer kernel.UseBeside(beside)()
				require.NoError(t, checkFewRows(gemm.Gemm[float32]))
				require.NoError(t, checkFewRows(gemm.Gemm[float64]))
			}
		})
	}
	require.Error(t, checkFewRows(instead[float32](func(o gemm.Options) gemm.Options {
		o.Growing = !o.Growing
		return o
	})), "another tree")
}
