package blas_test

import (
	"math"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// A sum of products that underflowed to -0 counts as +0.
func TestUnderflowedSums(t *testing.T) {
	t.Run("float32", testUnderflowedSums[float32])
	t.Run("float64", testUnderflowedSums[float64])
}

func testUnderflowedSums[T kernel.Float](t *testing.T) {
	l := newLibrary[T](blas.Implementation{Order: reduce.Pairwise})
	tiny := T(0x1p-100)
	if kernel.Is64[T]() {
		tiny = T(float64(0x1p-300) * float64(0x1p-300))
	}
	zero := T(math.Copysign(0, -1))
	a := []T{-tiny, -tiny, -tiny, -tiny}
	for _, trans := range []gonum.Transpose{gonum.NoTrans, gonum.Trans} {
		y := []T{7, 7}
		l.Gemv(trans, 2, 2, 1, a, 2, []T{tiny, tiny}, 1, 0, y, 1)
		require.Equal(t, [2]uint64{}, [2]uint64{kernel.Bits(y[0]), kernel.Bits(y[1])}, "gemv")
		c := []T{7, 7, 7, 7}
		l.Gemm(gonum.NoTrans, trans, 2, 2, 2, 1, a, 2, []T{tiny, tiny, tiny, tiny}, 2, 0, c, 2)
		for _, v := range c {
			require.Zero(t, kernel.Bits(v), "gemm")
		}
		for _, ul := range []gonum.Uplo{gonum.Upper, gonum.Lower} {
			first, last := 0, 1
			if (ul == gonum.Upper) == (trans == gonum.NoTrans) {
				first, last = 1, 0
			}
			x := make([]T, 2)
			x[first], x[last] = tiny, zero
			l.Trsv(ul, trans, gonum.Unit, 2, a, 2, x, 1)
			require.Equal(t, kernel.Bits(zero), kernel.Bits(x[last]), "trsv: -0 less a sum of +0")
			x[first], x[last] = tiny, zero
			l.Trmv(ul, trans, gonum.Unit, 2, a, 2, x, 1)
			require.Zero(t, kernel.Bits(x[last]), "trmv")
		}
	}
}
