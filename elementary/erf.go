package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Erf returns the error function of x, 2/sqrt(pi) times the integral of exp(-t^2)
// from 0 to x. Its relative accuracy holds down to zero, whose sign is kept.
//
// Error bound: 0.51 ulp in float64. Cost: a polynomial; for one in forty an exponential
// besides.
func Erf[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](erf(float64(x)))
	}
	return T(settle(ofErf, float32(x), erf32(float64(x))))
}

func erf(x float64) float64 {
	if a := math.Abs(x); 0x1p-30 < a && a < erfLocalEnd {
		if y, ok := nearErf(a).rounded(); ok {
			return math.Copysign(y, x)
		}
	}
	return longErf(x)
}

func longErf(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x == 0:
		return x // keeps -0
	case a < 0x1p-1000: // the result may be subnormal; x^2 is nothing beside 1
		return scale(times(float64(x*0x1p1000), erfSlope), -1000)
	case a < 0x1p-900:
		return longErf(x*0x1p200) * 0x1p-200
	case a < 0.25:
		// x^2/3 may be 1/48 of the leading term: both are sums. The others are 2^-11
		// of it.
		u := square(sum{x, 0})
		z := x * x
		t := fastTwoSum(erfCubic.h, erfCubic.l+float64(z*poly8(z, &erfSeries)))
		m := mul(u, t)
		c := fastTwoSum(erfSlope.h, m.h)
		w := times(x, fastTwoSum(c.h, c.l+(m.l+erfSlope.l)))
		return w.h + w.l
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

// nearErf is erf by a shorter way: 1 - 2Q(a*sqrt(2)), or the series. There all that follows
// erfSlope.h is 0.38*a^3 and less, and seven operations err by 2^-53 of it.
func nearErf(a float64) bounded {
	if a < 0.25 {
		z := a * a
		rest := erfCubic.h + float64(z*poly8(z, &erfSeries))
		w := times(a, sum{erfSlope.h, float64(z*rest) + erfSlope.l})
		return bounded{w.h, w.l, float64(a * (float64(z*0x1.8p-52) + 0x1p-63))}
	}
	w := times(a, sqrt2)
	f, d := nearby(&tailLocals, w.h)
	b := f.value(float64(f.slope*d), f.curve(d+w.l)+float64(f.slope*w.l))
	return bounded{1 - float64(2*b.h), float64(-2 * b.l), float64(2 * b.e)}
}

// normalTail returns k and q with Q(a) = 2^k (q.h + q.l) for 0 <= a < 40, where
// Q(a) is the probability that a normal variable exceeds a. The relative error is
// below 2^-61 if a.l = 0, else that of scaledTail. a must be normalised; q is not.
func normalTail(a sum) (q sum, k int) {
	v := square(a)
	e, k := expSum(sum{float64(-0.5 * v.h), float64(-0.5 * v.l)})
	return mul(e, scaledTail(a)), k
}

// scaledTail returns exp(a^2/2)*Q(a), a smooth function that falls from 1/2 like
// 1/(a sqrt(2 pi)), for 0 <= a < 40. Each octave of a+1 is cut into sixteen
// intervals, with a polynomial in the distance from the middle of each. Its first two
// coefficients are sums; the other terms are at most 2^-9 of it. There a.l is left out, which is
// up to 0.03*a.l of the result, for a < 3: at most 2^-58.
func scaledTail(a sum) sum {
	row, middle := tailRow(a.h)
	d := twoSum(a.h, -middle)
	d.l += a.l
	p := mul(sum{row.slope, row.slopeLow}, d)
	s := fastTwoSum(row.h, p.h)
	z := float64(d.h*d.h) + float64(2*d.h*d.l)
	return fastTwoSum(s.h, s.l+(row.l+(p.l+float64(z*poly12(d.h, &row.c)))))
}

// tailRow returns the row of tailTable for a, and the middle of its interval.
func tailRow(a float64) (row *tailPolynomial, middle float64) {
	bits := math.Float64bits(a + 1)
	return &tailTable[bits>>48-1023<<4], math.Float64frombits(bits&^(1<<48-1)|1<<47) - 1
}

type tailPolynomial struct {
	h, l, slope, slopeLow float64
	c                     [12]float64
}

// complement returns 1 - 2^k (q.h + q.l), for a term of at most 1.
func complement(q sum, k int) sum {
	c := pow2(k)
	p := fastTwoSum(1, -float64(q.h*c))
	return sum{p.h, p.l - float64(q.l*c)}
}
