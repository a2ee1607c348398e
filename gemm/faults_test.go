package gemm_test

import (
	"math"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// instead is Gemm in the order that swap makes of the one asked for.
func instead[T gemm.Float](swap func(o gemm.Options) gemm.Options) product[T] {
	return func(o gemm.Options, transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) error {
		return gemm.Gemm(swap(o), transA, transB, alpha, a, b, beta, c)
	}
}

// elementwise is a product whose elements are evaluated by f.
func elementwise[T gemm.Float](f func(o gemm.Options, alpha T, x, y []T, beta, c T) T) product[T] {
	return func(o gemm.Options, transA, transB bool, alpha T, a, b gemm.Matrix[T], beta T, c gemm.Matrix[T]) error {
		for i := range c.Rows {
			x := column(a, !transA, i)
			for j := range c.Row(i) {
				c.Row(i)[j] = f(o, alpha, x, column(b, transB, j), beta, c.Row(i)[j])
			}
		}
		return nil
	}
}

// The checks must catch what they are there for.
func TestChecksCatchFaults(t *testing.T) {
	require.NoError(t, sweep(elementwise(element[float32]), ordersFor[float32]()))
	faults := map[string]product[float32]{
		"leaf one term too long": instead[float32](func(o gemm.Options) gemm.Options {
			o.Order = o.Order.WithLeaf(o.Order.Leaf() + 1)
			return o
		}),
		"the other tree": instead[float32](func(o gemm.Options) gemm.Options {
			o.Growing = !o.Growing
			return o
		}),
		"another seed": instead[float32](func(o gemm.Options) gemm.Options {
			if o.Order.Kind() == reduce.KindShuffled {
				o.Order = reduce.Shuffled(o.Order.Seed() + 1)
			}
			return o
		}),
		"fused finish": elementwise(func(o gemm.Options, alpha float32, x, y []float32, beta, c float32) float32 {
			if alpha == 0 || beta == 0 || len(x) == 0 || o.Order.Kind() == reduce.KindExact {
				return element(o, alpha, x, y, beta, c)
			}
			return fma(alpha, element(o, 1, x, y, 0, 0), float32(beta*c))
		}),
		"zero multipliers skipped": elementwise(func(o gemm.Options, alpha float32, x, y []float32, beta, c float32) float32 {
			var sx, sy []float32
			for k := range x {
				if x[k] != 0 {
					sx, sy = append(sx, x[k]), append(sy, y[k])
				} else {
					sx, sy = append(sx, 0), append(sy, 0)
				}
			}
			return element(o, alpha, sx, sy, beta, c)
		}),
		"beta = 0 reads C": elementwise(func(o gemm.Options, alpha float32, x, y []float32, beta, c float32) float32 {
			return element(o, alpha, x, y, beta, c) + float32(beta*c)*0
		}),
		"gaps overwritten": func(o gemm.Options, transA, transB bool, alpha float32, a, b gemm.Matrix[float32], beta float32, c gemm.Matrix[float32]) error {
			err := gemm.Gemm(o, transA, transB, alpha, a, b, beta, c)
			if c.Stride > c.Cols && c.Rows > 1 {
				c.Data[c.Cols] = 0
			}
			return err
		},
	}
	for from, to := range map[reduce.Order]reduce.Order{
		reduce.DoubleDouble: reduce.Pairwise, reduce.Kahan: reduce.Sequential, reduce.Neumaier: reduce.Kahan,
		reduce.Widened: reduce.DoubleDouble, reduce.Exact: reduce.Widened, reduce.Binned: reduce.BinnedFold(2), reduce.Pairwise: reduce.Sequential,
	} {
		faults[to.String()+" for "+from.String()] = instead[float32](func(o gemm.Options) gemm.Options {
			if o.Order.Kind() == from.Kind() {
				o.Order = to.WithLeaf(o.Order.Leaf())
			}
			return o
		})
	}
	for name, fault := range faults {
		require.Error(t, sweep(fault, ordersFor[float32]()), name)
	}
}

// twiceRounded is the order Sequential with each FMA rounded to float64 first.
func twiceRounded(o gemm.Options, alpha float32, x, y []float32, beta, c float32) float32 {
	s := float32(0)
	for k := range x {
		s = float32(math.FMA(float64(x[k]), float64(y[k]), float64(s)))
	}
	return s
}

// checkFMA checks 4097*4097 + 2^-30, which is just above a midpoint of float32.
func checkFMA(impl product[float32]) error {
	for _, order := range []reduce.Order{reduce.Sequential, reduce.Pairwise} {
		c := gemm.NewMatrix[float32](1, 1)
		a, b := gemm.Dense(1, 2, []float32{0x1p-15, 4097}), gemm.Dense(2, 1, []float32{0x1p-15, 4097})
		if err := impl(gemm.Options{Order: order}, false, false, 1, a, b, 0, c); err != nil {
			return err
		}
		if err := sameBits([]float32{16785410}, c.Data, order.String()); err != nil {
			return err
		}
	}
	return nil
}

func TestFMARoundsOnce(t *testing.T) {
	require.NoError(t, checkFMA(gemm.Gemm[float32]))
	require.Error(t, checkFMA(elementwise(twiceRounded)))
}
