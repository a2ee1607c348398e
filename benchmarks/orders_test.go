package benchmarks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/floats"
)

// random returns n numbers between -1 and 1.
func random[T gemm.Float](n int) []T {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]T, n)
	for i := range x {
		x[i] = T(2*rng.Float64() - 1)
	}
	return x
}

// perUnit reports nanoseconds for each of n units of an iteration.
func perUnit(b *testing.B, n int, unit string) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/"+unit)
}

func benchmarkSum[T gemm.Float](b *testing.B, name string) {
	for _, n := range []int{1000, 100000} {
		x := random[T](n)
		for _, o := range reduce.Orders(1) {
			if reduce.Check[T](o) != nil {
				continue
			}
			b.Run(fmt.Sprintf("type=%s/n=%d/order=%s", name, n, o.Kind()), func(b *testing.B) {
				for b.Loop() {
					reduce.SumParallel(o, x, 1)
				}
				perUnit(b, n, "element")
			})
		}
	}
}

func BenchmarkSum(b *testing.B) {
	benchmarkSum[float64](b, "float64")
	benchmarkSum[float32](b, "float32")
	for _, n := range []int{1000, 100000} {
		x := random[float64](n)
		b.Run(fmt.Sprintf("type=float64/n=%d/order=gonum", n), func(b *testing.B) {
			for b.Loop() {
				floats.Sum(x)
			}
			perUnit(b, n, "element")
		})
	}
}

// backends returns the orders and gonum, on one thread.
func backends[T gemm.Float](b *testing.B) map[string]gemm.Backend[T] {
	all := map[string]gemm.Backend[T]{"gonum": gemm.Gonum[T]{}}
	for _, o := range reduce.Orders(1) {
		if reduce.Check[T](o) != nil {
			continue
		}
		native, err := gemm.NewNative[T](o, 1)
		if err != nil {
			b.Fatal(err)
		}
		all[o.Kind().String()] = native
	}
	return all
}

func benchmarkGemm[T gemm.Float](b *testing.B, name string) {
	const m, n, k = 16, 512, 512
	a, w, c := gemm.Dense(m, k, random[T](m*k)), gemm.Dense(k, n, random[T](k*n)), gemm.NewMatrix[T](m, n)
	for order, backend := range backends[T](b) {
		packed, err := backend.Pack(w, false, gemm.Whole(k, backend.Order()))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("type=%s/m=%d/n=%d/k=%d/order=%s", name, m, n, k, order), func(b *testing.B) {
			for b.Loop() {
				if err := backend.Mul(a, packed, c); err != nil {
					b.Fatal(err)
				}
			}
			perUnit(b, m*n*k, "multiply-add")
		})
	}
}

func BenchmarkGemm(b *testing.B) {
	benchmarkGemm[float32](b, "float32")
	benchmarkGemm[float64](b, "float64")
}

func benchmarkPrefill[T gemm.Float](b *testing.B, name string) {
	checkpoint, err := bytes24.Load()
	if err != nil {
		b.Fatal(err)
	}
	ids := bytes24.Encode("def sum(values):\n    return")
	for order, backend := range backends[T](b) {
		m, err := model.New(checkpoint, model.Options[T]{Backend: backend})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("type=%s/tokens=%d/order=%s", name, len(ids), order), func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Logits(context.Background(), ids); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(ids))/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

func BenchmarkPrefill(b *testing.B) {
	benchmarkPrefill[float32](b, "float32")
	benchmarkPrefill[float64](b, "float64")
}
