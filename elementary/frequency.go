package elementary

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// A Frequency is an angle by which one step turns, a real number: rotary position
// embeddings turn by position * theta^(-2i/d).
type Frequency struct {
	turns [3]uint64 // the fraction of a turn, in units of 2^-192
}

// NewFrequency returns the frequency of an angle in radians, positive or 0, of 256 bits
// or more.
func NewFrequency(radians *big.Float) Frequency {
	prec := radians.Prec() + 64
	t := newFloat(prec).Quo(radians, TwoPi(prec))
	n, _ := t.SetMantExp(t, 192).Int(nil)
	var f Frequency
	var bytes [24]byte
	n.Mod(n, new(big.Int).Lsh(big.NewInt(1), 192)).FillBytes(bytes[:])
	for i, b := range bytes {
		f.turns[i/8] = f.turns[i/8]<<8 | uint64(b)
	}
	return f
}

// TwoPi returns 2 pi, to so many bits, at most 900.
func TwoPi(prec uint) *big.Float {
	n := new(big.Int)
	for _, w := range twoOverPi[:16] {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(w))
	}
	q := newFloat(prec).SetInt(n) // 2/pi, times 2^960
	return q.Quo(newFloat(prec).SetMantExp(newFloat(prec).SetInt64(4), 15*64), q)
}

// SincosSteps returns the sine and cosine of the angle of n steps, n below 2^32: each is
// that of the real number n*f, rounded once to the nearest T.
//
// Cost: in float64 about four times that of [Sincos], whatever the angle; one in 2^12
// results takes some microseconds. The angle is known to 2^-160 of a turn, and no value
// is expected so close to the midpoint of two numbers.
func SincosSteps[T Float](f Frequency, n int) (sin, cos T) {
	a := f.after(uint64(n))
	if a == (fraction192{}) {
		return 0, 1
	}
	return nearestSine[T](a), nearestSine[T](a.plusQuarter())
}

// fraction192 is a fraction of a turn in units of 2^-192, its leading word first.
type fraction192 [3]uint64

// after returns the fraction of n steps.
func (f Frequency) after(n uint64) fraction192 {
	h2, p2 := bits.Mul64(n, f.turns[2])
	h1, p1 := bits.Mul64(n, f.turns[1])
	p1, carry := bits.Add64(p1, h2, 0)
	return fraction192{n*f.turns[0] + h1 + carry, p1, p2}
}

func (a fraction192) plusQuarter() fraction192 { a[0] += 1 << 62; return a }

func (a fraction192) minus() fraction192 {
	p2, borrow := bits.Sub64(0, a[2], 0)
	p1, borrow := bits.Sub64(0, a[1], borrow)
	p0, _ := bits.Sub64(0, a[0], borrow)
	return fraction192{p0, p1, p2}
}

// nearestSine returns the sine of an angle, rounded once.
func nearestSine[T Float](a fraction192) T {
	s := sineSum(a)
	e := float64(math.Abs(s.h) * 0x1p-66)
	least, most := roundSum[T](s.h, s.l-e), roundSum[T](s.h, s.l+e)
	if least == most {
		return least
	}
	v := bigSine(a)
	if kernel.Is64[T]() {
		y, _ := v.Float64()
		return T(y)
	}
	y, _ := v.Float32()
	return T(y)
}

// roundSum rounds h + l once, by way of rounding to odd.
func roundSum[T Float](h, l float64) T {
	if kernel.Is64[T]() {
		return T(h + l)
	}
	if h < 0 {
		return -T(toOdd(-h, -l))
	}
	return T(toOdd(h, l))
}

// sineParts is how many parts a turn has in sineTable, which holds the first quarter.
const sineParts = 1024

// sineSum returns the sine of an angle, to 2^-66 of it.
func sineSum(a fraction192) sum {
	part := (a[0] + 1<<53) >> 54 // the nearest
	a[0] -= part << 54
	return sinePart(part, a.radians())
}

