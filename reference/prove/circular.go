package main

import (
	"math"
	"math/big"
	"math/bits"
	"sync"

	"github.com/samebits/samebits/reference"
)

// turned returns the sine or cosine of x.
//
// x is m*2^e with an integer m, so x/(2 pi), in turns, is m times the fraction of
// 2^e/(2 pi), modulo 1: for each e 192 bits of it are computed once. The turn is cut
// into 1024 parts, whose sines and cosines are tabulated; what is left, d, is at most
// 0.0031 radians.
func turned(x float32, cosine bool) value {
	b := math.Float32bits(x)
	m := uint64(b&(1<<23-1) | 1<<23)
	w := turns()[b>>23&255]
	h2, p2 := bits.Mul64(m, w[2])
	h1, p1 := bits.Mul64(m, w[1])
	p1, carry := bits.Add64(p1, h2, 0)
	p0 := m*w[0] + h1 + carry
	if b>>31 != 0 { // minus
		var borrow uint64
		p2, borrow = bits.Sub64(0, p2, 0)
		p1, borrow = bits.Sub64(0, p1, borrow)
		p0, _ = bits.Sub64(0, p0, borrow)
	}
	if cosine {
		p0 += 1 << 62
	}
	i := (p0 + 1<<53) >> 54 // the nearest part
	p0 -= i << 54
	d := radians(int64(p0), p1, p2)
	part := &parts()[i&1023]

	z := d.h * d.h
	s := value{h: d.h, l: d.l - d.h*z*(1.0/6-z*(1.0/120-z*(1.0/5040)))} // sin d
	p := part.cosH * s.h
	e := math.FMA(part.cosH, s.h, -p) + (part.cosH*s.l + part.cosL*s.h)
	h := part.sinH + p
	y := h - part.sinH
	l := (part.sinH - (h - y)) + (p - y)
	// cos d - 1 is -(z + f)/2 + z^2/24 - ..., z + f being d^2.
	c := -z * 0.5
	f := math.FMA(d.h, d.h, -z) + 2*d.h*d.l
	g := part.sinH * c
	e += math.FMA(part.sinH, c, -g) + part.sinH*(-0.5*f+z*z*(1.0/24-z*(1.0/720))) + part.sinL*c
	return normal(h, l+(e+g+part.sinL), (math.Abs(part.sinH)+math.Abs(d.h))*0x1p-66)
}

// radians returns 2 pi times a fraction of a turn, p0 being signed: (p0*2^128 +
// p1*2^64 + p2)/2^192.
func radians(p0 int64, p1, p2 uint64) value {
	n := new128(p0, p1, p2)
	p := n.h * twoPiH
	return value{h: p, l: math.FMA(n.h, twoPiH, -p) + (n.h*twoPiL + n.l*twoPiH)}
}

// new128 rounds the fraction to a sum of two float64, whose error is below 2^-100 of it.
func new128(p0 int64, p1, p2 uint64) value {
	negative := p0 < 0
	u := uint64(p0)
	if negative {
		var borrow uint64
		p2, borrow = bits.Sub64(0, p2, 0)
		p1, borrow = bits.Sub64(0, p1, borrow)
		u, _ = bits.Sub64(0, u, borrow)
	}
	e := -64
	for u == 0 && (p1 != 0 || p2 != 0) {
		u, p1, p2, e = p1, p2, 0, e-64
	}
	s := uint(bits.LeadingZeros64(u))
	if s > 0 {
		u, p1 = u<<s|p1>>(64-s), p1<<s|p2>>(64-s)
	}
	h := math.Ldexp(float64(u>>11), e-int(s)+11)
	l := math.Ldexp(float64(u&(1<<11-1)<<53|p1>>11), e-int(s)-53)
	if negative {
		h, l = -h, -l
	}
	r := h + l
	return value{h: r, l: l - (r - h)}
}

// turns holds, for each exponent field of a float32, the fraction of 2^e/(2 pi).
var turns = sync.OnceValue(func() *[256][3]uint64 {
	var t [256][3]uint64
	twoPi := new(big.Float).SetMantExp(reference.Pi(200), 1)
	for field := range t {
		e := max(field, 1) - 150
		q := new(big.Float).SetPrec(600).Quo(big.NewFloat(math.Ldexp(1, e)), twoPi)
		n, _ := q.SetMantExp(q, 192).Int(nil)
		var b [24]byte
		n.Mod(n, new(big.Int).Lsh(big.NewInt(1), 192)).FillBytes(b[:])
		for i := range t[field] {
			for _, v := range b[8*i : 8*i+8] {
				t[field][i] = t[field][i]<<8 | uint64(v)
			}
		}
	}
	return &t
})

type part struct{ sinH, sinL, cosH, cosL float64 }

// parts holds the sines and cosines of the 1024 parts of a turn.
var parts = sync.OnceValue(func() *[1024]part {
	var t [1024]part
	pi := reference.Pi(60)
	for i := range t {
		x := new(big.Float).SetPrec(200).Mul(pi, big.NewFloat(float64(i)/512))
		sin, cos := reference.Sin(x, 45), reference.Cos(x, 45)
		p := &t[i]
		p.sinH, _ = sin.Float64()
		p.cosH, _ = cos.Float64()
		if i%256 == 0 { // a multiple of a quarter
			p.sinH, p.cosH = math.Round(p.sinH), math.Round(p.cosH)
			continue
		}
		p.sinL, p.cosL = low(sin, p.sinH), low(cos, p.cosH)
	}
	return &t
})

var (
	twoPiH = 2 * math.Pi
	twoPiL = low(new(big.Float).SetMantExp(reference.Pi(50), 1), twoPiH)
)
