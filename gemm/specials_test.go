package gemm_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// scalarProduct is SPEC section 4 for one product, by scalars: where alpha is 0
// neither x nor y is read, and where beta is 0 c is not.
func scalarProduct[T gemm.Float](alpha, x, y, beta, c T) T {
	var v T
	if alpha != 0 {
		v = T(alpha * (T(x*y) + 0))
	}
	if beta != 0 {
		if alpha == 0 {
			return T(beta * c)
		}
		v += T(beta * c)
	}
	return v
}

var specials = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -2}

// everyCombination compares x*y with the definition for special operands in all places, and returns
// an error for the first that differs. Where more is set there is a second product, 1*1. The rows of a
// matrix are the x, the columns of another the y.
func everyCombination[T gemm.Float](order reduce.Order, more bool, definition func(alpha T, x, y []T, beta, c T) T) error {
	n, k := len(specials), 1
	if more {
		k = 2
	}
	a, b, out := gemm.NewMatrix[T](n, k), gemm.NewMatrix[T](n, k), gemm.NewMatrix[T](n, n)
	for i, v := range specials {
		a.Row(i)[0], b.Row(i)[0] = T(v), T(v)
		if more {
			a.Row(i)[1], b.Row(i)[1] = 1, 1
		}
	}
	for at := range n * n * n {
		alpha, beta, c := T(specials[at%n]), T(specials[at/n%n]), T(specials[at/n/n])
		for i := range out.Data {
			out.Data[i] = c
		}
		if err := gemm.Gemm(gemm.Options{Order: order}, false, true, alpha, a, b, beta, out); err != nil {
			return err
		}
		for i, got := range out.Data {
			x, y := a.Row(i/n), b.Row(i%n)
			want := kernel.Canonical(definition(alpha, x, y, beta, c))
			if kernel.Bits(got) != kernel.Bits(want) {
				return fmt.Errorf("%v: %v*%v*%v + %v*%v is %v, want %v", order, alpha, x, y, beta, c, got, want)
			}
		}
	}
	return nil
}

// In every order one product is what the scalar definition says, but that Exact has +0 for a value that
// is zero; and two are what the oracle of the order says.
func testSpecials[T gemm.Float](t *testing.T) {
	scalar := func(alpha T, x, y []T, beta, c T) T { return scalarProduct(alpha, x[0], y[0], beta, c) }
	for _, order := range append(ordersFor[T](), reduce.Arrival) {
		require.NoError(t, everyCombination(order, false, func(alpha T, x, y []T, beta, c T) T {
			v := scalar(alpha, x, y, beta, c)
			if v == 0 && order == reduce.Exact && alpha != 0 {
				return 0
			}
			return v
		}))
		oracle := gemm.Options{Order: order}
		if order == reduce.Arrival {
			oracle.Order = reduce.Sequential // of two terms
		}
		require.NoError(t, everyCombination(order, true, func(alpha T, x, y []T, beta, c T) T {
			return element(oracle, alpha, x, y, beta, c)
		}))
	}
	require.Error(t, everyCombination(reduce.Pairwise, false, func(alpha T, x, y []T, beta, c T) T {
		return T(alpha*(T(x[0]*y[0])+0)) + T(beta*c)
	}), "a definition that reads what a zero factor hides")
	require.Error(t, everyCombination(reduce.Exact, false, scalar), "-0 for an exact zero")
}

func TestSpecialsInEveryPlace(t *testing.T) {
	testSpecials[float32](t)
	testSpecials[float64](t)
}

// Beside an infinity the exact beta*C is finite, also where it is more than T holds.
func testInfinityAndOverflow[T gemm.Float](t *testing.T, largest T) {
	inf := T(math.Inf(1))
	for _, e := range []struct{ alpha, x, beta, c, want T }{
		{1, inf, largest, -largest, inf}, {1, -inf, -largest, -largest, -inf}, {-inf, 2, largest, largest, -inf},
		{inf, largest, -largest, 2, inf}, {1, 1, inf, -largest, -inf}, {-largest, largest, 2, inf, inf},
	} {
		for _, b := range []gemm.Matrix[T]{gemm.Dense(1, 1, []T{1}), gemm.Dense(2, 1, []T{1, 0})} {
			a, c := gemm.NewMatrix[T](1, b.Rows), gemm.Dense(1, 1, []T{e.c})
			a.Data[0] = e.x
			require.NoError(t, gemm.Gemm(gemm.Options{Order: reduce.Exact}, false, false, e.alpha, a, b, e.beta, c))
			require.Equal(t, e.want, c.Data[0], "%v*%v*1 + %v*%v", e.alpha, e.x, e.beta, e.c)
		}
	}
}

func TestExactInfinityBesideOverflow(t *testing.T) {
	testInfinityAndOverflow[float32](t, math.MaxFloat32)
	testInfinityAndOverflow[float64](t, math.MaxFloat64)
}

// besideLargest returns an error where Neumaier's product of some terms about the largest number is not his sum of them, branch by branch. Their sums
// are finite, but TwoSum, which needs no branch, is not: 1.5 last places and the largest number make an infinity on the way.
func besideLargest[T gemm.Float](largest, last T, impl product[T]) error {
	for _, first := range []T{-1.5 * last, -3.5 * last, -2.5 * last, 1.5 * last} {
		for _, rest := range [][]T{nil, {-last}, {-largest}, {-largest, 3 * last}, {-largest, largest, -largest}} {
			terms := append([]T{first, largest}, rest...)
			if first > 0 {
				terms[1] = -largest
				for i := range rest {
					terms[2+i] = -rest[i]
				}
			}
			s, c := T(0), T(0)
			for _, x := range terms {
				r := s + x
				if kernel.Abs(s) >= kernel.Abs(x) {
					c += (s - r) + x
				} else {
					c += (x - r) + s
				}
				s = r
			}
			const rows, cols = 3, 37
			a, b, got := gemm.NewMatrix[T](rows, len(terms)), gemm.NewMatrix[T](len(terms), cols), gemm.NewMatrix[T](rows, cols)
			for i := range rows {
				copy(a.Row(i), terms)
			}
			for i := range b.Data {
				b.Data[i] = 1
			}
			if err := impl(gemm.Options{Order: reduce.Neumaier}, false, false, 1, a, b, 0, got); err != nil {
				return err
			}
			for i, v := range got.Data {
				if v != s+c {
					return fmt.Errorf("terms %v: element %d is %v, want %v", terms, i, v, s+c)
				}
			}
		}
	}
	return nil
}

func TestNeumaierBesideTheLargest(t *testing.T) {
	for _, backend := range kernel.Backends() {
		restore := kernel.Use(backend)
		require.NoError(t, besideLargest(math.MaxFloat32, 0x1p104, gemm.Gemm[float32]), backend)
		require.NoError(t, besideLargest(math.MaxFloat64, 0x1p971, gemm.Gemm[float64]), backend)
		restore()
	}
	require.Error(t, besideLargest(math.MaxFloat64, 0x1p971, instead[float64](func(o gemm.Options) gemm.Options {
		o.Order = reduce.DoubleDouble
		return o
	})), "without branches")
}