// sinePart returns the sine of so many of 1024 parts of a turn, and d radians, at most
// 0.0031, to 2^-66 of it; with b the angle of the part
//
//	sin(b + d) = sin b + (cos b * sin d + sin b * (cos d - 1))
//
// Where b is 0, or a half turn, the first and the last term are 0. Else sin b is about
// twice d or more, and the terms of low order, which round on their own, are 2^-17 of the
// result or less.
func sinePart(part uint64, d sum) sum {
	v := square(d)
	z := v.h + v.l
	sin := fastTwoSum(d.h, d.l+float64(z*d.h*(-1.0/6+float64(z*(1.0/120-float64(z*(1.0/5040)))))))
	cos := sum{float64(-0.5 * v.h), float64(z*z*(1.0/24-float64(z*(1.0/720)))) - float64(0.5*v.l)} // cos d - 1

	b := quarterSine(part)
	p := mul(quarterSine(part+sineParts/4), sin)
	q := mul(b, cos)
	s := twoSum(b.h, p.h)
	return fastTwoSum(s.h, s.l+(b.l+(p.l+(q.h+q.l))))
}

// quarterSine returns the sine of so many parts of a turn, by the symmetries of the
// sine, without a branch: which quarter it is no processor can guess.
func quarterSine(part uint64) sum {
	const half = sineParts / 2
	t := int64(part%half) - half/2
	s := &sineTable[half/2-(t^t>>63)+t>>63]
	sign := part / half << 63
	return sum{
		math.Float64frombits(math.Float64bits(s.h) ^ sign),
		math.Float64frombits(math.Float64bits(s.l) ^ sign),
	}
}

// radians returns the angle of a fraction taken as signed, to 2^-75 of it.
func (a fraction192) radians() sum {
	negative := int64(a[0]) < 0
	if negative {
		a = a.minus()
	}
	e := -64
	for a[0] == 0 && a != (fraction192{}) {
		a, e = fraction192{a[1], a[2], 0}, e-64
	}
	s := uint(bits.LeadingZeros64(a[0])) % 64
	p0, p1 := a[0]<<s|a[1]>>1>>(63-s), a[1]<<s|a[2]>>1>>(63-s)
	unit := pow2(e - int(s))
	f := sum{float64(float64(p0>>11) * (0x1p11 * unit)), float64(float64((p0<<53|p1>>11)>>11) * (0x1p-42 * unit))}
	if negative {
		f = sum{-f.h, -f.l}
	}
	t := mul(sum{float64(4 * halfPi.h), float64(4 * halfPi.l)}, f)
	return fastTwoSum(t.h, t.l)
}

// bigSine returns the sine of an angle to 2^-150: its series, for the rest of an eighth of
// a turn at most, or that of the cosine.
func bigSine(a fraction192) *big.Float {
	const prec = 320
	quarter := (a[0] + 1<<61) >> 62
	a[0] -= quarter << 62
	negative := int64(a[0]) < 0
	if negative {
		a = a.minus()
	}
	r := newFloat(prec)
	for _, w := range a {
		r.SetMantExp(r, 64)
		r.Add(r, newFloat(prec).SetUint64(w))
	}
	r.SetMantExp(r.Mul(r, TwoPi(prec)), -192)
	if negative {
		r.Neg(r)
	}
	term, n := newFloat(prec).Set(r), int64(1)
	if quarter%2 != 0 {
		term, n = newFloat(prec).SetInt64(1), 0
	}
	total, z := newFloat(prec).Set(term), newFloat(prec).Mul(r, r)
	for ; term.Sign() != 0 && term.MantExp(nil) > -prec; n += 2 {
		term.Quo(term.Mul(term, z), newFloat(prec).SetInt64(-(n+1)*(n+2)))
		total.Add(total, term)
	}
	if quarter%4 >= 2 {
		total.Neg(total)
	}
	return total
}
