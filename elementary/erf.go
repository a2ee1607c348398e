package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Erf returns the error function of x, 2/sqrt(pi) times the integral of exp(-t^2)
// from 0 to x. Its relative accuracy holds down to zero, whose sign is kept.
//
// Error bound: 0.90 ulp in float64. Cost: below 1/2 a polynomial, above an
// exponential and a polynomial.
func Erf[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](erf(float64(x)))
	}
	return T(settle(ofErf, float32(x), erf32(float64(x))))
}

func erf(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x == 0:
		return x // keeps -0
	case a < 0x1p-900: // a subnormal result is rounded here alone
		return erf(x*0x1p200) * 0x1p-200
	case a < 0.5:
		// The leading term is a product of sums; the others are at most 0.09
		// of it, and their five roundings 0.4 ulp of the result.
		u := x * x
		w := times(x, erfSlope)
		return w.h + (w.l + float64(x*(u*poly8(u, &erfSeries))))
	case a > 6: // 1 - erf is below 2^-55
		return math.Copysign(1, x)
	case x != x:
		return x
	}
	w := times(a, sqrt2)
	q, k := normalTail(fastTwoSum(w.h, w.l)) // erf(a) = 1 - 2Q(a*sqrt(2))
	p := complement(q, k+1)
	return math.Copysign(p.h+p.l, x)
}

// normalTail returns k and q with Q(a) = 2^k (q.h + q.l) for 0 <= a < 40, where
// Q(a) is the probability that a normal variable exceeds a. The relative error is
// about 2^-56. a must be normalised; q is not.
func normalTail(a sum) (q sum, k int) {
	v := square(a)
	e, k := expSum(sum{float64(-0.5 * v.h), float64(-0.5 * v.l)})
	return mul(e, scaledTail(a)), k
}

// scaledTail returns exp(a^2/2)*Q(a), a smooth function that falls from 1/2 like
// 1/(a sqrt(2 pi)), for 0 <= a < 40. Each octave of a+1 is cut into eight
// intervals, with a polynomial in the distance from the middle of each. Its
// constant term is a sum; the others are at most a sixteenth of it.
func scaledTail(a sum) sum {
	bits := math.Float64bits(a.h + 1)
	row := &tailTable[bits>>49-1023<<3]
	middle := math.Float64frombits(bits&^(1<<49-1)|1<<48) - 1
	h := (a.h - middle) + a.l
	return fastTwoSum(row.h, row.l+float64(h*poly12(h, &row.c)))
}

// complement returns 1 - 2^k (q.h + q.l), for a term of at most 1.
func complement(q sum, k int) sum {
	c := pow2(k)
	p := fastTwoSum(1, -float64(q.h*c))
	return sum{p.h, p.l - float64(q.l*c)}
}
