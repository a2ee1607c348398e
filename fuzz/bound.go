package fuzz

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Accuracy is an error bound, of an order or of your own.
type Accuracy struct {
	// Name is what a violation calls the bound.
	Name string

	// Bound returns how far a result may lie from the exact sum: 0 or more, or an
	// infinity. The exact sum rounded to T is right whatever it returns. A check that
	// meets nil or a negative number panics.
	Bound func(e Exact) *big.Float

	// MayOverflow asks nothing where a partial sum might overflow: where the sum of
	// the absolute values exceeds a quarter of the largest number. Without it the
	// bound holds whatever lies on the way.
	MayOverflow bool

	// LosesInfinity allows a NaN where a term is an infinity, as Kahan's correction
	// makes it.
	LosesInfinity bool
}

// BoundOf is the documented error bound of the order; see Bound.
func BoundOf(order reduce.Order) Accuracy {
	kind := order.Kind()
	return Accuracy{
		Name:          fmt.Sprintf("the bound of %v", order),
		Bound:         func(e Exact) *big.Float { return orderBound(order, e.format, e) },
		MayOverflow:   kind != reduce.KindExact,
		LosesInfinity: kind == reduce.KindKahan,
	}
}

// Ulps is n units in the last place of the exact sum; that of zero is the smallest
// subnormal. An infinity counts as the power of two above the largest number, so
// that Ulps(1) is a faithful rounding. It panics unless n is finite and 0 or more.
func Ulps(n float64) Accuracy {
	mustBound("Ulps", n)
	return Accuracy{
		Name: fmt.Sprintf("%g ulp", n),
		Bound: func(e Exact) *big.Float {
			exponent := e.format.minExponent
			if e.Sum.Sign() != 0 { // |sum| in [2^(m-1), 2^m)
				exponent = max(exponent, e.Sum.MantExp(nil)-e.format.precision)
			}
			return new(big.Float).Mul(bigFloat(n), bigFloat(math.Ldexp(1, exponent)))
		},
	}
}

// Relative is c times the sum of the absolute values of the terms, and, for
// products, a smallest subnormal for each. It may overflow on the way. It panics
// unless c is finite and 0 or more.
func Relative(c float64) Accuracy {
	mustBound("Relative", c)
	return Accuracy{
		Name:        fmt.Sprintf("%g of the sum of absolute values", c),
		MayOverflow: true,
		Bound: func(e Exact) *big.Float {
			b := new(big.Float).Mul(bigFloat(c), e.Magnitude)
			if e.Products {
				b.Add(b, bigFloat(math.Ldexp(float64(e.Terms), e.format.minExponent)))
			}
			return b
		},
	}
}

// mustBound panics unless v can be a factor of a bound.
func mustBound(name string, v float64) {
	if !(v >= 0) || math.IsInf(v, 1) {
		panic(fmt.Sprintf("fuzz: %s(%g): want a finite number, 0 or more", name, v))
	}
}

// bound is what Bound returns, provided that it can be one.
func (a Accuracy) bound(e Exact) *big.Float {
	b := a.Bound(e)
	switch {
	case b == nil:
		panic(fmt.Sprintf("fuzz: accuracy %q: the bound of %s is nil", a.Name, plural.Of(e.Terms, "term")))
	case b.Sign() < 0:
		panic(fmt.Sprintf("fuzz: accuracy %q: the bound of %s is %s: want 0 or more", a.Name, plural.Of(e.Terms, "term"), short(b)))
	}
	return b
}

// A profile is what the harness knows of an order: its error bound, and what else
// SPEC.md, section 5, promises of it.
type profile struct {
	bound    func(size) loss
	promises Promise
}

// A size is what a bound depends on besides the terms.
type size struct {
	n, depth float64 // the number of terms, ceil(log2(n))
	u        float64 // the unit roundoff
	fold     int     // of Binned
}

// A loss holds the factors of an error bound.
type loss struct {
	sum, magnitude, largest float64 // of |sum|, of the magnitude and of the largest term
	wide                    bool    // products are not rounded to T
	etas                    float64 // smallest subnormals by which underflowing products may be off; n+1 where not wide
}

