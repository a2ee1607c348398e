package blas_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// Operands may be parts of one matrix, as they are in LAPACK, or even the result itself: they are
// read before that is written. Every call is compared with one whose operands are copies.
func TestOperandsOfOneMatrix(t *testing.T) {
	const n, ld = 40, 130
	lib := library64(blas.Implementation{Order: reduce.Pairwise, Threads: 3})
	calls := map[string]func(a, b, c []float64){
		"gemm": func(a, b, c []float64) {
			lib.Gemm(gonum.NoTrans, gonum.Trans, n, n, n, -1, a, ld, b, ld, 0.5, c, ld)
		},
		"symm":  func(a, b, c []float64) { lib.Symm(gonum.Right, gonum.Upper, n, n, 1, a, ld, b, ld, 0.5, c, ld) },
		"syrk":  func(a, _, c []float64) { lib.Syrk(gonum.Lower, gonum.Trans, n, n, 1, a, ld, 2, c, ld) },
		"syr2k": func(a, b, c []float64) { lib.Syr2k(gonum.Upper, gonum.NoTrans, n, n, 1, a, ld, b, ld, 1, c, ld) },
		"trmm": func(a, _, c []float64) {
			lib.Trmm(gonum.Right, gonum.Upper, gonum.Trans, gonum.NonUnit, n, n, 1, a, ld, c, ld)
		},
		"trsm": func(a, _, c []float64) {
			lib.Trsm(gonum.Left, gonum.Lower, gonum.NoTrans, gonum.Unit, n, n, 1, a, ld, c, ld)
		},
		"gemv": func(a, b, c []float64) { lib.Gemv(gonum.Trans, n, n, 1, a, ld, b, ld, 0.5, c, ld) },
		"ger":  func(a, b, c []float64) { lib.Ger(n, n, 1, a, ld, b, 1, c, ld) },
		"syr2": func(a, b, c []float64) { lib.Syr2(gonum.Upper, n, 1, a, 1, b, ld, c, ld) },
		"trsv": func(a, _, c []float64) { lib.Trsv(gonum.Upper, gonum.NoTrans, gonum.Unit, n, a, ld, c, ld) },
	}
	for name, call := range calls {
		for _, at := range [][3]int{{0, 40, 80}, {80, 0, 40}, {40*ld + 3, 7, 9}, {0, 0, 0}, {5, 6, 5}} {
			all := randomSlice(rand.New(rand.NewPCG(8, 9)), 90*ld)
			want := slices.Clone(all)
			call(slices.Clone(all)[at[0]:], slices.Clone(all)[at[1]:], want[at[2]:])
			call(all[at[0]:], all[at[1]:], all[at[2]:])
			require.NoError(t, (&problem[float64]{}).same(fmt.Sprint(name, at), all, want))
		}
	}
}

// The vectors of ger may be rows of its matrix: they are read before it is written.
func TestGerOfItsOwnRows(t *testing.T) {
	const n = 5
	a := make([]float64, n*n)
	for i := range a {
		a[i] = float64(i%7) - 2.5
	}
	want := append([]float64(nil), a...)
	for i := range n {
		for j := range n {
			want[i*n+j] += float64(3 * (a[n+i] * a[2*n+j])) // exact
		}
	}
	blas.Implementation{Order: reduce.Pairwise}.Dger(n, n, 3, a[n:], 1, a[2*n:], 1, a, n)
	require.Equal(t, want, a)
}
