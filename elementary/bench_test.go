package elementary

import (
	"math"
	"strings"
	"testing"
)

// benchmarkInput holds 1024 numbers, normally distributed but for the tails: what
// an activation sees.
func benchmarkInput[T Float](spread float64) []T {
	s := splitmix64(1)
	xs := make([]T, 1024)
	for i := range xs {
		var v float64
		for range 12 {
			v += float64(s.next()>>11)*0x1p-53 - 0.5
		}
		xs[i] = T(v * spread)
		if spread == 0 {
			xs[i] = T(v * v)
		}
	}
	return xs
}

var sink float64

func benchmark[T Float](b *testing.B, spread float64, f func(T) T) {
	xs := benchmarkInput[T](spread)
	var total T
	for i := 0; b.Loop(); i++ {
		total += f(xs[i%len(xs)])
	}
	sink = float64(total)
}

func BenchmarkScalar(b *testing.B) {
	peers := map[string]func(float64) float64{
		"Exp2": math.Exp2, "Expm1": math.Expm1, "Log": math.Log, "Log2": math.Log2, "Log1p": math.Log1p, "Cbrt": math.Cbrt,
		"Rsqrt": func(x float64) float64 { return 1 / math.Sqrt(x) },
		"Exp":   math.Exp, "Tanh": math.Tanh, "Erf": math.Erf, "Sin": math.Sin, "Cos": math.Cos, "Sqrt": math.Sqrt,
		"Sigmoid": func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		"SiLU":    func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		"GELU":    func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) },
		"GELUTanh": func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(0.7978845608028654*(x+0.044715*x*x*x)))
		},
	}
	for _, name := range names() {
		spread := 1.5
		if name == "Sin" || name == "Cos" {
			spread = 50
		}
		if strings.HasPrefix(name, "Log") || name == "Rsqrt" {
			spread = 0 // see benchmarkInput
		}
		b.Run("f="+name+"/impl=math/type=float64", func(b *testing.B) { benchmark(b, spread, peers[name]) })
		b.Run("f="+name+"/impl=elementary/type=float64", func(b *testing.B) { benchmark(b, spread, scalars[float64]()[name]) })
		b.Run("f="+name+"/impl=elementary/type=float32", func(b *testing.B) { benchmark(b, spread, scalars[float32]()[name]) })
	}
}

func BenchmarkSlice(b *testing.B) {
	x := benchmarkInput[float32](1.5)
	dst := make([]float32, len(x))
	for _, name := range names() {
		f := slices[float32]()[name]
		b.Run("f="+name+"/type=float32", func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				f(dst, x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/element")
		})
	}
}
