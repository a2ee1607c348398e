package blas_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/reduce"
	gonum "gonum.org/v1/gonum/blas"
)

// BenchmarkRoutines measures ours in Pairwise beside gonum's own, in float64.
func BenchmarkRoutines(b *testing.B) {
	libraries := map[string]*library[float64]{
		"ours":  library64(blas.Implementation{Order: reduce.Pairwise}),
		"gonum": library64(gonumImplementation{}),
	}
	for _, n := range []int{8, 64, 256, 1024} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		a, m, c, x := randomSlice(rng, n*n), randomSlice(rng, n*n), randomSlice(rng, n*n), randomSlice(rng, n)
		for i := range n {
			a[i*n+i] += float64(n)
		}
		y := append([]float64(nil), x...)
		for _, name := range []string{"ours", "gonum"} {
			l := libraries[name]
			routines := map[string]func(){
				"dot":   func() { l.Dot(n, x, 1, y, 1) },
				"gemv":  func() { l.Gemv(gonum.NoTrans, n, n, 1, a, n, x, 1, 0, y, 1) },
				"ger":   func() { l.Ger(n, n, 1e-9, x, 1, y, 1, c, n) },
				"axpy":  func() { l.Axpy(n, 1e-9, x, 1, y, 1) },
				"scal":  func() { l.Scal(n, 1, y, 1) },
				"gemvT": func() { l.Gemv(gonum.Trans, n, n, 1, a, n, x, 1, 0, y, 1) },
				"trmv":  func() { copy(y, x); l.Trmv(gonum.Upper, gonum.NoTrans, gonum.NonUnit, n, a, n, y, 1) },
				"trsvT": func() { copy(y, x); l.Trsv(gonum.Upper, gonum.Trans, gonum.NonUnit, n, a, n, y, 1) },
				"syr2":  func() { l.Syr2(gonum.Upper, n, 1e-9, x, 1, y, 1, c, n) },
				"rot":   func() { l.Rot(n, x, 1, y, 1, 0.6, 0.8) },
				"trsv":  func() { copy(y, x); l.Trsv(gonum.Lower, gonum.NoTrans, gonum.NonUnit, n, a, n, y, 1) },
				"gemm":  func() { l.Gemm(gonum.NoTrans, gonum.NoTrans, n, n, n, 1, a, n, m, n, 0, c, n) },
				"symm":  func() { l.Symm(gonum.Left, gonum.Upper, n, n, 1, a, n, m, n, 0, c, n) },
				"syrk":  func() { l.Syrk(gonum.Upper, gonum.NoTrans, n, n, 1, m, n, 0, c, n) },
				"trmm": func() {
					copy(c, m)
					l.Trmm(gonum.Left, gonum.Upper, gonum.NoTrans, gonum.NonUnit, n, n, 1, a, n, c, n)
				},
				"trsm": func() {
					copy(c, m)
					l.Trsm(gonum.Left, gonum.Upper, gonum.NoTrans, gonum.NonUnit, n, n, 1, a, n, c, n)
				},
			}
			for routine, f := range routines {
				b.Run(fmt.Sprintf("routine=%s/n=%d/impl=%s", routine, n, name), func(b *testing.B) {
					for b.Loop() {
						f()
					}
				})
			}
		}
	}
}

func randomSlice(rng *rand.Rand, n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = plain(rng)
	}
	return s
}
