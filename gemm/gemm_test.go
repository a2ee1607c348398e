package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// product is gemm.Gemm, or a faulty one that a check has to catch.
type product[T gemm.Float] func(o gemm.Options, transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) error

// problem is one product: shape, factors, and how its operands lie in memory.
type problem struct {
	m, n, k        int
	transA, transB bool
	alpha, beta    float64
	gap, offset    int // columns between rows, and elements before the first
	values         func(*rand.Rand) float64
}

func (p problem) String() string {
	return fmt.Sprintf("%d x %d x %d, transposed %v %v, alpha=%v beta=%v, gap %d, offset %d",
		p.m, p.n, p.k, p.transA, p.transB, p.alpha, p.beta, p.gap, p.offset)
}

// guarded returns a matrix of random values with NaN before, between and after its
// rows, stored transposed if so told, and all of its memory.
func guarded[T gemm.Float](rng *rand.Rand, p problem, rows, cols int, trans bool) (gemm.Matrix[T], []T) {
	if trans {
		rows, cols = cols, rows
	}
	stride := cols + p.gap
	all := make([]T, p.offset+rows*stride+3)
	for i := range all {
		all[i] = guard[T]()
	}
	m := gemm.Matrix[T]{Rows: rows, Cols: cols, Stride: stride, Data: all[p.offset:]}
	for i := range rows {
		for j := range cols {
			m.Data[i*stride+j] = T(p.values(rng))
		}
	}
	return m, all
}

// guard is a NaN that arithmetic never returns.
func guard[T gemm.Float]() T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(0xfff8000000beef00))
	}
	var x any = math.Float32frombits(0xffc0beef)
	v, _ := x.(T)
	return v
}

// column returns a copy of column j of op(m).
func column[T gemm.Float](m gemm.Matrix[T], trans bool, j int) (v []T) {
	n := m.Rows
	if trans {
		n = m.Cols
	}
	for i := range n {
		if trans {
			v = append(v, m.Data[j*m.Stride+i])
		} else {
			v = append(v, m.Data[i*m.Stride+j])
		}
	}
	return v
}

// checkElements compares every element of a product with the oracle, and all memory
// around it with what it was.
func checkElements[T gemm.Float](impl product[T], o gemm.Options, p problem, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	a, _ := guarded[T](rng, p, p.m, p.k, p.transA)
	b, _ := guarded[T](rng, p, p.k, p.n, p.transB)
	c, all := guarded[T](rng, p, p.m, p.n, false)
	want := append([]T(nil), all...)
	for i := range p.m {
		x := column(a, !p.transA, i)
		for j := range p.n {
			at := p.offset + i*c.Stride + j
			want[at] = element(o, T(p.alpha), x, column(b, p.transB, j), T(p.beta), want[at])
		}
	}
	if err := impl(o, p.transA, p.transB, T(p.alpha), a, b, T(p.beta), c); err != nil {
		return fmt.Errorf("%v: %w", p, err)
	}
	return sameBits(want, all, fmt.Sprintf("%v growing=%v %v seed %d", o.Order, o.Growing, p, seed))
}

// sameBits returns an error that names the first element whose bits differ.
func sameBits[T gemm.Float](want, got []T, of string) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: %d elements, want %d", of, len(got), len(want))
	}
	for i := range want {
		if kernel.Bits(want[i]) != kernel.Bits(got[i]) {
			return fmt.Errorf("%s: element %d is %v (%#x), want %v (%#x)", of, i, got[i], kernel.Bits(got[i]), want[i], kernel.Bits(want[i]))
		}
	}
	return nil
}

// ordersFor lists the deterministic orders that apply to T.
func ordersFor[T gemm.Float]() (orders []reduce.Order) {
	for _, o := range reduce.Orders(7) {
		if reduce.Check[T](o) == nil && o.Kind() != reduce.KindArrival {
			orders = append(orders, o)
		}
	}
	return orders
}

// The values that problems are made of.
func normal(rng *rand.Rand) float64 { return rng.NormFloat64() }

// cancelling draws few distinct values of very different size.
func cancelling(rng *rand.Rand) float64 {
	return math.Ldexp(float64(rng.IntN(5)-2), []int{0, 0, 30, 60, -40}[rng.IntN(5)])
}

