package elementary

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Log returns the natural logarithm of x. Log of 0 is -Inf, of a negative number
// NaN.
//
// Error bound: 0.51 ulp in float64. Cost: one table look-up and a polynomial of
// degree 5; next to 1, and for one in three hundred elsewhere, another of each, of degree 8; no division.
func Log[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](log(float64(x)))
	}
	return T(settle(ofLog, float32(x), log32(float64(x))))
}

// Log2 returns the logarithm of x to base 2, with the special values of [Log]. It is
// exact at powers of two.
//
// Error bound: 0.51 ulp in float64. Cost: one table look-up and a polynomial of degree 8; for few
// arguments that of the long way of Log, and a product of sums, besides.
func Log2[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](log2(float64(x)))
	}
	return T(settle(ofLog2, float32(x), log2of32(float64(x))))
}

// Log1p returns log(1 + x). Its relative accuracy holds down to zero, whose sign is
// kept. Log1p(-1) is -Inf, and NaN below.
//
// Error bound: 0.51 ulp in float64. Cost: one table look-up and a polynomial of degree 8.
func Log1p[T Float](x T) T {
	if kernel.Is64[T]() {
		return round[T](log1p(float64(x)))
	}
	return T(settle(ofLog1p, float32(x), log1p32(float64(x))))
}

// log takes log F + z + ... first. With u = 2^-53, z errs by up to 2u of it, the sum with it and
// that with the bound by u of it each; the series' terms are 2^-11 of z, and the first left out,
// z^6/6, is 2^-55 of it. The table and the long way err by 2^-66 each. Next to 1, where h is 0, the
// bound is more than an ulp of the result: there the long way is taken.
func log(x float64) float64 {
	if b := math.Float64bits(x) - smallestNormal; b < infinityBits-smallestNormal {
		m, e := normalise(x)
		t := m + nearRounder
		row := &logRows[math.Float64bits(t)&(1<<11-1)]
		z, n := float64((m-(t-nearRounder))*row.inverse), float64(e)
		w := z * z
		h := float64(n*ln2Grid) + row.h // exact
		l := z + (float64(w*((-0.5+float64(z*(1.0/3)))+float64(w*(-0.25+float64(z*0.2))))) + (row.l + float64(n*ln2GridLo)))
		if y, ok := (bounded{h, l, float64(math.Abs(z)*0x1.2p-51) + 0x1p-65}).rounded(); ok {
			return y
		}
	}
	return longLog(x)
}

// These are the bits of 2^-1022 and of +Inf.
const (
	smallestNormal = 1 << 52
	infinityBits   = 0x7ff << 52
)

// nearRounder added to and taken from m leaves the multiple of 1/1024 next to it.
const nearRounder = rounder / 1024

// logRows holds 1/F and log F, as logTable does, for F = i/1024 between sqrt(1/2) and sqrt(2), by the
// long way.
var logRows = func() (rows [1 << 11]struct{ inverse, h, l float64 }) {
	for i := 723; i <= 1449; i++ {
		m := float64(i) / 1024
		s := logSum(m, 0)
		h := (s.h + rounder*0x1p-42) - rounder*0x1p-42
		row := &rows[i]
		row.inverse, row.h, row.l = 1/m, h, (s.h-h)+s.l
	}
	return rows
}()

func longLog(x float64) float64 {
	if !(x >= 0x1p-1022) || x > math.MaxFloat64 {
		return logEdge(x, longLog)
	}
	m, e := normalise(x)
	s := logSum(m, 0)
	s = withExponent(s, e)
	return s.h + s.l
}

func log2(x float64) float64 {
	if x >= 0x1p-1022 && x <= math.MaxFloat64 {
		m, e := normalise(x)
		if y, ok := nearLog2(m, float64(e)).rounded(); ok {
			return y
		}
	}
	return longLog2(x)
}

// nearLog2 is the short way of log for base 2. z errs by up to 2u of it, its product with 1/ln 2 by u, and so
// do the two sums; z/ln 2 is 1.45z. Next to 1 it bounds nothing.
func nearLog2(m, n float64) bounded {
	t := m + logRounder
	i := math.Float64bits(t)&255 - logFirst
	row, two := &logTable[i], &log2Table[i]
	z := float64((m - (t - logRounder)) * row.inverse)
	h := n + two.h // exact
	rest := float64(float64(z*z*log1pSeries(z))*invLn2.h) + (two.l + float64(z*invLn2.l))
	e := float64(math.Abs(z) * 0x1.1p-50)
	if h == 0 {
		e = math.Inf(1)
	}
	return bounded{h, float64(z*invLn2.h) + rest, e}
}

