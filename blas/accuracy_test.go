package blas_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// backwardError is the largest |b - A*x| of an element over (|A|*|x| + |b|), in units u, A being
// lower triangular.
func backwardError[T kernel.Float](a, x, b []T, n int) (worst float64) {
	for i := range n {
		r, size := exactly(b[i]), math.Abs(float64(b[i]))
		for k := range i + 1 {
			p := new(big.Float).Mul(exactly(a[i*n+k]), exactly(x[k]))
			r.Sub(r, p)
			size += math.Abs(float64(a[i*n+k]) * float64(x[k]))
		}
		e, _ := r.Float64()
		worst = max(worst, math.Abs(e)/size/unitRoundoff[T]())
	}
	return worst
}

// The residual of a solver is within the bound of its contraction and 3 roundings more, to first
// order (Higham, Accuracy and Stability, 8.1): with 5 leaves of 32, 32 + 3 + 3 of them.
func testSolverAccuracy[T kernel.Float](t *testing.T) {
	const n = 150
	lib := newLibrary[T](blas.Implementation{Order: reduce.Pairwise})
	rng := rand.New(rand.NewPCG(5, 6))
	a, b := make([]T, n*n), make([]T, n)
	for i := range n {
		b[i] = T(plain(rng))
		for k := range i + 1 {
			a[i*n+k] = T(plain(rng))
		}
		a[i*n+i] += 3 // or the solution would overflow
	}
	x := append([]T(nil), b...)
	lib.Trsm(gonum.Left, gonum.Lower, gonum.NoTrans, gonum.NonUnit, n, 1, 1, a, n, x, 1)
	require.LessOrEqual(t, backwardError(a, x, b, n), 38.0)
	for i := range a {
		a[i] = T(float64(a[i]) * (1 + 1000*unitRoundoff[T]()))
	}
	require.Greater(t, backwardError(a, x, b, n), 38.0, "the check sees a change of A")
}

func TestSolverAccuracy(t *testing.T) {
	t.Run("float32", testSolverAccuracy[float32])
	t.Run("float64", testSolverAccuracy[float64])
}
