package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
)

// BenchmarkMul multiplies by packed weights, as a model does.
func BenchmarkMul(b *testing.B) {
	for _, shape := range [][3]int{{8, 512, 128}, {128, 512, 512}} {
		for _, order := range reduce.Orders(1) {
			benchmarkMul[float32](b, "f32", order, shape)
			if reduce.Check[float64](order) == nil {
				benchmarkMul[float64](b, "f64", order, shape)
			}
		}
	}
}

// benchmarkMul reports the speed, counting a multiply-add as two operations.
func benchmarkMul[T gemm.Float](b *testing.B, name string, order reduce.Order, shape [3]int) {
	m, k, n := shape[0], shape[1], shape[2]
	b.Run(fmt.Sprintf("order=%v/type=%s/m=%d/k=%d/n=%d", order.Kind(), name, m, k, n), func(b *testing.B) {
		rng := rand.New(rand.NewPCG(1, 2))
		backend, err := gemm.NewNative[T](order, 1)
		if err != nil {
			b.Fatal(err)
		}
		a, c := randomMatrix[T](rng, m, k), gemm.NewMatrix[T](m, n)
		w, err := backend.Pack(randomMatrix[T](rng, k, n), false, gemm.Whole(k, order))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := backend.Mul(a, w, c); err != nil {
				b.Fatal(err)
			}
		}
		madds := float64(m*k*n) * float64(b.N)
		b.ReportMetric(2*madds/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/madds, "ns/madd")
	})
}

func randomMatrix[T gemm.Float](rng *rand.Rand, rows, cols int) gemm.Matrix[T] {
	m := gemm.NewMatrix[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = T(rng.NormFloat64())
	}
	return m
}

// BenchmarkJoin makes a product from the parts of four ranks, one after the other.
func BenchmarkJoin(b *testing.B) {
	const m, k, n, ranks = 8, 512, 128, 4
	for _, order := range reduce.Orders(1) {
		b.Run(fmt.Sprintf("order=%v/type=f32/m=%d/k=%d/n=%d/parts=%d", order.Kind(), m, k, n, ranks), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			backend, err := gemm.NewNative[float32](order, 1)
			if err != nil {
				b.Fatal(err)
			}
			x, y, c := randomMatrix[float32](rng, m, k), randomMatrix[float32](rng, k, n), make([]float32, m*n)
			for b.Loop() {
				parts, err := shards(backend, x, y, gemm.Whole(k, order), []int{k / 4, k / 2, 3 * k / 4})
				if err != nil {
					b.Fatal(err)
				}
				if err := gemm.Join(parts, c); err != nil {
					b.Fatal(err)
				}
			}
			madds := float64(m*k*n) * float64(b.N)
			b.ReportMetric(2*madds/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/madds, "ns/madd")
		})
	}
}

// BenchmarkExactData multiplies in the order Exact data whose sums are often zero or a tie.
func BenchmarkExactData(b *testing.B) {
	const n = 384
	for _, data := range []struct {
		name string
		draw func(*rand.Rand) float64
	}{
		{"normal", normal},
		{"integers", func(rng *rand.Rand) float64 { return float64(rng.IntN(17) - 8) }},
		{"half-zero", func(rng *rand.Rand) float64 { return max(0, rng.NormFloat64()) }},
		{"ones", func(rng *rand.Rand) float64 { return 1 }},
		{"ties", func(rng *rand.Rand) float64 { return float64(rng.IntN(2)<<12) + float64(rng.IntN(2)) }},
		{"sparse", func(rng *rand.Rand) float64 { return float64(rng.IntN(40)/39) * rng.NormFloat64() }},
		{"bfloat16", func(rng *rand.Rand) float64 {
			return float64(math.Float32frombits(math.Float32bits(float32(rng.NormFloat64())) &^ 0xffff))
		}},
	} {
		benchmarkExactData[float32](b, "f32", data.name, n, data.draw)
		benchmarkExactData[float64](b, "f64", data.name, n, data.draw)
	}
}

func benchmarkExactData[T gemm.Float](b *testing.B, typ, name string, n int, draw func(*rand.Rand) float64) {
	b.Run(fmt.Sprintf("data=%s/type=%s/n=%d", name, typ, n), func(b *testing.B) {
		rng := rand.New(rand.NewPCG(1, 2))
		x, y, c := valuesOf[T](rng, n, n, draw), valuesOf[T](rng, n, n, draw), gemm.NewMatrix[T](n, n)
		o := gemm.Options{Order: reduce.Exact, Threads: 1, Workspace: new(gemm.Workspace)}
		for b.Loop() {
			if err := gemm.Gemm(o, false, false, 1, x, y, 0, c); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(2*n*n*n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
	})
}
