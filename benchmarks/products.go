package benchmarks

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/jsonfloat"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/blas"
	native "gonum.org/v1/gonum/blas/gonum"
)

// ProductContender is one way to multiply matrices: Multiply sets c = a*b, row-major and
// without gaps, a being m x k and b k x n.
type ProductContender[T reduce.Float] struct {
	Name     string
	Multiply func(m, n, k int, a, b, c []T)
}

// ProductContenders returns every order that applies to T, on that many goroutines, and
// gonum.
func ProductContenders[T reduce.Float](seed uint64, threads int) []ProductContender[T] {
	var all []ProductContender[T]
	for _, o := range reduce.Orders(seed) {
		if reduce.Check[T](o) != nil {
			continue
		}
		options := gemm.Options{Order: o, Threads: threads}
		all = append(all, ProductContender[T]{o.Kind().String(), func(m, n, k int, a, b, c []T) {
			if err := gemm.Gemm(options, false, false, 1, gemm.Dense(m, k, a), gemm.Dense(k, n, b), 0, gemm.Dense(m, n, c)); err != nil {
				panic(err) // the shapes are made here
			}
		}})
	}
	return append(all, ProductContender[T]{"gonum", gonumProduct[T]})
}

// gonumProduct is gonum's GEMM, which uses as many goroutines as the scheduler has processors.
func gonumProduct[T reduce.Float](m, n, k int, a, b, c []T) {
	if kernel.Is64[T]() {
		native.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, kernel.As[float64](a), k, kernel.As[float64](b), n, 0, kernel.As[float64](c), n)
	} else {
		native.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, kernel.As[float32](a), k, kernel.As[float32](b), n, 0, kernel.As[float32](c), n)
	}
}

// ProductConditions returns the condition numbers that the elements of products are made
// with.
func ProductConditions[T reduce.Float]() []float64 {
	if kernel.Is64[T]() {
		return []float64{1, 1e4, 1e8, 1e12, 1e16, 1e24, 1e32}
	}
	return []float64{1, 1e2, 1e4, 1e6, 1e8, 1e12, 1e16}
}

// ModerateCondition is the condition number up to which errors are set against speed: half
// the digits of an element may be lost.
func ModerateCondition[T reduce.Float]() float64 {
	if kernel.Is64[T]() {
		return 1e8
	}
	return 1e4
}

// Ulps returns |computed - exact| in units in the last place of T at exact, which is not
// zero: infinite where computed is not finite.
func Ulps[T reduce.Float](computed T, exact *big.Float) float64 {
	if !kernel.IsFinite(computed) {
		return math.Inf(1)
	}
	precision, least := 24, -149
	if kernel.Is64[T]() {
		precision, least = 53, -1074
	}
	ulp := max(exact.MantExp(nil)-precision, least)
	e := new(big.Float).SetPrec(64).Sub(big.NewFloat(float64(computed)), exact)
	v, _ := e.Abs(e.SetMantExp(e, -ulp)).Float64()
	return v
}

// ProductErrors returns the largest error of each contender in ulps, [contender][terms]
// [condition], over as many elements of products as there are trials. The elements are those
// on the diagonal of a product of trials x trials: row i and column i are a dot product of
// that many terms and of that condition number (see Conditioned). After each product's worth
// of data it calls done.
func ProductErrors[T reduce.Float](ctx context.Context, contenders []ProductContender[T], terms []int, conditions []float64, trials int, seed uint64, done func()) ([][][]float64, error) {
	errors := make([][][]float64, len(contenders))
	for i := range errors {
		errors[i] = make([][]float64, len(terms))
		for j := range terms {
			errors[i][j] = make([]float64, len(conditions))
		}
	}
	for j, k := range terms {
		for l, condition := range conditions {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			a, b, exact := conditionedProduct[T](trials, k, condition, seed)
			c := make([]T, trials*trials)
			for i, contender := range contenders {
				contender.Multiply(trials, trials, k, a, b, c)
				for t, v := range exact {
					errors[i][j][l] = max(errors[i][j][l], Ulps(c[t*trials+t], v))
				}
			}
			done()
		}
	}
	return errors, nil
}

// conditionedProduct returns a of n x k and b of k x n, and the exact values on the diagonal
// of their product.
func conditionedProduct[T reduce.Float](n, k int, condition float64, seed uint64) (a, b []T, exact []*big.Float) {
	a, b = make([]T, n*k), make([]T, k*n)
	for t := range n {
		d := Conditioned[T](Dot, k, condition, seed+uint64(t))
		copy(a[t*k:], d.X)
		for i, v := range d.Y {
			b[i*n+t] = v
		}
		exact = append(exact, d.Exact)
	}
	return a, b, exact
}

