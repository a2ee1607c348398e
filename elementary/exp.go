package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Exp returns e^x. It overflows to +Inf above 709.78 (float32: 88.72) and
// underflows through the subnormal numbers to 0; Exp(-Inf) is 0.
//
// Error bound: 0.51 ulp in float64. Cost: one table look-up and a polynomial of
// degree 6. The scheme is P. T. P. Tang's (1989, "Table-driven implementation of
// the exponential function in IEEE floating-point arithmetic"), with 128 entries.
func Exp[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](exp(float64(x)))
	}
	return T(settle(ofExp, float32(x), exp32(float64(x))))
}

const (
	expEntries = 128
	// expEntries/ln 2 rounded; the argument reduction tolerates any error here.
	entriesPerUnit = 0x1.71547652b82fep+7
	// rounder added to and taken from |x| < 2^51 leaves x rounded to an integer.
	rounder = 0x1.8p52
	// Below expBound in magnitude an argument has a normal result, by the short steps.
	expBound = 708
)

func exp(x float64) float64 {
	if !(math.Abs(x) < expBound) {
		return expEdge(x)
	}
	s, p := expParts(x, 0)
	return s + p
}

// expParts returns exp(x + l) as s + p, for |x| < 708 and l below an ulp of x. p is at
// most 2^-8.4 of s, and errs by 0.88*2^-60 of s: the roundings of r and of the series are
// 2^-62 each, that of the product 0.38*2^-60, and all else is below 2^-70.
func expParts(x, l float64) (s, p float64) {
	i, r := expReduce(x)
	row := &exp2Table[i&(expEntries-1)]
	s = timesPow2(row.h, i>>7)
	return s, float64(s * expSeries(r, row.l+l))
}

// timesPow2 returns 2^k*x, a normal number like x; of k the low 12 bits count.
func timesPow2(x float64, k uint64) float64 {
	return math.Float64frombits(math.Float64bits(x) + k<<52)
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
// within 0.99 and 2, to a relative error of 2^-68; |x.h| <= 5000. r is a sum, and its
// product with the table's entry exact.
func expSum(x sum) (e sum, k int) {
	n := (float64(x.h*entriesPerUnit) + rounder) - rounder
	i := int(n)
	row := &exp2Table[i&(expEntries-1)]
	r := twoSum(x.h-float64(n*ln2Hi), -float64(n*ln2Lo))
	r = twoSum(r.h, r.l+x.l)
	l := row.l + r.l
	p := times(r.h, sum{row.h, 0})
	e = fastTwoSum(row.h, p.h)
	rest := float64(r.h*r.h*expQuotient6(r.h)) + (l + float64(l*r.h))
	return fastTwoSum(e.h, e.l+(p.l+float64(row.h*rest))), i >> 7
}

// expReduce returns i and r with exp(x) = 2^(i/128) * e^r, |r| < 2^-8.4; i is right modulo
// 2^51, which is all that a row of the table and an exponent need.
//
// x - n*ln2Hi is exact: ln2Hi has 32 bits, n at most 20, and the difference is
// small beside either. The rounding of r is at most 2^-62.
func expReduce(x float64) (i uint64, r float64) {
	t := float64(x*entriesPerUnit) + rounder
	n := t - rounder
	return math.Float64bits(t), (x - float64(n*ln2Hi)) - float64(n*ln2Lo)
}

// expSeries returns e^r*(1 + l) - 1 for |r| < 2^-8.4 and a far smaller l.
func expSeries(r, l float64) float64 {
	return r + (float64(r*r*expQuotient6(r)) + (l + float64(l*r)))
}

// expQuotient6 is (e^r - 1 - r)/r^2 but for r^5/5040, at most 2^-54 of it.
func expQuotient6(r float64) float64 {
	z := r * r
	return (0.5 + float64(r*(1.0/6))) + float64(z*((1.0/24+float64(r*(1.0/120)))+float64(z*(1.0/720))))
}

// expPoly is expSeries to 2^-60, for float32.
func expPoly(r, l float64) float64 {
	z := r * r
	q := (0.5 + float64(r*(1.0/6))) + float64(z*(1.0/24+float64(r*(1.0/120))))
	return r + (float64(z*q) + l)
}
