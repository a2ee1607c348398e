package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Sin returns the sine of x radians. The argument is reduced exactly, however
// large it is; Sin of an infinity is NaN. The sign of zero is kept.
//
// Error bound: 0.90 ulp in float64. Cost: a reduction and a polynomial; arguments
// of 2^20 and more, and those next to a multiple of pi/2, take a longer reduction.
func Sin[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](sin(float64(x)))
	}
	return T(settle(ofSin, float32(x), sin32(float64(x))))
}

// Cos returns the cosine of x radians, with the bounds of [Sin].
func Cos[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](cos(float64(x)))
	}
	return T(settle(ofCos, float32(x), cos32(float64(x))))
}

// Sincos returns Sin(x) and Cos(x), the same bits, for one argument reduction.
func Sincos[T Float](x T) (sin, cos T) {
	if kernel.Is64[T]() {
		r, n := reduceAngle(float64(x))
		return round[T](quadrantSin(r, n)), round[T](quadrantSin(r, n+1))
	}
	return Sin(x), Cos(x)
}

func sin(x float64) float64 { return quadrantSin(reduceAngle(x)) }

func cos(x float64) float64 {
	r, n := reduceAngle(x)
	return quadrantSin(r, n+1)
}

// quadrantSin returns sin(r + n*pi/2).
func quadrantSin(r sum, n int) float64 {
	var y float64
	if n&1 == 0 {
		y = sinKernel(r)
	} else {
		y = cosKernel(r)
	}
	if n&2 != 0 {
		return -y
	}
	return y
}

// The Maclaurin series of (sin(r)/r - 1)/r^2 and (cos(r) - 1 + r^2/2)/r^4 in r^2.
// At pi/4 the next terms are below 2^-62 and 2^-66 of the result.
var (
	sinSeries = [8]float64{
		-1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800,
		1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000,
	}
	cosSeries = [8]float64{
		1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600,
		-1.0 / 87178291200, 1.0 / 20922789888000, -1.0 / 6402373705728000,
	}
)

// sinKernel returns sin(r) for |r| <= pi/4. Beside the last rounding it errs by
// five of a term that is at most 0.11 of the result, 0.39 ulp in all.
func sinKernel(r sum) float64 {
	if math.Abs(r.h) < 0x1p-27 {
		return r.h // keeps -0
	}
	z := r.h * r.h
	t := float64(z * r.h * poly8(z, &sinSeries))
	return r.h + (t + float64(r.l*(1-float64(0.5*z))))
}

// cosKernel returns cos(r) for |r| <= pi/4. r^2 is kept as a sum, as r^2/2 would
// bring its own rounding error of a quarter of an ulp; the bound is 0.6 ulp.
func cosKernel(r sum) float64 {
	v := square(r)
	z := v.h + v.l
	t := float64(z * z * poly8(z, &cosSeries))
	w := fastTwoSum(1, -float64(0.5*v.h))
	return w.h + (w.l + (t - float64(0.5*v.l)))
}
