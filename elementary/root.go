package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Rsqrt returns 1/sqrt(x): +Inf for +0, -Inf for -0, NaN below.
//
// Error bound: 0.51 ulp in float64. Cost: a square root and a division.
func Rsqrt[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](rsqrt(float64(x)))
	}
	return T(settle(ofRsqrt, float32(x), rsqrt32(float64(x))))
}

// Cbrt returns the cube root of x. The sign of zero is kept.
//
// Error bound: 0.51 ulp in float64. Cost: three divisions.
func Cbrt[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](cbrt(float64(x)))
	}
	return T(settle(ofCbrt, float32(x), cbrt32(float64(x))))
}

// rsqrt is y*(1 + r/2 + 3r^2/8), where y is the head of an approximation and
// r = 1 - x*y^2, which is exact but for 2^-77: y^2 is exact, and r at most 2^-25.
func rsqrt(x float64) float64 {
	switch {
	case 0x1p-900 <= x && x <= 0x1p900:
	case x == 0:
		return 1 / x
	case x > math.MaxFloat64:
		return 0
	case x < 0x1p-900:
		if x < 0 {
			return math.NaN()
		}
		return rsqrt(float64(x*0x1p600)) * 0x1p300
	case x != x:
		return x
	default:
		return rsqrt(float64(x*0x1p-600)) * 0x1p-300
	}
	y := head(1 / math.Sqrt(x))
	v := times(x, sum{float64(y * y), 0})
	r := (1 - v.h) - v.l
	return y + float64(y*float64(r*(0.5+float64(r*0.375))))
}

// cbrt corrects the head y of an approximation by d with y^3 + 3dy^2 + 3d^2*y = |x|;
// d^3 is at most 2^-75 of it. y^2 is exact, and the remainder |x| - y^3 almost.
func cbrt(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x == 0 || a > math.MaxFloat64 || x != x:
		return x
	case a < 0x1p-900:
		return cbrt(float64(x*0x1p600)) * 0x1p-200
	case a > 0x1p900:
		return cbrt(float64(x*0x1p-600)) * 0x1p200
	}
	// A third of the exponent, and of the fraction, is within 1/20 of the root. Each of
	// Halley's steps takes the error to its cube.
	y := halley(math.Float64frombits(math.Float64bits(a)/3+0x2a9f789000000000), a)
	if z, ok := nearCbrt(y, a).rounded(); ok {
		return math.Copysign(z, x)
	}
	y = head(halley(y, a))
	v := times(y, sum{float64(y * y), 0})
	r := (a - v.h) - v.l
	t := float64(3 * y * y)
	d := r / t
	d = r / (t + float64(3*y*d))
	return math.Copysign(y+d, x)
}

// halley takes a step toward the cube root of a.
func halley(y, a float64) float64 {
	c := float64(y * y * y)
	return float64(y * ((c + float64(2*a)) / (float64(2*c) + a)))
}

// nearCbrt is cbrt by a shorter way, for y within 2^-13.5 of the root: by
// the series of (1 - r)^(-1/3). y is cut to 17 bits, so that y^3 is exact, and a - y^3,
// too; r is 2^-11.7 at most, the series' next term 2^-73 and the roundings 2^-64 of the root.
func nearCbrt(y, a float64) bounded {
	y = math.Float64frombits(math.Float64bits(y) &^ (1<<36 - 1))
	r := (a - float64(y*y*y)) / a
	z := r * r
	p := (1.0/3 + float64(r*(2.0/9))) + float64(z*((14.0/81+float64(r*(35.0/243)))+float64(z*(91.0/729))))
	return bounded{y, float64(y * float64(r*p)), float64(y * 0x1p-63)}
}
