package peers

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/samebits/samebits/elementary"
	"github.com/stretchr/testify/require"
)

// BenchmarkVectorFunctions times slices of float32 beside glibc's libmvec, in turns: the
// least time of each. Under SAMEBITS_KERNEL=avx2 both use AVX2.
func BenchmarkVectorFunctions(b *testing.B) {
	for name, ours := range map[string]func(y, x []float32){
		"expf": elementary.ExpSlice[float32], "logf": elementary.LogSlice[float32], "sinf": elementary.SinSlice[float32], "cosf": elementary.CosSlice[float32],
	} {
		b.Run("f="+name, func(b *testing.B) {
			theirs, err := VectorFunction(name, os.Getenv("SAMEBITS_KERNEL") != "avx2")
			require.NoError(b, err)
			rng := rand.New(rand.NewPCG(1, 2))
			x, y := make([]float32, 4096), make([]float32, 4096)
			for i := range x {
				x[i] = float32(rng.ExpFloat64() * 3)
			}
			theirs(y, x)
			for i, v := range x {
				require.InEpsilonf(b, map[string]func(float64) float64{"expf": math.Exp, "logf": math.Log, "sinf": math.Sin, "cosf": math.Cos}[name](float64(v)), y[i], 1e-3, "%s(%v)", name, v)
			}
			var least [2]float64
			for b.Loop() {
				for i, f := range []func(y, x []float32){ours, theirs} {
					begin := time.Now()
					f(y, x)
					t := float64(time.Since(begin).Nanoseconds()) / float64(len(x))
					if least[i] == 0 || t < least[i] {
						least[i] = t
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(least[0], "ns/elem")
			b.ReportMetric(least[1], "libmvec-ns/elem")
		})
	}
}
