package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// GELU returns x*Phi(x), the Gaussian error linear unit in its erf form, where
// Phi(x) = (1 + erf(x/sqrt(2)))/2 (Hendrycks and Gimpel, arXiv 1606.08415). Its
// relative accuracy holds in the negative tail too, where the textbook formula
// cancels. GELU(-Inf) is -0, its limit.
//
// Error bound: 0.51 ulp in float64. Cost: a polynomial; for one in thirty an exponential besides.
func GELU[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](gelu(float64(x)))
	}
	return T(settle(ofGELU, float32(x), gelu32(float64(x))))
}

// GELUTanh returns the tanh form of GELU, x*(1 + tanh(u))/2 with
// u = sqrt(2/pi)*(x + 0.044715*x^3), both constants being the real numbers. It is
// computed as x/(1 + exp(-2u)), which does not cancel. GELUTanh(-Inf) is -0, its
// limit.
//
// Error bound: 0.51 ulp in float64. Cost: a polynomial; for one in thirty an exponential and a
// division besides.
func GELUTanh[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](geluTanh(float64(x)))
	}
	return T(settle(ofGELUTanh, float32(x), geluTanh32(float64(x))))
}

func gelu(x float64) float64 {
	if a := math.Abs(x); 0x1p-60 < a && a < geluEnd {
		f, d := nearby(&tailLocals, x)
		if y, ok := f.value(float64(f.slope*d), f.curve(d)).whole(x).weighted(x).rounded(); ok {
			return y
		}
	}
	return longGELU(x)
}

func longGELU(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-60: // Phi is 1/2 to 2^-60
		return 0.5 * x
	case x > 9: // 1 - Phi is below 2^-60
		return x
	case x < -40: // |GELU| is less than half the least subnormal
		return math.Copysign(0, -1)
	case x != x:
		return x
	}
	p, k := normalTail(sum{a, 0}) // Phi(x) = Q(-x) = 1 - Q(x)
	if x > 0 {
		p, k = complement(p, k), 0
	}
	return scale(times(x, p), k)
}

func geluTanh(x float64) float64 {
	if a := math.Abs(x); 0x1p-60 < a && a < geluTanhEnd {
		f, d := nearby(&geluTanhLocals, float64(geluTanhStretch*x))
		if y, ok := f.value(float64(f.slope*d), f.curve(d)).whole(x).weighted(x).rounded(); ok {
			return y
		}
	}
	switch {
	case x > 40:
		return x
	case x < -40:
		return math.Copysign(0, -1)
	case x != x: // the head of a NaN may be an infinity
		return x
	}
	return logistic(x, geluTanhExponent(x))
}

// geluTanhExponent returns 2u = x*(b0 + b1*x^2), which needs some 65 bits: the error of the
// exponent is the relative error of the result.
func geluTanhExponent(x float64) sum {
	t := mul(geluB1, square(sum{x, 0}))
	q := twoSum(geluB0.h, t.h)
	return times(x, sum{q.h, q.l + (t.l + geluB0.l)})
}
