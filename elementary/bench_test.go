package elementary

import (
	"math"

	"sort"
	"strings"
	"testing"
	"time"
)

// benchmarkInput holds 2^14 numbers, normally distributed but for the tails: what
// an activation sees. Of 2^10 a processor learns by heart which way each branch goes: that
// halves the time of Tanh of package math.
func benchmarkInput[T Float](spread float64) []T {
	s := splitmix64(1)
	xs := make([]T, 1<<14)
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

// peer returns a function as package math has it, or composed of it: a function of one T as
// ours is. (Written out in a loop, the conversion of a float32 may wait for the result
// before, as the instruction keeps the upper half of its register.)
func peer[T Float](name string) func(T) T {
	return map[string]func(T) T{
		"Exp":     func(x T) T { return T(math.Exp(float64(x))) },
		"Exp2":    func(x T) T { return T(math.Exp2(float64(x))) },
		"Expm1":   func(x T) T { return T(math.Expm1(float64(x))) },
		"Log":     func(x T) T { return T(math.Log(float64(x))) },
		"Log2":    func(x T) T { return T(math.Log2(float64(x))) },
		"Log1p":   func(x T) T { return T(math.Log1p(float64(x))) },
		"Tanh":    func(x T) T { return T(math.Tanh(float64(x))) },
		"Erf":     func(x T) T { return T(math.Erf(float64(x))) },
		"Sin":     func(x T) T { return T(math.Sin(float64(x))) },
		"Cos":     func(x T) T { return T(math.Cos(float64(x))) },
		"Sqrt":    func(x T) T { return T(math.Sqrt(float64(x))) },
		"Rsqrt":   func(x T) T { return T(1 / math.Sqrt(float64(x))) },
		"Cbrt":    func(x T) T { return T(math.Cbrt(float64(x))) },
		"Sigmoid": func(x T) T { return T(1 / (1 + math.Exp(-float64(x)))) },
		"SiLU":    func(x T) T { return T(float64(x) / (1 + math.Exp(-float64(x)))) },
		"GELU":    func(x T) T { return T(0.5 * float64(x) * (1 + math.Erf(float64(x)/math.Sqrt2))) },
		"GELUTanh": func(x T) T {
			v := float64(x)
			return T(0.5 * v * (1 + math.Tanh(0.7978845608028654*(v+0.044715*v*v*v))))
		},
	}[name]
}

// alternateRounds times both in turn, for as many rounds as b asks for, and reports the least
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

func benchmarkScalar[T Float](b *testing.B, name string) {
	ours, theirs := scalars[T]()[name], peer[T](name)
	xs := benchmarkInput[T](spreadOf(name))
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

// spreadOf returns the standard deviation of arguments; 0 stands for positive ones.
func spreadOf(name string) float64 {
	switch {
	case name == "Sin" || name == "Cos":
		return 50
	case strings.HasPrefix(name, "Log"), name == "Rsqrt", name == "Sqrt":
		return 0
	}
	return 1.5
}

func BenchmarkScalar(b *testing.B) {
	for _, name := range names() {
		b.Run("f="+name+"/type=float32", func(b *testing.B) { benchmarkScalar[float32](b, name) })
		b.Run("f="+name+"/type=float64", func(b *testing.B) { benchmarkScalar[float64](b, name) })
	}
}

// BenchmarkSlice times slice forms of float32 beside a loop over package math.
func BenchmarkSlice(b *testing.B) {
	for _, name := range names() {
		b.Run("f="+name+"/type=float32", func(b *testing.B) {
			x := benchmarkInput[float32](spreadOf(name))
			dst := make([]float32, len(x))
			ours, theirs := slices[float32]()[name], peer[float32](name)
			alternateRounds(b, len(x), func() { ours(dst, x) }, func() {
				for i, v := range x {
					dst[i] = theirs(v)
				}
			})
		})
	}
}

func BenchmarkPow(b *testing.B) {
	x, y := benchmarkInput[float32](0), benchmarkInput[float32](1.5)
	over := func(f func(x, y float32) float32) func() {
		return func() {
			var total float32
			for i, v := range x {
				total += f(v, y[i])
			}
			sink = float64(total)
		}
	}
	alternateRounds(b, len(x), over(Pow), over(func(x, y float32) float32 { return float32(math.Pow(float64(x), float64(y))) }))
}
