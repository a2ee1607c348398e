package blas_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// check is a call of a routine, compared with its definition.
type check[T kernel.Float] struct {
	name string
	run  func(p *problem[T]) error
}

func checks[T kernel.Float]() []check[T] {
	return []check[T]{
		{"dot, nrm2, asum", (*problem[T]).reductions}, {"iamax", (*problem[T]).iamax},
		{"swap, copy, axpy, scal, rot, rotm", (*problem[T]).elementwise},
		{"gemv", (*problem[T]).gemv}, {"gbmv", (*problem[T]).gbmv}, {"symv, sbmv, spmv", (*problem[T]).symv},
		{"trmv, trsv, tbmv, tbsv, tpmv, tpsv", (*problem[T]).trxv}, {"ger", (*problem[T]).ger},
		{"syr, spr, syr2, spr2", (*problem[T]).syr}, {"gemm", (*problem[T]).gemm}, {"symm", (*problem[T]).symm},
		{"syrk, syr2k", (*problem[T]).syrk}, {"trmm, trsm", (*problem[T]).trxm},
	}
}

// sweep makes so many random calls of every routine, or of those named, and returns the first
// difference from the definitions. A fault may spoil a problem first.
func sweep[T kernel.Float](calls int, base problem[T], orders []reduce.Order, fault func(p *problem[T]), names ...string) error {
	for c, check := range checks[T]() {
		if len(names) > 0 && !slices.Contains(names, check.name) {
			continue
		}
		for call := range calls {
			p := base
			p.rng = rand.New(rand.NewPCG(uint64(c), uint64(call)))
			p.impl = blas.Implementation{Order: choose(p.rng, orders...), Threads: p.rng.IntN(5)}
			p.lib = newLibrary[T](p.impl)
			p.alpha, p.beta = T(choose(p.rng, 1, -1, 0, 2, p.value(p.rng))), T(choose(p.rng, 1, 0, -1, 2, p.value(p.rng)))
			if fault != nil {
				fault(&p)
			}
			if err := check.run(&p); err != nil {
				return fmt.Errorf("%s, call %d, %v on %d threads, alpha=%v, beta=%v: %w", check.name, call, p.impl.Order, p.impl.Threads, p.alpha, p.beta, err)
			}
		}
	}
	return nil
}

// ordersFor returns the orders that promise bits for T.
func ordersFor[T kernel.Float]() (orders []reduce.Order) {
	for _, o := range append(reduce.Orders(2026), reduce.Pairwise.WithLeaf(3), reduce.BinnedFold(2)) {
		if o != reduce.Arrival && reduce.Check[T](o) == nil {
			orders = append(orders, o)
		}
	}
	return orders
}

// plain draws from (-1, 1).
func plain(rng *rand.Rand) float64 { return rng.Float64()*2 - 1 }

// special draws zeros, infinities, NaN, and numbers whose sums and products cancel, overflow and
// underflow.
func special(rng *rand.Rand) float64 {
	switch rng.IntN(40) {
	case 0:
		return math.Copysign(0, plain(rng))
	case 1:
		return math.Inf(1 - 2*rng.IntN(2))
	case 2:
		return math.NaN()
	case 3:
		return plain(rng) * 0x1p-140
	case 4:
		return plain(rng) * 0x1p120
	}
	return float64(rng.IntN(9) - 4)
}

var fast = []reduce.Order{reduce.Pairwise, reduce.Sequential, reduce.Pairwise.WithLeaf(3), reduce.Pairwise.WithLeaf(8)}

func testDefinitions[T kernel.Float](t *testing.T) {
	large := problem[T]{value: plain, sizes: []int{1, 2, 7, 31, 32, 33, 64, 97, 130}, element: element[T]}
	small := problem[T]{value: special, sizes: []int{1, 2, 3, 5, 8, 40}, element: element[T]}
	for _, backend := range kernel.Backends() {
		t.Run(backend.String(), func(t *testing.T) {
			defer kernel.Use(backend)()
			require.NoError(t, sweep(8, large, fast, nil))
			require.NoError(t, sweep(80, small, fast, nil))
		})
	}
	large.sizes = []int{290, 300} // beyond what gemv multiplies row by row
	require.NoError(t, sweep(4, large, fast, nil, "gemv"))
	large.sizes = []int{97, 130} // several nodes before a row
	require.NoError(t, sweep(30, large, []reduce.Order{reduce.Pairwise, reduce.Pairwise.WithLeaf(8)}, nil, "trmv, trsv, tbmv, tbsv, tpmv, tpsv"))
	require.NoError(t, sweep(150, small, ordersFor[T](), nil))
	small.value = plain
	require.NoError(t, sweep(150, small, ordersFor[T](), nil))
}

// integer draws small integers, the sums of whose products T holds exactly.
func integer(rng *rand.Rand) float64 { return float64(rng.IntN(9) - 4) }

// sign draws 1 and -1, by which one may divide exactly.
func sign(rng *rand.Rand) float64 { return float64(2*rng.IntN(2) - 1) }

// Where nothing rounds all orders must find the exact value, here from arithmetic without rounding:
// that is gonum's scheme of tests, for both types.
func testExactValues[T kernel.Float](t *testing.T) {
	p := problem[T]{value: integer, sizes: []int{1, 2, 4, 7, 40}, element: exact[T]}
	require.NoError(t, sweep(60, p, ordersFor[T](), nil, "gemv", "gbmv", "symv, sbmv, spmv", "ger", "syr, spr, syr2, spr2", "gemm", "symm", "syrk, syr2k"))
	p = problem[T]{value: sign, sizes: []int{1, 2, 4, 9}, element: exact[T]}
	require.NoError(t, sweep(150, p, ordersFor[T](), nil, "trmv, trsv, tbmv, tbsv, tpmv, tpsv", "trmm, trsm"))
}

func TestExactValues(t *testing.T) {
	t.Run("float32", testExactValues[float32])
	t.Run("float64", testExactValues[float64])
}

func TestDefinitions(t *testing.T) {
	t.Run("float32", testDefinitions[float32])
	t.Run("float64", testDefinitions[float64])
}