// extreme draws values whose products overflow and underflow, in both types.
func extreme(rng *rand.Rand) float64 {
	e := []int{-149, -140, -80, -60, 0, 0, 40, 63, 64, 100, 127, -540, -1060, 510, 1000}
	return math.Ldexp(rng.Float64()*2-1, e[rng.IntN(len(e))])
}

// nonFinite draws an infinity or a NaN now and then, and both zeros.
func nonFinite(rng *rand.Rand) float64 {
	switch rng.IntN(40) {
	case 0:
		return math.Inf(1)
	case 1:
		return math.Inf(-1)
	case 2:
		return math.NaN()
	case 3, 4, 5, 6:
		return 0
	case 7, 8, 9, 10:
		return math.Copysign(0, -1)
	}
	return normal(rng)
}

var valueSets = []func(*rand.Rand) float64{normal, cancelling, extreme, nonFinite}

// sweep checks shapes at the edges of leaves, panels and row blocks.
func sweep[T gemm.Float](impl product[T], orders []reduce.Order) error {
	factors := []float64{0, 1, -1, 0.5, 1.0 / 3, -2.75}
	rng := rand.New(rand.NewPCG(2, 3))
	seed := uint64(0)
	for _, order := range orders {
		for _, leaf := range []int{1, 5, 16, 32, 64} {
			for _, k := range []int{0, 1, 2, 31, 32, 33, 65, 97, 160, 180} { // of 32: up to six leaves
				for i := range 8 { // every transposition in either tree
					seed++
					trans, growing := i&3, i&4 != 0
					p := problem{m: 1 + rng.IntN(3), n: 1 + rng.IntN(6), k: k, transA: trans&1 != 0, transB: trans&2 != 0,
						alpha: factors[rng.IntN(6)], beta: factors[rng.IntN(6)], gap: rng.IntN(3), offset: rng.IntN(4),
						values: valueSets[rng.IntN(4)]}
					if rng.IntN(2) == 0 { // nothing rounds but the products and sums
						p.alpha, p.beta = 1, 0
					}
					if rng.IntN(16) == 0 {
						p.m, p.n = p.m*rng.IntN(2), p.n*rng.IntN(2)
					}
					o := gemm.Options{Order: order.WithLeaf(leaf), Growing: growing, Threads: rng.IntN(3)}
					if err := checkElements(impl, o, p, seed); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func TestElements(t *testing.T) {
	folds := []reduce.Order{reduce.BinnedFold(2), reduce.BinnedFold(4)}
	require.NoError(t, sweep(gemm.Gemm[float32], append(ordersFor[float32](), folds...)))
	require.NoError(t, sweep(gemm.Gemm[float64], append(ordersFor[float64](), folds...)))
}

func TestRandomElements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := problem{
			m: rapid.IntRange(0, 20).Draw(t, "m"), n: rapid.IntRange(0, 10).Draw(t, "n"), k: rapid.IntRange(0, 80).Draw(t, "k"),
			transA: rapid.Bool().Draw(t, "transA"), transB: rapid.Bool().Draw(t, "transB"),
			alpha: rapid.Float64().Draw(t, "alpha"), beta: rapid.Float64().Draw(t, "beta"),
			gap: rapid.IntRange(0, 5).Draw(t, "gap"), offset: rapid.IntRange(0, 5).Draw(t, "offset"),
			values: rapid.SampledFrom(valueSets).Draw(t, "values"),
		}
		seed := rapid.Uint64().Draw(t, "seed")
		o := gemm.Options{Threads: rapid.IntRange(0, 4).Draw(t, "threads"), Growing: rapid.Bool().Draw(t, "growing")}
		leaf := rapid.IntRange(1, 70).Draw(t, "leaf")
		o.Order = rapid.SampledFrom(ordersFor[float32]()).Draw(t, "order").WithLeaf(leaf)
		require.NoError(t, checkElements(gemm.Gemm[float32], o, p, seed))
		o.Order = rapid.SampledFrom(ordersFor[float64]()).Draw(t, "order64").WithLeaf(leaf)
		require.NoError(t, checkElements(gemm.Gemm[float64], o, p, seed))
	})
}
