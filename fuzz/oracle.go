package fuzz

import (
	"fmt"
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/reference"
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
	Largest   *big.Float // the largest of their absolute values
	Special   float64    // the infinity or NaN that the other terms force, or 0
	format    format     // of the data
}

// ExactSum returns the exact sum of x. The sum of no elements is +0, of only -0 it
// is -0. Its cost is that of two sums of package reference, some 250 ns an element.
func ExactSum[T reduce.Float](x []T) Exact { return exact(terms[T]{x: x}) }

// ExactDot returns the exact sum of x[i]*y[i]. It panics if the lengths differ.
func ExactDot[T reduce.Float](x, y []T) Exact { return exact(newProducts(x, y)) }

// exact adds the finite terms and their absolute values in fixed point.
func exact[T reduce.Float](t terms[T]) Exact {
	e := Exact{Terms: t.len(), Products: t.products, Largest: new(big.Float), format: formatOf[T]()}
	var finite, absolute terms[T]
	finite.products, absolute.products = t.products, t.products
	onlyNegativeZeros := t.len() > 0
	for i := range t.x {
		x, y := t.factors(i)
		if !kernel.IsFinite(x) || !kernel.IsFinite(y) {
			e.Special += float64(x) * float64(y) // of the same sign and kind in any precision
			continue
		}
		finite.append(x, y)
		absolute.append(abs(x), abs(y))
		if p := product(abs(x), abs(y)); p.Cmp(e.Largest) > 0 {
			e.Largest = p
		}
		zero := x == 0 || y == 0
		onlyNegativeZeros = onlyNegativeZeros && zero && signbit(x) != signbit(y)
	}
	e.Sum, e.Magnitude = finite.exactly(), absolute.exactly()
	if onlyNegativeZeros && !e.Sum.Signbit() { // -0 is the neutral element of addition
		e.Sum.Neg(e.Sum)
	}
	return e
}

// exactly is the exact sum of finite terms by package reference; a zero is +0.
func (t terms[T]) exactly() *big.Float {
	var sum *big.Float
	var err error
	if t.products {
		sum, err = reference.ExactDot(t.x, t.y)
	} else {
		sum, err = reference.ExactSum(t.x)
	}
	if err != nil {
		panic(fmt.Sprintf("fuzz: %v", err)) // the terms are finite, and as many on either side
	}
	return sum
}

// product returns x*y exactly: it has at most 106 bits.
func product[T reduce.Float](x, y T) *big.Float {
	p, q := big.NewFloat(float64(x)).SetPrec(106), big.NewFloat(float64(y))
	return p.Mul(p, q)
}

func abs[T reduce.Float](v T) T { return T(math.Abs(float64(v))) }

func signbit[T reduce.Float](v T) bool { return math.Signbit(float64(v)) }

// bigFloat returns v at a precision at which sums are exact.
func bigFloat(v float64) *big.Float { return new(big.Float).SetPrec(exactBits).SetFloat64(v) }

// Roundoff returns the unit roundoff u of the data's type: 2^-24 or 2^-53.
func (e Exact) Roundoff() float64 { return math.Ldexp(1, -e.format.precision) }

// Condition returns the condition number: of a sum the sum of |x[i]| over |sum|,
// of a dot product twice the sum of |x[i]*y[i]| over |sum| (Ogita, Rump and Oishi,
// 2005, Accurate sum and dot product, 4 and 5). It is +Inf where the sum is zero
// and a term is not, or where the quotient exceeds the largest float64; 1, or 2,
// where all terms are zero; and NaN where a term is not finite.
func (e Exact) Condition() float64 {
	least := 1.0
	if e.Products {
		least = 2
	}
	switch {
	case e.Special != 0:
		return math.NaN()
	case e.Magnitude.Sign() == 0:
		return least
	case e.Sum.Sign() == 0:
		return math.Inf(1)
	}
	q := new(big.Float).SetPrec(64).Quo(e.Magnitude, e.Sum)
	c, _ := q.Abs(q).Float64()
	return least * c
}

// RoundExact returns the sum correctly rounded to T, or what infinities and NaN
// make of it.
func RoundExact[T reduce.Float](e Exact) T {
	if e.Special != 0 {
		return kernel.Canonical(T(e.Special))
	}
	return roundBig[T](e.Sum)
}

// roundBig rounds v to T, once.
func roundBig[T reduce.Float](v *big.Float) T {
	if kernel.Is64[T]() {
		r, _ := v.Float64()
		return T(r)
	}
	r, _ := v.Float32()
	return T(r)
}

// Overflows tells whether some order of evaluation in T might overflow, so that
// no bound holds.
func Overflows[T reduce.Float](e Exact) bool { return formatOf[T]().overflows(e) }

func (f format) overflows(e Exact) bool {
	return e.Magnitude.Cmp(bigFloat(math.Ldexp(1, f.maxExponent-2))) >= 0
}
