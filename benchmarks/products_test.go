package benchmarks_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/benchmarks/suite"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/reduce"
)

// backend is one way to multiply matrices, on one thread where it is ours.
type backend[T gemm.Float] struct {
	order string
	gemm.Backend[T]
}

// backends returns the orders and gonum.
func backends[T gemm.Float](b *testing.B) []backend[T] {
	var all []backend[T]
	for _, o := range reduce.Orders(1) {
		if reduce.Check[T](o) != nil {
			continue
		}
		native, err := gemm.NewNative[T](o, 1)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, backend[T]{o.Kind().String(), native})
	}
	return append(all, backend[T]{"gonum", gemm.Gonum[T]{}})
}

func benchmarkGemm[T gemm.Float](b *testing.B) {
	const m, n, k = 16, 512, 512
	a, w, c := gemm.Dense(m, k, benchmarks.Random[T](m*k, 1)), gemm.Dense(k, n, benchmarks.Random[T](k*n, 1)), gemm.NewMatrix[T](m, n)
	for _, backend := range backends[T](b) {
		packed, err := backend.Pack(w, false, gemm.Whole(k, backend.Order()))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("order=%s/type=%s/m=%d/n=%d/k=%d", backend.order, benchmarks.TypeName[T](), m, n, k), func(b *testing.B) {
			for b.Loop() {
				if err := backend.Mul(a, packed, c); err != nil {
					b.Fatal(err)
				}
			}
			suite.PerElement(b, m*n*k)
		})
	}
}

// BenchmarkGemm measures products; an element is a multiply-add.
func BenchmarkGemm(b *testing.B) {
	benchmarkGemm[float64](b)
	benchmarkGemm[float32](b)
}

func benchmarkPrefill[T gemm.Float](b *testing.B) {
	checkpoint, err := bytes24.Load()
	if err != nil {
		b.Fatal(err)
	}
	ids := bytes24.Encode("def sum(values):\n    return")
	for _, backend := range backends[T](b) {
		m, err := model.New(checkpoint, model.Options[T]{Backend: backend.Backend})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("order=%s/type=%s/tokens=%d", backend.order, benchmarks.TypeName[T](), len(ids)), func(b *testing.B) {
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
	benchmarkPrefill[float64](b)
	benchmarkPrefill[float32](b)
}
