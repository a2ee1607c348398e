package blas_test

import (
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// What needs no product by gemm allocates nothing once its scratch is there.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("a sync.Pool forgets, at random")
	}
	const n = 100
	impl := blas.Implementation{Order: reduce.Pairwise}
	x, y, a := make([]float64, 2*n), make([]float64, 2*n), make([]float64, n*n)
	for name, f := range map[string]func(){
		"dot":             func() { impl.Ddot(n, x, 1, y, 1) },
		"dot, backwards":  func() { impl.Ddot(n, x, -2, y, 1) },
		"nrm2":            func() { impl.Dnrm2(n, x, 1) },
		"asum":            func() { impl.Dasum(n, x, 1) },
		"axpy":            func() { impl.Daxpy(n, 2, x, 2, y, -1) },
		"rot":             func() { impl.Drot(n, x, 2, y, -1, 0.6, 0.8) },
		"ger":             func() { impl.Dger(n, n, 1, x, 1, y, 2, a, n) },
		"syr2":            func() { impl.Dsyr2(gonum.Upper, n, 1, x, 1, y, 2, a, n) },
		"trmv":            func() { impl.Dtrmv(gonum.Upper, gonum.Trans, gonum.Unit, n, a, n, x, 1) },
		"tpsv":            func() { impl.Dtpsv(gonum.Lower, gonum.NoTrans, gonum.Unit, n, a, x, 1) },
		"trmm":            func() { impl.Dtrmm(gonum.Right, gonum.Upper, gonum.Trans, gonum.Unit, 8, 8, 1, a, n, x, 8) },
		"trsm":            func() { impl.Dtrsm(gonum.Left, gonum.Lower, gonum.NoTrans, gonum.NonUnit, 8, 8, 1, a, n, x, 8) },
		"syrk":            func() { impl.Dsyrk(gonum.Upper, gonum.NoTrans, 8, 8, 1, a, n, 1, x, 8) },
		"gbmv":            func() { impl.Dgbmv(gonum.NoTrans, n, n, 2, 3, 1, a, n, x, 1, 0, y, 1) },
		"rotmg, and rotm": func() { p, _, _, _ := impl.Drotmg(1, 2, 3, 4); impl.Drotm(n, x, 1, y, 1, p) },
	} {
		require.Zero(t, testing.AllocsPerRun(50, f), name)
	}
}
