package fuzz

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// exactBits is a precision at which math/big adds products of float64 without
// rounding: they lie between 2^-2148 and 2^2048, and 2^63 of them need 63 more.
const exactBits = 2148 + 2048 + 64

// Exact is what can be said of a sum without rounding.
type Exact struct {
	Terms     int
	Products  bool       // the terms are products
	Sum       *big.Float // of the finite terms
	Magnitude *big.Float // the sum of their absolute values
	Largest   *big.Float // the largest of these
	Special   float64    // the infinity or NaN that the other terms force, or 0
}

// ExactSum returns the exact sum of x. The sum of no elements is +0, of only -0 it
// is -0. Its cost is two additions of 4,260 bits an element.
func ExactSum[T kernel.Float](x []T) Exact {
	e := newExact(len(x), false)
	for _, v := range x {
		e.add(float64(v), 1)
	}
	return e
}

// ExactDot returns the exact sum of x[i]*y[i]. It panics if the lengths differ.
func ExactDot[T kernel.Float](x, y []T) Exact {
	if len(x) != len(y) {
		panic(fmt.Sprintf("fuzz: dot product of %d and %d elements", len(x), len(y)))
	}
	e := newExact(len(x), true)
	for i, v := range x {
		e.add(float64(v), float64(y[i]))
	}
	return e
}

func newExact(n int, products bool) Exact {
	e := Exact{Terms: n, Products: products, Sum: bigFloat(0), Magnitude: bigFloat(0), Largest: bigFloat(0)}
	if n > 0 {
		e.Sum.Neg(e.Sum) // -0 is the neutral element of addition
	}
	return e
}

// bigFloat returns v at a precision at which sums are exact.
func bigFloat(v float64) *big.Float { return new(big.Float).SetPrec(exactBits).SetFloat64(v) }

// add adds the product of x and y, of which one factor may be 1.
func (e *Exact) add(x, y float64) {
	if !kernel.IsFinite(x) || !kernel.IsFinite(y) {
		e.Special += x * y // of the same sign and kind in any precision
		return
	}
	p := bigFloat(x)
	p.Mul(p, bigFloat(y))
	e.Sum.Add(e.Sum, p)
	e.Magnitude.Add(e.Magnitude, p.Abs(p))
	if p.Cmp(e.Largest) > 0 {
		e.Largest.Set(p)
	}
}

// RoundExact returns the sum correctly rounded to T, or what infinities and NaN
// make of it.
func RoundExact[T kernel.Float](e Exact) T {
	if e.Special != 0 {
		return kernel.Canonical(T(e.Special))
	}
	if kernel.Is64[T]() {
		v, _ := e.Sum.Float64()
		return T(v)
	}
	v, _ := e.Sum.Float32()
	return T(v)
}

// Overflows tells whether some order of evaluation in T might overflow, so that
// no bound holds.
func Overflows[T kernel.Float](e Exact) bool {
	return e.Magnitude.Cmp(bigFloat(math.Ldexp(1, formatOf[T]().maxExponent-2))) >= 0
}

// Bound returns how far the result of the order may lie from the exact sum, if
// nothing overflows. With u the unit roundoff of T, A the magnitude and
// g(k, u) = k*u / (1 - k*u) it is
//
//	Sequential, Shuffled, Arrival   g(n-1, u) A                        Higham, Accuracy and Stability, 4.2
//	Pairwise                        g(ceil(log2(n)), u) A              Higham, 4.2
//	Kahan                           (2u + 8 n u²) A                    Higham, 4.3 (there 2u + O(n u²))
//	Neumaier, DoubleDouble          u |sum| + (1+u) g(n, u)² A         Ogita, Rump and Oishi, 2005, 4 and 5
//	Widened                         u |sum| + (1+u) g(ceil(log2(n)), 2^-53) A
//	Binned                          u |sum| + (1+u) n 2^-w max         Demmel, Ahrens and Nguyen, 2016
//	Exact                           u |sum|
//
// where products add (1+u)(u A + n eta) in the orders that round them to T, 5 n eta
// in DoubleDouble and eta in Widened and Exact, eta being the smallest subnormal. max is
// the largest magnitude of a term and w = 40 (fold-1), or 13 (fold-1) in float32.
func Bound[T kernel.Float](order reduce.Order, e Exact) *big.Float {
	f := formatOf[T]()
	u, n := math.Ldexp(1, -f.precision), float64(e.Terms)
	depth := float64(bits.Len(uint(max(e.Terms-1, 0)))) // ceil(log2(n))
	relative, toMagnitude, etas := 0.0, 0.0, n+1
	rounded := true // products are rounded to T
	switch order.Kind() {
	case reduce.KindPairwise:
		toMagnitude = gamma(depth, u)
	case reduce.KindKahan:
		toMagnitude = 2*u + 8*n*u*u
	case reduce.KindNeumaier:
		relative, toMagnitude = u, (1+u)*gamma(n, u)*gamma(n, u)
	case reduce.KindDoubleDouble:
		relative, toMagnitude, rounded, etas = u, (1+u)*gamma(n, u)*gamma(n, u), false, 5*n
	case reduce.KindWidened:
		relative, toMagnitude, rounded, etas = u, (1+u)*gamma(depth, 0x1p-53), false, 1
	case reduce.KindBinned:
		relative = u
	case reduce.KindExact:
		relative, rounded, etas = u, false, 1
	default:
		toMagnitude = gamma(n-1, u)
	}
	if !e.Products {
		etas = 0
	} else if rounded {
		toMagnitude += (1 + toMagnitude + relative) * u
	}
	bound := new(big.Float).Mul(bigFloat(relative), new(big.Float).Abs(e.Sum))
	bound.Add(bound, new(big.Float).Mul(bigFloat(toMagnitude), e.Magnitude))
	bound.Add(bound, new(big.Float).Mul(bigFloat(etas), bigFloat(math.Ldexp(1, f.minExponent))))
	if order.Kind() == reduce.KindBinned {
		bound.Add(bound, binnedLoss[T](order.Fold(), e))
	}
	return bound
}

// binnedLoss is what the bins may lose of all terms, and a little for the rounding of
// the largest product.
func binnedLoss[T kernel.Float](fold int, e Exact) *big.Float {
	f, width := formatOf[T](), 13
	if kernel.Is64[T]() {
		width = 40
	}
	largest := bigFloat(math.Ldexp(1, f.minExponent))
	if !e.Products {
		largest.SetInt64(0)
	}
	largest.Add(largest, e.Largest)
	return largest.Mul(largest, bigFloat(float64(e.Terms)*math.Ldexp(1+0x1p-20, -width*(fold-1))))
}

// gamma bounds the relative error of k roundings: Higham, 3.1. The factor covers
// the rounding of its own evaluation.
func gamma(k, u float64) float64 { return k * u / (1 - k*u) * (1 + 0x1p-40) }
