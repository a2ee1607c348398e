package elementary

import (
	"math"

	"sort"
	"strings"
	"testing"
	"time"
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

// peers are the functions as package math has them, or composed of it.
var peers = map[string]func(float64) float64{
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

// alternate times both in turn, for as many rounds as b asks for, and reports the least
// time of each for one of n elements, and the median over the rounds of theirs / ours.
func alternateRounds(b *testing.B, n int, ours, theirs func()) {
	var times [2]time.Duration
	var ratios []float64
	least := [2]float64{math.Inf(1), math.Inf(1)}
	for b.Loop() {
		for i, f := range [2]func(){ours, theirs} {
			begin := time.Now()
			f()
			times[i] = time.Since(begin)
			least[i] = min(least[i], float64(times[i].Nanoseconds())/float64(n))
		}
		ratios = append(ratios, float64(times[1])/float64(times[0]))
	}
	sort.Float64s(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(least[0], "ns")
	b.ReportMetric(least[1], "math-ns")
	b.ReportMetric(ratios[len(ratios)/2], "times-as-fast")
}

var sink float64

func benchmarkScalar[T Float](b *testing.B, spread float64, ours func(T) T, peer func(float64) float64) {
	theirs := func(x T) T { return T(peer(float64(x))) } // a function as ours is: in place, the conversion of float32 may wait for the result before
	xs := benchmarkInput[T](spread)
	alternateRounds(b, len(xs), func() {
		var total T
		for _, x := range xs {
			total += ours(x)
		}
		sink = float64(total)
	}, func() {
		var total T
		for _, x := range xs {
			total += theirs(x)
		}
		sink = float64(total)
	})
}

// spreads are the standard deviations of arguments; 0 stands for positive ones.
func spreadOf(name string) float64 {
	switch {
	case name == "Sin" || name == "Cos":
		return 50
	case strings.HasPrefix(name, "Log"), name == "Rsqrt":
		return 0
	}
	return 1.5
}

func BenchmarkScalar(b *testing.B) {
	for _, name := range names() {
		b.Run("f="+name+"/type=float32", func(b *testing.B) { benchmarkScalar(b, spreadOf(name), scalars[float32]()[name], peers[name]) })
		b.Run("f="+name+"/type=float64", func(b *testing.B) { benchmarkScalar(b, spreadOf(name), scalars[float64]()[name], peers[name]) })
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
