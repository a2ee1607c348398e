package elementary

import (
	"math"
	"math/bits"
)

// reduceAngle returns r and n, modulo 4, with x = r + n*pi/2 modulo 2pi, |r| at
// most pi/4 and a little, r normalised and with a relative error below 2^-68. For
// an infinity or NaN r is NaN.
//
// Up to 2^20 pi/2 is taken in three parts (Cody and Waite). The products of n with
// halfPiHi and halfPiMid, and the difference from x, are exact; the rest errs by less
// than |n|*2^-118.
func reduceAngle(x float64) (r sum, n int) {
	a := math.Abs(x)
	if a <= math.Pi/4 {
		return sum{x, 0}, 0
	}
	if a < 0x1p20 {
		m := (float64(x*(2/math.Pi)) + rounder) - rounder
		d := twoSum(x-float64(m*halfPiHi), -float64(m*halfPiMid))
		if math.Abs(d.h) > 0x1p-28*a {
			return fastTwoSum(d.h, d.l-float64(m*halfPiTail)), int(m)
		}
	}
	if a-a != 0 {
		return sum{math.NaN(), 0}, 0
	}
	r, n = reduceLarge(a)
	if x < 0 {
		return sum{-r.h, -r.l}, -n
	}
	return r, n
}

// reduceLarge is reduceAngle for finite x > pi/4, after Payne and Hanek (1983,
// "Radian reduction for trigonometric functions").
//
// x = m*2^e with an integer m of 53 bits. The bits of 2/pi whose product with x is
// a multiple of 4 are left out; the next 192 bits f give x*2/pi modulo 4 as
// m*f/2^190 modulo 4, to within 2^-137. No float64 comes closer than 2^-62 to a
// multiple of pi/2, so 75 good bits remain.
func reduceLarge(x float64) (r sum, n int) {
	b := math.Float64bits(x)
	e := int(b>>52) - 1075
	m := b&(1<<52-1) | 1<<52

	first := uint(e + 62) // twoOverPi starts with 64 zero bits
	w := twoOverPi[first/64:]
	s := first % 64
	f0, f1, f2 := w[0]<<s|w[1]>>(64-s), w[1]<<s|w[2]>>(64-s), w[2]<<s|w[3]>>(64-s)

	h2, p2 := bits.Mul64(m, f2)
	h1, p1 := bits.Mul64(m, f1)
	p1, carry := bits.Add64(p1, h2, 0)
	p0 := m*f0 + h1 + carry

	n = int((p0 + 1<<61) >> 62 & 3) // the nearest integer
	p0 -= uint64(n) << 62
	negative := p0>>63 != 0
	if negative {
		var borrow uint64
		p2, borrow = bits.Sub64(0, p2, 0)
		p1, borrow = bits.Sub64(0, p1, borrow)
		p0, _ = bits.Sub64(0, p0, borrow)
	}
	f := fraction(p0, p1, p2)
	if negative {
		f = sum{-f.h, -f.l}
	}
	t := mul(halfPi, f)
	return fastTwoSum(t.h, t.l), n
}

// fraction returns (p0*2^128 + p1*2^64 + p2)/2^190 to 106 bits; p0 and p1 are not
// both zero.
func fraction(p0, p1, p2 uint64) sum {
	e := -62
	if p0 == 0 {
		p0, p1, p2 = p1, p2, 0
		e -= 64
	}
	z := uint(bits.LeadingZeros64(p0))
	p0, p1 = p0<<z|p1>>(64-z), p1<<z|p2>>(64-z)
	unit := pow2(e - int(z)) // of the last bit of p0
	next := (p0<<53 | p1>>11) >> 11
	return sum{float64(p0>>11) * (0x1p11 * unit), float64(next) * (0x1p-42 * unit)}
}