// ProductOptions say what to measure.
type ProductOptions struct {
	Terms   []int // of the products whose errors are measured, each MinTerms or more
	Sizes   []int // n of the products of n x n that are timed
	Time    time.Duration
	Trials  int
	Rounds  int
	Threads int // what the contenders use, for the report
	Seed    uint64
}

// ProductReport is what MeasureProducts measured. Its JSON field names are stable.
type ProductReport struct {
	Spec       int             `json:"spec"`
	Go         string          `json:"go"`
	Target     string          `json:"target"`
	Op         string          `json:"op"`
	Type       string          `json:"type"`
	Seed       uint64          `json:"seed"`
	Threads    int             `json:"threads"`
	Rounds     int             `json:"rounds"`
	Trials     int             `json:"trials"`
	Terms      []int           `json:"terms"`
	Conditions []Number        `json:"conditions"`
	Moderate   Number          `json:"moderate"`
	Contenders []ProductResult `json:"contenders"`
}

// ProductResult is what a contender does: its largest errors in ulps, for each number of
// terms and condition number, the largest of those up to the moderate condition number,
// and its speed.
type ProductResult struct {
	Order  string         `json:"order"`
	Ulps   [][]Number     `json:"ulps"`
	Worst  Number         `json:"worst_ulps"`
	Speeds []ProductSpeed `json:"speed"`
}

// ProductSpeed is the speed of a product of n x n by n x n, by the least and the median time
// of the rounds.
type ProductSpeed struct {
	N       int    `json:"n"`
	GFlops  Number `json:"gflop_per_second"`
	Median  Number `json:"median_gflop_per_second"`
	Related Number `json:"ratio"` // of the least time of pairwise, or the first contender, to this
}

// ProductSteps returns how often MeasureProducts calls done.
func ProductSteps[T reduce.Float](o ProductOptions, contenders int) int {
	return len(o.Terms)*len(ProductConditions[T]()) + len(o.Sizes)*contenders*(o.Rounds+1)
}

// MeasureProducts measures the errors of the contenders and then, in turn in each of the
// rounds, their times.
func MeasureProducts[T reduce.Float](ctx context.Context, contenders []ProductContender[T], o ProductOptions, done func()) (*ProductReport, error) {
	conditions := ProductConditions[T]()
	errors, err := ProductErrors(ctx, contenders, o.Terms, conditions, o.Trials, o.Seed, done)
	if err != nil {
		return nil, err
	}
	r := &ProductReport{
		Spec: spec.Version, Go: runtime.Version(), Target: runtime.GOOS + "/" + runtime.GOARCH,
		Op: "gemm", Type: TypeName[T](), Seed: o.Seed, Threads: o.Threads, Rounds: o.Rounds, Trials: o.Trials, Terms: o.Terms,
		Conditions: jsonfloat.Numbers(conditions), Moderate: Number(ModerateCondition[T]()),
	}
	for i, c := range contenders {
		result := ProductResult{Order: c.Name}
		for _, ulps := range errors[i] {
			result.Ulps = append(result.Ulps, jsonfloat.Numbers(ulps))
			for l, v := range ulps {
				if conditions[l] <= ModerateCondition[T]() {
					result.Worst = max(result.Worst, Number(v))
				}
			}
		}
		r.Contenders = append(r.Contenders, result)
	}
	for _, n := range o.Sizes {
		if err := timeProducts(ctx, contenders, n, o, r, done); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// timeProducts adds the speeds at one size to the report.
func timeProducts[T reduce.Float](ctx context.Context, contenders []ProductContender[T], n int, o ProductOptions, r *ProductReport, done func()) error {
	c := make([]T, n*n)
	var repeated []Contender[T]
	for _, contender := range contenders {
		repeated = append(repeated, Contender[T]{contender.Name, func(x, y []T, times int) T {
			for range times {
				contender.Multiply(n, n, n, x, y, c)
			}
			return c[0]
		}})
	}
	timings, err := Alternate(ctx, repeated, Random[T](n*n, o.Seed), Random[T](n*n, o.Seed+1), o.Time/time.Duration(len(o.Sizes)), o.Rounds, done)
	if err != nil {
		return fmt.Errorf("products of %d: %w", n, err)
	}
	base := 0
	for i, c := range contenders {
		if c.Name == reduce.Pairwise.Kind().String() {
			base = i
		}
	}
	work := 2 * float64(n) * float64(n) * float64(n)
	for i, t := range timings {
		r.Contenders[i].Speeds = append(r.Contenders[i].Speeds, ProductSpeed{
			N: n, GFlops: Number(work / t.Least), Median: Number(work / t.Median), Related: Number(timings[base].Least / t.Least),
		})
	}
	return nil
}
