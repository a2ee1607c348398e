package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Sin returns the sine of x radians. The argument is reduced exactly, however
// large it is; Sin of an infinity is NaN. The sign of zero is kept.
//
// Error bound: 0.51 ulp in float64. Cost: a reduction, a table look-up and two
// polynomials; arguments of 2^20 and more, and those next to a multiple of pi/2, take a longer reduction.
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

// Sincos returns Sin(x) and Cos(x), the same bits; in float64 for one argument reduction.
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

// quadrantSin returns sin(r + n*pi/2), by the parts of a turn of sineTable. Below 2^-30
// of r itself r^3/6 is nothing.
func quadrantSin(r sum, n int) float64 {
	if n&1 == 0 && math.Abs(r.h) < 0x1p-30 { // keeps -0
		if n&2 != 0 {
			return -r.h
		}
		return r.h
	}
	m := (float64(r.h*partsPerUnit) + rounder) - rounder
	d := twoSum(r.h-float64(m*(halfPiHi/partsPerQuarter)), -float64(m*(halfPiLo/partsPerQuarter)))
	s := sinePart(uint64(n*partsPerQuarter+int(m)), fastTwoSum(d.h, d.l+r.l))
	return s.h + s.l
}

const (
	partsPerQuarter = sineParts / 4
	partsPerUnit    = 0x1.45f306dc9c883p+7 // 512/pi, rounded
)
