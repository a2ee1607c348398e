package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Exp2 returns 2^x, exactly where x is an integer. It overflows to +Inf from 1024
// (float32: 128) on and underflows through the subnormal numbers to 0.
//
// Error bound: 0.51 ulp in float64. Cost: that of [Exp].
func Exp2[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](exp2(float64(x)))
	}
	return T(settle(ofExp2, float32(x), exp2(float64(x))))
}

// Expm1 returns e^x - 1. Its relative accuracy holds down to zero, whose sign is
// kept.
//
// Error bound: 0.51 ulp in float64. Cost: a little more than that of [Exp].
func Expm1[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](expm1(float64(x)))
	}
	return T(settle(ofExpm1, float32(x), expm1of32(float64(x))))
}

func exp2(x float64) float64 {
	switch {
	case x >= 1024:
		return math.Inf(1)
	case x < -1080:
		return 0
	case x != x:
		return kernel.NaN[float64]()
	}
	// x - n/128 is exact, and at most 1/256: rounding its product with ln 2 errs by
	// at most 2^-62.
	n := (float64(x*expEntries) + rounder) - rounder
	i := int(n)
	row := &exp2Table[i&(expEntries-1)]
	p := expSeries(float64((x-float64(n*(1.0/expEntries)))*math.Ln2), row.l)
	if x < -1021 || x > 1023 { // 2^(n/128) may be outside the normal numbers
		return scale(fastTwoSum(row.h, float64(row.h*p)), i>>7)
	}
	s := timesPow2(row.h, uint64(i>>7))
	return s + float64(s*p)
}

// expm1 is the series below 2^-6, whose terms x + x^2/2 are exact and whose other terms
// are 2^-14 of it; x^9/9! is neglected. From there up it is the difference, which is at
// least 2^-6: so the error of e^x, 2^-68 of it, is still small.
func expm1(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-54: // keeps -0
		return x
	case a < 0x1p-6:
		v := square(sum{x, 0})
		s := fastTwoSum(x, float64(0.5*v.h))
		z := x * x
		q := (1.0/6 + float64(x*(1.0/24))) + float64(z*((1.0/120+float64(x*(1.0/720)))+float64(z*(1.0/5040+float64(x*(1.0/40320))))))
		return s.h + (s.l + (float64(0.5*v.l) + float64(x*z*q)))
	case 0.125 < a && a < 40:
		if y, ok := nearExpm1(x).rounded(); ok {
			return y
		}
	case x > 44: // 1 is below 2^-63 of e^x
		return exp(x)
	case x < -40:
		return -1
	case x != x:
		return x
	}
	e, k := expSum(sum{x, 0})
	c := pow2(k)
	d := twoSum(float64(e.h*c), -1)
	return d.h + (d.l + float64(e.l*c))
}

// nearExpm1 is expm1 by a shorter way: e^x errs by 0.88*2^-60 of it,
// adding p by 0.38*2^-60, as does adding that error to it.
func nearExpm1(x float64) bounded {
	s, p := expParts(x, 0)
	d := twoSum(s, -1)
	return bounded{d.h, d.l + p, float64(s * 0x1.cp-60)}
}