// The profiles of the orders, by their names in SPEC.md. A new order is a new line.
var profiles = map[string]profile{
	"sequential":    {bound: foldLoss},
	"pairwise":      {bound: func(s size) loss { return loss{magnitude: gamma(s.depth, s.u)} }},
	"kahan":         {bound: func(s size) loss { return loss{magnitude: 2*s.u + 8*s.n*s.u*s.u} }},
	"neumaier":      {bound: func(s size) loss { return loss{sum: s.u, magnitude: (1 + s.u) * gamma(s.n, s.u) * gamma(s.n, s.u)} }},
	"double-double": {bound: pairLoss},
	"widened":       {bound: widenedLoss},
	"binned":        {bound: binnedLoss, promises: PermutationInvariant},
	"exact":         {bound: func(s size) loss { return loss{sum: s.u, wide: true, etas: 1} }, promises: CorrectlyRounded},
	"shuffled":      {bound: foldLoss},
	"arrival":       {bound: foldLoss},
}

// foldLoss needs no denominator, and so holds for any n.
func foldLoss(s size) loss { return loss{magnitude: max(0, s.n-1) * s.u} }

func pairLoss(s size) loss {
	return loss{sum: s.u, magnitude: (1 + s.u) * gamma(s.n, s.u) * gamma(s.n, s.u), wide: true, etas: 5 * s.n}
}

func widenedLoss(s size) loss {
	return loss{sum: s.u, magnitude: (1 + s.u) * gamma(s.depth, 0x1p-53), wide: true, etas: 1}
}

// binnedLoss is what n terms lose below the lowest of fold bins, which are 40 or 13
// bits wide, and one rounding. A product, rounded, may exceed its exact value by u.
func binnedLoss(s size) loss {
	width := 40
	if s.u > 0x1p-53 {
		width = 13
	}
	return loss{sum: s.u, largest: (1 + 2*s.u) * math.Ldexp(s.n, -width*(s.fold-1))}
}

// Bound returns how far the result of the order may lie from the exact sum, if
// nothing overflows. With u the unit roundoff of T, A the magnitude and
// g(k, u) = k*u / (1 - k*u), which where k*u >= 1 is as good as none, it is
//
//	Sequential, Shuffled, Arrival   (n-1) u A                          Rump, 2012 (BIT 52); Jeannerod and Rump, 2013
//	Pairwise                        g(ceil(log2(n)), u) A              Higham, 4.2
//	Kahan                           (2u + 8 n u²) A                    Higham, 4.3 (there 2u + O(n u²))
//	Neumaier, DoubleDouble          u |sum| + (1+u) g(n, u)² A         Ogita, Rump and Oishi, 2005, 4 and 5
//	Widened                         u |sum| + (1+u) g(ceil(log2(n)), 2^-53) A
//	Binned of fold K                u |sum| + (1+2u) n 2^(-W(K-1)) M   Demmel, Ahrens and Nguyen, 2016
//	Exact                           u |sum|
//
// where products add (1+u)(u A + n eta) in the orders that round them to T, 5 n eta
// in DoubleDouble and eta in Widened and Exact, eta being the smallest
// subnormal. M is the largest magnitude of a term, and W is 40, or 13 in float32.
func Bound[T reduce.Float](order reduce.Order, e Exact) *big.Float {
	return orderBound(order, formatOf[T](), e)
}

func orderBound(order reduce.Order, f format, e Exact) *big.Float {
	p, known := profiles[order.Kind().String()]
	if !known {
		panic(fmt.Sprintf("fuzz: order %v has no profile", order))
	}
	u, n := math.Ldexp(1, -f.precision), float64(e.Terms)
	k := p.bound(size{n, float64(bits.Len(uint(max(e.Terms-1, 0)))), u, order.Fold()})
	if e.Products && !k.wide {
		k.magnitude += (1 + k.magnitude + k.sum) * u
		k.etas = n + 1
	}
	bound := bigFloat(0)
	if e.Products {
		bound = bigFloat(math.Ldexp(k.etas, f.minExponent))
	}
	for _, part := range []struct {
		factor float64
		of     *big.Float
	}{{k.sum, new(big.Float).Abs(e.Sum)}, {k.magnitude, e.Magnitude}, {k.largest, e.Largest}} {
		bound.Add(bound, new(big.Float).Mul(bigFloat(part.factor), part.of))
	}
	return bound
}

// gamma bounds the relative error of k roundings: Higham, 3.1. The factor covers
// the rounding of its own evaluation. Where k*u >= 1, which float64 never reaches, it
// is so large that times any magnitude but zero it is beyond every float32.
func gamma(k, u float64) float64 {
	if k*u >= 1 {
		return 1e100
	}
	return k * u / (1 - k*u) * (1 + 0x1p-40)
}
