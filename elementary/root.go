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

// fastFMA tells whether the processor has a fused multiply-add that math.FMA uses: elsewhere that
// is slow. What uses it settles the rounding, so the bits do not depend on it.
var fastFMA = len(kernel.Backends()) > 1

// rsqrt takes y*(1 + r/2) first, with r = 1 - x*y^2, of which the error is 2^-52 and less; 3r^2/8
// is left out. The long way errs by 2^-77.
func rsqrt(x float64) float64 {
	if fastFMA && 0x1p-900 <= x && x <= 0x1p900 {
		y := 1 / math.Sqrt(x)
		h := x * y
		r := math.FMA(-h, y, 1) - float64(math.FMA(x, y, -h)*y)
		if y, ok := (bounded{y, float64(y * float64(0.5*r)), float64(y * 0x1p-74)}).rounded(); ok {
			return y
		}
	}
	return longRsqrt(x)
}

// longRsqrt is y*(1 + r/2 + 3r^2/8), where y is the head of an approximation and
// r = 1 - x*y^2, which is exact but for 2^-77: y^2 is exact, and r at most 2^-25.
func longRsqrt(x float64) float64 {
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
		return longRsqrt(float64(x*0x1p600)) * 0x1p300
	case x != x:
		return x
	default:
		return longRsqrt(float64(x*0x1p-600)) * 0x1p-300
	}
	y := head(1 / math.Sqrt(x))
	v := times(x, sum{float64(y * y), 0})
	r := (1 - v.h) - v.l
	return y + float64(y*float64(r*(0.5+float64(r*0.375))))
}

func cbrt(x float64) float64 {
	if a := math.Abs(x); 0x1p-900 <= a && a <= 0x1p900 {
		if y, ok := nearCbrt(cbrtStart(a), a).rounded(); ok {
			return math.Copysign(y, x)
		}
	}
	return longCbrt(x)
}

// cbrtStart returns the cube root of a to 2^-13.5. A third of the exponent, and of the
// fraction, is within 1/20 of it. Each of Halley's steps takes the error to its cube.
func cbrtStart(a float64) float64 {
	return halley(math.Float64frombits(math.Float64bits(a)/3+0x2a9f789000000000), a)
}

// longCbrt corrects the head y of an approximation by d with y^3 + 3dy^2 + 3d^2*y = |x|;
// d^3 is at most 2^-75 of it. y^2 is exact, and the remainder |x| - y^3 almost.
func longCbrt(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x == 0 || a > math.MaxFloat64 || x != x:
		return x
	case a < 0x1p-900:
		return longCbrt(float64(x*0x1p600)) * 0x1p-200
	case a > 0x1p900:
		return longCbrt(float64(x*0x1p-600)) * 0x1p200
	}
	y := head(halley(cbrtStart(a), a))
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
