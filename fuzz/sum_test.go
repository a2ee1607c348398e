package fuzz

import (
	"errors"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// ordersFor lists the orders that apply to T.
func ordersFor[T kernel.Float](seed uint64) []reduce.Order {
	var orders []reduce.Order
	for _, o := range append(reduce.Orders(seed), reduce.BinnedFold(2), reduce.BinnedFold(4)) {
		if reduce.Check[T](o) == nil {
			orders = append(orders, o)
		}
	}
	return orders
}

// plain is the contract of the order without what takes an accumulator.
func plain(order reduce.Order) Contract {
	c := ContractOf(order)
	c.Promises &^= CutInvariant
	return c
}

// checkSum demands of every order's sum of the numbers that data decodes to what
// SPEC.md promises.
func checkSum[T kernel.Float](sum func(reduce.Order, []T) T, data []byte) error {
	var found error
	for _, order := range ordersFor[T](uint64(len(data))) {
		c := plain(order)
		found = errors.Join(found, Check(func(x []T) T { return sum(order, x) }, c, decodeSum[T](c, data).x))
	}
	return found
}

func negated[T kernel.Float](x []T) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = -v
	}
	return y
}

func FuzzSum(f *testing.F) {
	addSeeds(f, nil, sumSeeds[float64]())
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, checkSum(reduce.Sum[float32], data))
		require.NoError(t, checkSum(reduce.Sum[float64], data))
	})
}

func TestSumOnRandomInputs(t *testing.T) {
	for _, data := range inputs(100) {
		require.NoError(t, checkSum(reduce.Sum[float32], data), "%v", data)
		require.NoError(t, checkSum(reduce.Sum[float64], data), "%v", data)
	}
}

// instead returns Sum with one order's place taken by another sum.
func instead(kind reduce.Kind, faulty func(x []float64) float64) func(reduce.Order, []float64) float64 {
	return func(order reduce.Order, x []float64) float64 {
		if order.Kind() == kind {
			return faulty(x)
		}
		return reduce.Sum(order, x)
	}
}

func plainFold(x []float64) float64 { return reduce.Sum(reduce.Sequential, x) }

func TestCheckSumCatchesFaults(t *testing.T) {
	faults := map[string]func(reduce.Order, []float64) float64{
		"Kahan without its correction":     instead(reduce.KindKahan, plainFold),
		"Neumaier without its correction":  instead(reduce.KindNeumaier, plainFold),
		"pairs whose low parts are lost":   instead(reduce.KindDoubleDouble, func(x []float64) float64 { return reduce.Sum(reduce.Pairwise, x) }),
		"a double-double sum for an exact": instead(reduce.KindExact, func(x []float64) float64 { return reduce.Sum(reduce.DoubleDouble, x) }),
		"a binned sum of too few bins":     instead(reduce.KindBinned, func(x []float64) float64 { return reduce.Sum(reduce.BinnedFold(2), x) }),
		"the last term dropped":            instead(reduce.KindSequential, func(x []float64) float64 { return plainFold(x[:max(len(x)-1, 0)]) }),
		"padding with +0":                  instead(reduce.KindPairwise, func(x []float64) float64 { return reduce.Sum(reduce.Pairwise, append(x[:len(x):len(x)], 0)) }),
		"a NaN that keeps its payload": instead(reduce.KindSequential, func(x []float64) float64 {
			if s := plainFold(x); s == s {
				return s
			}
			return fromBits[float64](0x7ff8000000000001)
		}),
	}
	for name, sum := range faults {
		requireCaught(t, name, func(data []byte) error { return checkSum(sum, data) })
	}
}

// The order of a Pairwise sum is not judged here, only its error: see FuzzCuts.
func TestBoundIsNotVacuous(t *testing.T) {
	x := make([]float64, 600)
	for i := range x {
		x[i] = 0.1
	}
	require.NoError(t, Judge(reduce.Sequential, ExactSum(x), plainFold(x)))
	require.Error(t, Judge(reduce.Pairwise, ExactSum(x), plainFold(x)), "a left fold is worse than a tree may be")
}
