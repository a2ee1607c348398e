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

func sin(x float64) float64 {
	if y, ok := turnedSin(x, 0).rounded(); ok {
		return y
	}
	return quadrantSin(reduceAngle(x))
}

func cos(x float64) float64 {
	if y, ok := turnedSin(x, partsPerQuarter).rounded(); ok {
		return y
	}
	r, n := reduceAngle(x)
	return quadrantSin(r, n+1)
}

// turnedSin returns the sine of x and so many parts of a turn, as quadrantSin does, by a
// shorter way. It takes m parts off x, so that d + low is left: m is
// below 2^20, so that its first product and the first difference are exact; the second
// ones err by 2^-75. Next to a multiple of half a turn, where the sine of the part b is 0,
// it bounds nothing; elsewhere that is at least 2^-7.4, and twice d, and the sum
//
//	sin(b + d) = sin b + (cos b * sin d + sin b * (cos d - 1))
//
// errs by 2^-62.9 of it: d^7/5040, which it neglects, is 2^-63.3 of it, all roundings 2^-66.
func turnedSin(x float64, parts uint64) bounded {
	t := float64(x*partsPerUnit) + rounder
	m := t - rounder
	part := math.Float64bits(t) + parts
	if !(math.Abs(x) < 0x1p12) || part%(sineParts/2) == 0 {
		return bounded{e: math.Inf(1)}
	}
	r, lo := x-float64(m*(halfPiHi/partsPerQuarter)), float64(m*(halfPiLo/partsPerQuarter))
	d := r - lo
	low := (r - d) - lo

	b, c := quarterSine(part), quarterSine(part+sineParts/4)
	z := d * d
	sinLess := float64(z * d * (-1.0/6 + float64(z*(1.0/120))))
	cosLess := float64(z * (-0.5 + float64(z*(1.0/24-float64(z*(1.0/720))))))
	ch, dh := head(c.h), head(d)
	l := (float64(ch*(d-dh)) + float64((c.h-ch)*d)) + float64(c.h*(sinLess+low))
	l += float64(b.h*cosLess) + (b.l + float64(c.l*d))
	s := fastTwoSum(b.h, float64(ch*dh))
	return bounded{s.h, s.l + l, float64(math.Abs(s.h) * 0x1p-62)}
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
