package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Exp returns e^x. It overflows to +Inf above 709.78 (float32: 88.72) and
// underflows through the subnormal numbers to 0; Exp(-Inf) is 0.
//
// Error bound: 0.53 ulp in float64. Cost: one table look-up and a polynomial of
// degree 5. The scheme is P. T. P. Tang's (1989, "Table-driven implementation of
// the exponential function in IEEE floating-point arithmetic"), with 128 entries.
func Exp[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](exp(float64(x)))
	}
	return T(settle(ofExp, float32(x), exp(float64(x))))
}

const (
	expEntries = 128
	// expEntries/ln 2 rounded; the argument reduction tolerates any error here.
	entriesPerUnit = 0x1.71547652b82fep+7
	// rounder added to and taken from |x| < 2^51 leaves x rounded to an integer.
	rounder = 0x1.8p52
)

func exp(x float64) float64 {
	if !(math.Abs(x) < 708) {
		return expEdge(x)
	}
	i, p := expReduce(x, 0)
	s := math.Float64frombits(math.Float64bits(exp2Table[i&(expEntries-1)].h) + uint64(i>>7)<<52)
	return s + float64(s*p)
}

// expEdge is exp where the result may be subnormal, infinite or NaN.
func expEdge(x float64) float64 {
	switch {
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	case x != x:
		return kernel.NaN[float64]()
	}
	e, k := expSum(sum{x, 0})
	return scale(e, k)
}

// expSum returns k and a normalised e with exp(x.h + x.l) = 2^k (e.h + e.l), e
// within 0.99 and 2, to a relative error of 2^-60; |x.h| <= 5000.
func expSum(x sum) (e sum, k int) {
	i, p := expReduce(x.h, x.l)
	t := exp2Table[i&(expEntries-1)].h
	return fastTwoSum(t, float64(t*p)), i >> 7
}

// expPair is expSum to 2^-68: r is a sum, the product with the table's entry exact, and
// the series has one term more. It is for functions that subtract from the result, or
// where it is one of several factors.
func expPair(x sum) (e sum, k int) {
	n := (float64(x.h*entriesPerUnit) + rounder) - rounder
	i := int(n)
	row := &exp2Table[i&(expEntries-1)]
	r := twoSum(x.h-float64(n*ln2Hi), -float64(n*ln2Lo))
	r = twoSum(r.h, r.l+x.l)
	z := r.h * r.h
	q := (0.5 + float64(r.h*(1.0/6))) + float64(z*((1.0/24+float64(r.h*(1.0/120)))+float64(z*(1.0/720))))
	l := row.l + r.l
	p := times(r.h, sum{row.h, 0})
	e = fastTwoSum(row.h, p.h)
	return fastTwoSum(e.h, e.l+(p.l+float64(row.h*(float64(z*q)+(l+float64(l*r.h)))))), i >> 7
}

// expReduce returns i and p with exp(x + l) = 2^(i div 128) * h * (1 + p), h being
// the table's 2^((i mod 128)/128) in float64; |p| < 2^-8.4.
//
// x - n*ln2Hi is exact: ln2Hi has 32 bits, n at most 20, and the difference is
// small beside either. The rounding of r is at most 2^-62, the neglected
// r^6/720 at most 2^-60.6.
func expReduce(x, l float64) (i int, p float64) {
	n := (float64(x*entriesPerUnit) + rounder) - rounder
	i = int(n)
	r := ((x - float64(n*ln2Hi)) - float64(n*ln2Lo)) + l
	return i, expPoly(r, exp2Table[i&(expEntries-1)].l)
}

// expPoly returns exp(r) - 1 + l for |r| < 2^-8.4 and a far smaller l.
func expPoly(r, l float64) float64 {
	z := r * r
	q := (0.5 + float64(r*(1.0/6))) + float64(z*(1.0/24+float64(r*(1.0/120))))
	return r + (float64(z*q) + l)
}
