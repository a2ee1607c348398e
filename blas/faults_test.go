package blas_test

import (
	"slices"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// evaluated has the definitions use another evaluator.
func evaluated(f func(e evaluator[float64]) evaluator[float64]) func(p *problem[float64]) {
	return func(p *problem[float64]) { p.element = f(p.element) }
}

// The definitions must tell apart what is only nearly right.
func TestDefinitionsCatchFaults(t *testing.T) {
	faults := map[string]func(p *problem[float64]){
		"another leaf": func(p *problem[float64]) {
			p.lib = newLibrary[float64](blas.Implementation{Order: p.impl.Order.WithLeaf(p.impl.Order.Leaf() + 1)})
		},
		"the other tree": evaluated(func(e evaluator[float64]) evaluator[float64] {
			return func(o reduce.Order, growing bool, alpha float64, a, x []float64, beta, c float64) float64 {
				return e(o, !growing, alpha, a, x, beta, c)
			}
		}),
		"terms in the other order": evaluated(func(e evaluator[float64]) evaluator[float64] {
			return func(o reduce.Order, growing bool, alpha float64, a, x []float64, beta, c float64) float64 {
				return e(o, growing, alpha, reversed(a), reversed(x), beta, c)
			}
		}),
		"zeros left out": evaluated(func(e evaluator[float64]) evaluator[float64] {
			return func(o reduce.Order, growing bool, alpha float64, a, x []float64, beta, c float64) float64 {
				b := make([]float64, len(x))
				for k := range a {
					if x[k] != 0 {
						b[k] = a[k]
					}
				}
				return e(o, growing, alpha, b, x, beta, c)
			}
		}),
		"beta = 0 reads": evaluated(func(e evaluator[float64]) evaluator[float64] {
			return func(o reduce.Order, growing bool, alpha float64, a, x []float64, beta, c float64) float64 {
				return kernel.Canonical(e(o, growing, alpha, a, x, beta, c) + float64(0*float64(beta*c)))
			}
		}),
		"a NaN of its own": evaluated(func(e evaluator[float64]) evaluator[float64] {
			return func(o reduce.Order, growing bool, alpha float64, a, x []float64, beta, c float64) float64 {
				if v := e(o, growing, alpha, a, x, beta, c); v == v {
					return v
				}
				return guard[float64]()
			}
		}),
	}
	for name, fault := range faults {
		require.Error(t, faulty(fault), name)
	}
}

func faulty(fault func(p *problem[float64])) error {
	large := problem[float64]{value: plain, sizes: []int{2, 33, 40}, element: element[float64]}
	if err := sweep(60, large, []reduce.Order{reduce.Pairwise.WithLeaf(3)}, fault); err != nil {
		return err
	}
	small := problem[float64]{value: special, sizes: []int{2, 5}, element: element[float64]}
	return sweep(100, small, []reduce.Order{reduce.Pairwise}, fault)
}

func reversed(x []float64) (r []float64) {
	for i := range x {
		r = append(r, x[len(x)-1-i])
	}
	return r
}

// The definitions must catch a fault in a routine, too.
func TestDefinitionsCatchFaultyRoutines(t *testing.T) {
	faults := map[string]func(l *library[float64]){
		"reciprocal of the diagonal": func(l *library[float64]) {
			trsm := l.Trsm
			l.Trsm = func(s gonum.Side, ul gonum.Uplo, t gonum.Transpose, d gonum.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
				tip := tip(ul, t, m)[0]
				row := slices.Clone(b[tip*ldb:][:n])
				trsm(s, ul, t, d, m, n, alpha, a, lda, b, ldb)
				if s == gonum.Left && d == gonum.NonUnit && alpha != 0 {
					for j, v := range row {
						b[tip*ldb+j] = kernel.Canonical(float64(alpha*v) * (1 / a[tip*lda+tip]))
					}
				}
			}
		},
		"x and y exchanged": func(l *library[float64]) {
			syr2 := l.Syr2
			l.Syr2 = func(ul gonum.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
				syr2(ul, n, alpha, y, incY, x, incX, a, lda)
			}
		},
		"a gap overwritten": func(l *library[float64]) {
			ger := l.Ger
			l.Ger = func(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
				ger(m, n, alpha, x, incX, y, incY, a, lda)
				if m > 1 && lda > n {
					a[n] = 0
				}
			}
		},
		"the other triangle written": func(l *library[float64]) {
			syrk := l.Syrk
			l.Syrk = func(ul gonum.Uplo, t gonum.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
				syrk(ul, t, n, k, alpha, a, lda, beta, c, ldc)
				if n > 1 {
					c[1], c[ldc] = c[1]+c[ldc], c[1]+c[ldc]
				}
			}
		},
		"gonum's own": func(l *library[float64]) { *l = *library64(gonumImplementation{}) },
	}
	for name, fault := range faults {
		require.Error(t, faulty(func(p *problem[float64]) { fault(p.lib) }), name)
	}
}
