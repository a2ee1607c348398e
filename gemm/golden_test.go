package gemm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/golden"
	"github.com/stretchr/testify/require"
)

// TestGolden holds every architecture to the same bits: run it under GOARCH=386, arm64,
// riscv64 and s390x and under GOAMD64=v3.
func TestGolden(t *testing.T) {
	digests := map[string]string{}
	goldenDigests[float32](t, "f32", digests)
	goldenDigests[float64](t, "f64", digests)
	golden.Check(t, "testdata/golden.json",
		"SHA-256 over C = alpha*op(A)*op(B) + beta*C of gemm.Gemm; A, B and C drawn by goldenDigests from math/rand/v2's PCG, without a call of package math that is not exact", digests)
}

func goldenDigests[T gemm.Float](t *testing.T, name string, digests map[string]string) {
	for _, shape := range [][3]int{{1, 1, 1}, {3, 5, 33}, {4, 7, 200}, {2, 8, 1000}} {
		for _, factors := range [][2]float64{{1, 0}, {-0.3, 1.7}} {
			for _, order := range ordersFor[T]() {
				d := golden.New()
				for variant := range 4 { // both trees, two kinds of values
					values := []func(*rand.Rand) float64{uniform, extreme}[variant/2]
					rng := rand.New(rand.NewPCG(uint64(variant), 17))
					p := problem{values: values}
					a, _ := guarded[T](rng, p, shape[0], shape[2], false)
					b, _ := guarded[T](rng, p, shape[2], shape[1], true)
					c, _ := guarded[T](rng, p, shape[0], shape[1], false)
					o := gemm.Options{Order: order, Threads: 1 + variant%2, Growing: variant%2 == 1}
					require.NoError(t, gemm.Gemm(o, false, true, T(factors[0]), a, b, T(factors[1]), c))
					golden.Add(d, c.Data[:shape[0]*shape[1]]...)
				}
				digests[fmt.Sprintf("%v %s %dx%dx%d alpha=%v beta=%v", order, name, shape[0], shape[1], shape[2], factors[0], factors[1])] = d.String()
			}
		}
	}
}

// uniform draws from (-1, 1) without a logarithm.
func uniform(rng *rand.Rand) float64 { return rng.Float64()*2 - 1 }
