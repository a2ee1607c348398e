package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Sigmoid returns 1/(1 + e^-x), the logistic function. Far below zero it equals
// Exp(x), subnormal results included.
//
// Error bound: 0.51 ulp in float64. Cost: a polynomial; beyond 16, and for one in thirty, an
// exponential and a division besides.
func Sigmoid[T Float](x T) T {
	if kernel.Is64[T]() {
		return T(sigmoid(float64(x)))
	}
	return T(settle(ofSigmoid, float32(x), sigmoid32(float64(x))))
}

// SiLU returns x*Sigmoid(x), also known as swish. SiLU(-Inf) is -0, its limit.
//
// Error bound: 0.51 ulp in float64, as x/(1 + e^-x) is rounded once. Cost: that of [Sigmoid].
func SiLU[T Float](x T) T {
	if kernel.Is64[T]() {
		return T(silu(float64(x)))
	}
	return T(settle(ofSiLU, float32(x), silu32(float64(x))))
}

func sigmoid(x float64) float64 {
	if math.Abs(x) < logisticEnd {
		f, d := nearby(&logisticLocals, x)
		if y, ok := f.value(float64(f.slope*d), f.curve(d)).whole(x).rounded(); ok {
			return y
		}
	}
	return kernel.Canonical(float64(logistic(1, sum{x, 0})))
}

func silu(x float64) float64 {
	if a := math.Abs(x); 0x1p-60 < a && a < logisticEnd {
		f, d := nearby(&logisticLocals, x)
		if y, ok := f.value(float64(f.slope*d), f.curve(d)).whole(x).weighted(x).rounded(); ok {
			return y
		}
	}
	if x < -math.MaxFloat64 {
		return math.Copysign(0, -1)
	}
	return kernel.Canonical(float64(logistic(x, sum{x, 0})))
}

// logistic returns n/(1 + exp(-z)) rounded once. n is 1, or within a factor of 2 of z where
// that is small.
func logistic(n float64, z sum) float64 {
	if y, ok := nearLogistic(n, fastTwoSum(z.h, z.l)).rounded(); ok {
		return y
	}
	return longLogistic(n, z)
}

// longLogistic is logistic where a shorter way leaves the rounding in doubt. Beyond |z.h| = 44
// either 1 or exp(-z) is below 2^-63 of the other, and is left out.
func longLogistic(n float64, z sum) float64 {
	switch {
	case math.Abs(n) < 0x1p-60: // 1/2 to 2^-60; keeps -0
		return 0.5 * n
	case z.h > 44:
		return n
	case z.h < -760: // |n|*exp(z) is less than half the least subnormal
		return math.Copysign(0, n)
	case z.h < -44:
		e, k := expSum(z)
		return scale(times(n, e), k)
	case z.h != z.h:
		return z.h
	}
	e, k := expSum(sum{-z.h, -z.l})
	c := pow2(k)
	d := twoSum(1, float64(e.h*c))
	q := quo(sum{n, 0}, sum{d.h, d.l + float64(e.l*c)})
	return q.h + q.l
}

// nearLogistic is logistic by a shorter way. z must be normalised. The
// exponential errs by 0.88*2^-60 of it, and adding p by 0.38*2^-60.
func nearLogistic(n float64, z sum) bounded {
	if !(math.Abs(z.h) < 44 && math.Abs(n) > 0x1p-60) {
		return bounded{e: math.Inf(1)}
	}
	s, p := expParts(-z.h, -z.l)
	d := twoSum(1, s)
	q := quo(sum{n, 0}, fastTwoSum(d.h, d.l+p))
	return bounded{q.h, q.l, float64(math.Abs(q.h) * 0x1.8p-60)}
}