// log2Table holds the logarithms of logTable to base 2, likewise.
var log2Table = func() (table [len(logTable)]sum) {
	for i, row := range logTable {
		s := mul(invLn2, fastTwoSum(row.h, row.l))
		h := (s.h + rounder*0x1p-42) - rounder*0x1p-42
		table[i] = sum{h, (s.h - h) + s.l}
	}
	return table
}()

func longLog2(x float64) float64 {
	scale := 0
	if !(x >= 0x1p-1022) || x > math.MaxFloat64 {
		if !(x > 0 && x < 1) {
			return logEdge(x, longLog)
		}
		x, scale = x*0x1p60, 60
	}
	m, e := normalise(x)
	e -= scale
	s := logSum(m, 0)
	s = mul(invLn2, fastTwoSum(s.h, s.l))
	y := fastTwoSum(float64(e), s.h)
	return y.h + (y.l + s.l)
}

func log1p(x float64) float64 {
	switch a := math.Abs(x); {
	case a < 0x1p-54:
		return x // keeps -0
	case a < 0x1p-10:
		c := head(x)
		s := log1pSum(c, x-c)
		return s.h + s.l
	}
	u := twoSum(1, x)
	if !(u.h >= 0x1p-1022) || u.h > math.MaxFloat64 {
		return logEdge(u.h, longLog)
	}
	m, e := normalise(u.h)
	s := withExponent(logSum(m, float64(u.l*pow2(-min(e, 1000)))), e) // from 2^54 on u.l is nothing
	return s.h + s.l
}

// logEdge is log where x is not a positive normal number.
func logEdge(x float64, log func(float64) float64) float64 {
	switch {
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	case x < 0 || x != x:
		return kernel.NaN[float64]()
	}
	m, e := normalise(x * 0x1p60)
	s := withExponent(logSum(m, 0), e-60)
	return s.h + s.l
}

// normalise returns m and e with x = m*2^e and m between sqrt(1/2) and sqrt(2), a
// little more or less, for a positive normal x.
func normalise(x float64) (m float64, e int) {
	b := math.Float64bits(x)
	e = int(int64(b-0x3fe6a00000000000) >> 52)
	return math.Float64frombits(b - uint64(e)<<52), e
}

// withExponent returns s + e*ln 2. The leading parts add up exactly: both are
// multiples of 2^-42 below 2^10.
func withExponent(s sum, e int) sum {
	n := float64(e)
	h := fastTwoSum(float64(n*ln2Grid), s.h)
	return sum{h.h, h.l + (float64(n*ln2GridLo) + s.l)}
}

// logSum returns log(m + l), for m as normalise returns it and |l| below an ulp of m.
//
// With F the multiple of 1/128 nearest to m, f = m - F is exact. c is the head of
// f/F, so that c*F is exact, too, as F has 8 bits; the rest of the quotient is at
// most 2^-25 of it. Where F = 1, log F is 0, and the error relative to the result
// stays as small.
func logSum(m, l float64) sum {
	t := m + logRounder
	if m-(t-logRounder) == 1.0/256 { // halves go up
		t += 1.0 / 128
	}
	row := &logTable[math.Float64bits(t)&255-logFirst]
	F := t - logRounder
	f := m - F
	c := head(f * row.inverse)
	s := log1pSum(c, float64(((f-float64(c*F))+l)*row.inverse))
	h := fastTwoSum(row.h, s.h)
	return sum{h.h, h.l + (s.l + row.l)}
}

// log1pSum returns log(1 + c + d) for |c + d| < 2^-7.4, with d at most 2^-25 of c or
// so.
func log1pSum(c, d float64) sum {
	z := c + d
	return sum{c, d + float64(z*z*log1pSeries(z))}
}

// log1pSeries is (log(1 + z) - z)/z^2 for |z| < 2^-7.4. The neglected z^9/9 is at most
// 2^-62 of z.
func log1pSeries(z float64) float64 {
	w := z * z
	p := (-0.5 + float64(z*(1.0/3))) + float64(w*(-0.25+float64(z*0.2)))
	return p + float64(w*w*((-1.0/6)+float64(z*(1.0/7))+float64(w*(-1.0/8))))
}
