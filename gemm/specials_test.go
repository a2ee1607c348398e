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

// everyCombination compares one product with the definition for special operands
// in all places, and returns an error for the first that differs.
func everyCombination[T gemm.Float](t *testing.T, order reduce.Order, definition func(alpha, x, y, beta, c T) T) error {
	values := []T{T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)), 0, T(math.Copysign(0, -1)), 1, -2}
	for _, alpha := range values {
		for _, x := range values {
			for _, y := range values {
				for _, beta := range values {
					for _, c := range values {
						want := definition(alpha, x, y, beta, c)
						if want != want {
							want = kernel.NaN[T]()
						}
						got := dot(t, order, alpha, []T{x}, []T{y}, beta, c)
						if kernel.Bits(got) != kernel.Bits(want) {
							return fmt.Errorf("%v: %v*%v*%v + %v*%v is %v, want %v", order, alpha, x, y, beta, c, got, want)
						}
					}
				}
			}
		}
	}
	return nil
}

func testSpecials[T gemm.Float](t *testing.T) {
	for _, order := range []reduce.Order{reduce.Sequential, reduce.Pairwise} {
		require.NoError(t, everyCombination(t, order, scalarProduct[T]))
		require.Error(t, everyCombination(t, order, func(alpha, x, y, beta, c T) T {
			return T(alpha*(T(x*y)+0)) + T(beta*c)
		}), "a definition that reads what a zero factor hides")
	}
}

func TestSpecialsInEveryPlace(t *testing.T) {
	testSpecials[float32](t)
	testSpecials[float64](t)
}
