package blas_test

import (
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// What of gonum/mat calls no BLAS, as the package comment says, and what does. A sum of these
// terms that is rounded more than once is 1, whatever the order.
func TestWhatGonumAddsUpItself(t *testing.T) {
	use(t, blas.Implementation{Order: reduce.Exact})
	x, y := mat.NewVecDense(3, []float64{1, 0x1p-53, 0x1p-106}), mat.NewVecDense(3, []float64{1, 1, 1})
	row, identity := mat.NewDense(1, 3, x.RawVector().Data), mat.NewDiagDense(3, []float64{1, 1, 1})

	const exact = 1 + 0x1p-52
	require.Equal(t, exact, mat.Dot(x, y))
	var v mat.VecDense
	v.MulVec(row, y)
	require.Equal(t, exact, v.AtVec(0))
	var m mat.Dense
	m.Mul(row, y)
	require.Equal(t, exact, m.At(0, 0))

	const notOurs = "gonum calls BLAS: the package comment and README.md say that it does not"
	require.Equal(t, 1.0, mat.Inner(x, mat.DenseCopyOf(identity), y), notOurs)
	v.Reset()
	v.MulVec(x.T(), y)
	require.Equal(t, 1.0, v.AtVec(0), notOurs)
	m.Reset()
	m.Mul(x.T(), y)
	require.Equal(t, 1.0, m.At(0, 0), notOurs)
}
