package reduce

import (
	"fmt"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
)

// Mean returns the arithmetic mean of x in the given order: Sum(order, x) / n, with
// n = len(x) as a T. It is the canonical NaN for no elements. Its error is that of
// Sum divided by n, and 2u relatively; where the sum overflows, so does the mean.
//
// Exact gives the correctly rounded mean: the exact sum divided by n, rounded
// once. It overflows nowhere; it allocates. Mean panics if the order does not
// apply to T (see Check).
func Mean[T Float](order Order, x []T) T { return whole(x).Mean(order) }

// Mean is the function Mean over the elements of v.
func (v Vector[T]) Mean(order Order) T {
	mustCheck[T](order)
	v.mustFit()
	if order.kind == KindExact && v.N > 0 {
		return meanExact[T](stream[T]{x: v}.exact(), v.N)
	}
	return kernel.Canonical(v.Sum(order) / T(v.N))
}

// Variance returns the variance of x in the given order: the sum of the squared
// distances from the mean, divided by n - ddof, with n = len(x). ddof is 0 for the
// variance of a population, 1 for the unbiased estimate from a sample (as NumPy
// has it). The result is never negative. It is the canonical NaN where n - ddof <
// 1, or where an element is infinite or a NaN.
//
// The algorithm is the corrected two-pass one (Chan, Golub and LeVeque, 1983,
// "Algorithms for computing the sample variance: analysis and recommendations"),
// every operation rounded:
//
//	m    = Mean(order, x)
//	d[i] = x[i] - m
//	v    = SumSquares(order, d) - Sum(order, d)²/n,  +0 if that is negative
//	v / (n - ddof)
//
// With κ² the sum of x[i]² divided by that of the squared distances, its relative
// error is about n u + n³ κ² u³ under Sequential and log2(n) u + log2(n)³ κ² u³
// under Pairwise (table 1 there). Where the sum or a square overflows the result
// is infinite or NaN.
//
// Exact gives the correctly rounded variance, (n Σx² - (Σx)²) / (n (n - ddof)) of
// the exact sums: one rounding, and no overflow on the way.
//
// Its cost is that of two Sums and a SumSquares; Exact reads x twice and allocates.
// It panics if ddof is negative, or if the order does not apply to T (see Check).
func Variance[T Float](order Order, x []T, ddof int) T { return whole(x).Variance(order, ddof) }

// Variance is the function Variance over the elements of v.
func (v Vector[T]) Variance(order Order, ddof int) T {
	mustCheck[T](order)
	v.mustFit()
	if ddof < 0 {
		panic(fmt.Sprintf("reduce: variance with %d degrees of freedom taken off: want 0 or more", ddof))
	}
	switch {
	case v.N-ddof < 1:
		return kernel.NaN[T]()
	case order.kind == KindExact:
		return varianceExact[T](stream[T]{x: v}.exact(), stream[T]{x: v, kind: squareTerms}.exact(), v.N, ddof)
	}
	distances := mapping[T]{kind: centred, a: v.Mean(order)}
	q := stream[T]{x: v, f: distances, kind: squareTerms}.sum(order)
	s := stream[T]{x: v, f: distances}.sum(order)
	d := q - T(s*s)/T(v.N)
	if d < 0 {
		d = 0
	}
	return kernel.Canonical(d / T(v.N-ddof))
}

// meanExact returns the sum divided by n, rounded once.
func meanExact[T Float](a *Superaccumulator, n int) T {
	sum, err := a.Int()
	if err != nil || sum.Sign() == 0 {
		return Round[T](a) // an infinity, a NaN or a zero with its sign
	}
	return nearestRatio[T](sum, big.NewInt(int64(n)), ExactExponent)
}

// varianceExact returns (n*q - s²) / (n*(n-ddof)), rounded once, s being the sum
// of n numbers and q that of their squares. It is not negative (Cauchy-Schwarz).
func varianceExact[T Float](s, q *Superaccumulator, n, ddof int) T {
	sum, err1 := s.Int()
	sq, err2 := q.Int()
	if err1 != nil || err2 != nil {
		return kernel.NaN[T]()
	}
	// In units of 2^(2*ExactExponent).
	count := big.NewInt(int64(n))
	sq.Mul(sq, count).Lsh(sq, -ExactExponent)
	sq.Sub(sq, sum.Mul(sum, sum))
	count.Mul(count, big.NewInt(int64(n-ddof)))
	return nearestRatio[T](sq, count, 2*ExactExponent)
}

// nearestRatio returns num/den * 2^e, rounded once to T. den is positive and e is
// negative.
func nearestRatio[T Float](num, den *big.Int, e int) T {
	if twos := min(int(num.TrailingZeroBits()), -e); twos > 0 {
		num.Rsh(num, uint(twos)) // what den would get is quicker to take off here
		e += twos
	}
	r := new(big.Rat).SetFrac(num, den.Lsh(den, uint(-e)))
	if kernel.Is64[T]() {
		v, _ := r.Float64()
		return T(v)
	}
	v, _ := r.Float32()
	return T(v)
}
