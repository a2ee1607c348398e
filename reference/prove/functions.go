package main

import (
	"math"
	"math/big"
	"sync"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/reference"
)

// function is a function with what is known of its true values.
type function struct {
	name  string
	one   func(float32) float32
	slice func(dst, x []float32)

	// exact returns the true value of a finite x to so many digits.
	exact func(x *big.Float, digits int) *big.Float
	// far returns the results where they are the same all the way out, or x itself.
	// Special values are among them.
	far func(x float32) (y float32, ok bool)
	// taylor are the coefficients at 0: the leading two as sums h + l, then three more,
	// and the next are at most 1. It is for |x| < 2^-20; nil where there is none.
	taylor *series
	// radius is the largest distance from the middle of an interval around x over which
	// a polynomial of degree 8 is good to 2^-66.
	radius func(x float64) float64
	// scaled, where f(x*2^k) = 2^m*f(x), brings x near 1 by such a k and returns 2^-m: then
	// there are few intervals, which are kept.
	scaled func(x float32) (near float32, factor float64)
	kept   *sync.Map // of middles
	// circular is 1 for the sine, 2 for the cosine.
	circular int
}

type series struct {
	c0, c1h, c1l float64
	c            [3]float64
}

var functions = []*function{
	{name: "Exp", one: elementary.Exp[float32], slice: elementary.ExpSlice[float32], exact: reference.Exp,
		far: between(-104, 0, 89, inf, 1), taylor: &series{1, 1, 0, [3]float64{1. / 2, 1. / 6, 1. / 24}}, radius: fixed(0x1p-7)},
	{name: "Exp2", one: elementary.Exp2[float32], slice: elementary.Exp2Slice[float32], exact: exp2,
		far: exp2Far, radius: fixed(0x1p-7), taylor: &series{1, math.Ln2, low(ln2(40), math.Ln2), [3]float64{
			math.Ln2 * math.Ln2 / 2, math.Ln2 * math.Ln2 * math.Ln2 / 6, math.Ln2 * math.Ln2 * math.Ln2 * math.Ln2 / 24}}},
	{name: "Expm1", one: elementary.Expm1[float32], slice: elementary.Expm1Slice[float32], exact: expm1,
		far: between(-20, -1, 89, inf, 0), taylor: &series{0, 1, 0, [3]float64{1. / 2, 1. / 6, 1. / 24}}, radius: fixed(0x1p-7)},
	{name: "Log", one: elementary.Log[float32], slice: elementary.LogSlice[float32], exact: reference.Log,
		far: logFar, radius: relative},
	{name: "Log2", one: elementary.Log2[float32], slice: elementary.Log2Slice[float32], exact: log2,
		far: log2Far, radius: relative},
	{name: "Log1p", one: elementary.Log1p[float32], slice: elementary.Log1pSlice[float32], exact: log1p,
		far: log1pFar, taylor: &series{0, 1, 0, [3]float64{-1. / 2, 1. / 3, -1. / 4}}, radius: besideMinusOne},
	{name: "Tanh", one: elementary.Tanh[float32], slice: elementary.TanhSlice[float32], exact: reference.Tanh,
		far: between(-10, -1, 10, 1, 0), taylor: &series{0, 1, 0, [3]float64{0, -1. / 3, 0}}, radius: fixed(0x1p-8)},
	{name: "Sigmoid", one: elementary.Sigmoid[float32], slice: elementary.SigmoidSlice[float32], exact: sigmoid,
		far: between(-105, 0, 20, 1, 0.5), taylor: &series{0.5, 0.25, 0, [3]float64{0, -1. / 48, 0}}, radius: fixed(0x1p-8)},
	{name: "Erf", one: elementary.Erf[float32], slice: elementary.ErfSlice[float32], exact: reference.Erf,
		far: between(-4, -1, 4, 1, 0), radius: fixed(0x1p-8), taylor: &series{0, erfSlope, low(bigErfSlope(), erfSlope), [3]float64{0, -erfSlope / 3, 0}}},
	{name: "Sin", one: elementary.Sin[float32], slice: elementary.SinSlice[float32], exact: reference.Sin,
		far: between(-inf, nan, inf, nan, 0), taylor: &series{0, 1, 0, [3]float64{0, -1. / 6, 0}}, circular: 1},
	{name: "Cos", one: elementary.Cos[float32], slice: elementary.CosSlice[float32], exact: reference.Cos,
		far: between(-inf, nan, inf, nan, 1), taylor: &series{1, 0, 0, [3]float64{-1. / 2, 0, 1. / 24}}, circular: 2},
	{name: "Rsqrt", one: elementary.Rsqrt[float32], slice: elementary.RsqrtSlice[float32], exact: rsqrt,
		far: rsqrtFar, radius: relative, scaled: byPowers(2, -1), kept: new(sync.Map)},
	{name: "Cbrt", one: elementary.Cbrt[float32], slice: elementary.CbrtSlice[float32], exact: cbrt,
		far: between(-inf, -inf, inf, inf, 0), radius: relative, scaled: byPowers(3, 1), kept: new(sync.Map)},
	{name: "SiLU", one: elementary.SiLU[float32], slice: elementary.SiLUSlice[float32], exact: silu,
		far: activation(-110, 30), taylor: &series{0, 0.5, 0, [3]float64{1. / 4, 0, -1. / 48}}, radius: fixed(0x1p-8)},
	{name: "GELU", one: elementary.GELU[float32], slice: elementary.GELUSlice[float32], exact: gelu,
		far: activation(-15, 10), taylor: &series{0, 0.5, 0, [3]float64{invSqrt2Pi, 0, -invSqrt2Pi / 6}},
		radius: func(x float64) float64 { return min(fixed(0x1p-6)(x), below(1/(64*math.Abs(x)))) }},
	// (1 + tanh u)/2 = 1/2 + u/2 - u^3/6 ..., u = a(x + bx^3): the coefficient of x^4 is a*b/2 - a^3/6.
	{name: "GELUTanh", one: elementary.GELUTanh[float32], slice: elementary.GELUTanhSlice[float32], exact: geluTanh,
		far: activation(-11, 10), taylor: &series{0, 0.5, 0, [3]float64{invSqrt2Pi, 0, invSqrt2Pi*0.044715 - 8*invSqrt2Pi*invSqrt2Pi*invSqrt2Pi/6}}, radius: func(x float64) float64 { return min(fixed(0x1p-8)(x), below(1/(32+16*x*x))) }},
}

// below returns the power of two that is x or less.
func below(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(1, e-1)
}

// relative is for functions that are analytic up to 0: 2^15 numbers to each side, and
// fewer around 1, a zero of log.
func relative(x float64) float64 {
	if x = math.Abs(x); x >= 0.5 && x < 2 {
		return below(x) * 0x1p-10
	}
	return below(x) * 0x1p-8
}

// besideMinusOne is for log1p.
func besideMinusOne(x float64) float64 {
	return min(below(math.Abs(x))*0x1p-8, below(1+x)*0x1p-10)
}

// byPowers is for functions that 2^k in the argument multiplies by 2^m. A subnormal
// argument is multiplied by 2^(24k) first.
func byPowers(k, m int) func(x float32) (float32, float64) {
	var shifts [256]uint32
	var factors [256]float64
	for field := 1; field < 255; field++ {
		n := int(math.Floor(float64(field-127) / float64(k)))
		shifts[field], factors[field] = uint32(n*k)<<23, math.Ldexp(1, n*m)
	}
	return func(x float32) (float32, float64) {
		rest := 1.0
		b := math.Float32bits(x)
		if b>>23&255 == 0 {
			b, rest = math.Float32bits(x*float32(math.Ldexp(1, 24*k))), math.Ldexp(1, -24*m)
		}
		return math.Float32frombits(b - shifts[b>>23&255]), rest * factors[b>>23&255]
	}
}

// fixed is for functions that are analytic for some way around 0: a 64th of x.
func fixed(limit float64) func(float64) float64 {
	return func(x float64) float64 { return min(below(math.Abs(x))*0x1p-6, limit) }
}

var (
	inf        = math.Inf(1)
	nan        = math.NaN()
	erfSlope   = 2 / math.Sqrt(math.Pi)
	invSqrt2Pi = 1 / math.Sqrt(2*math.Pi)
)

// between gives the results from lo down, from hi up and at 0, which keeps its sign if
// the result is 0.
func between(lo, atLo, hi, atHi, atZero float64) func(float32) (float32, bool) {
	return func(x float32) (float32, bool) {
		switch v := float64(x); {
		case v != v:
			return float32(nan), true
		case v <= lo:
			return float32(atLo), true
		case v >= hi:
			return float32(atHi), true
		case v == 0 && atZero == 0:
			return x, true
		case v == 0:
			return float32(atZero), true
		}
		return 0, false
	}
}

// activation is -0 from lo down, x from hi up.
func activation(lo, hi float64) func(float32) (float32, bool) {
	f := between(lo, math.Copysign(0, -1), inf, inf, 0)
	return func(x float32) (float32, bool) {
		if float64(x) >= hi {
			return x, true
		}
		return f(x)
	}
}

// positive is for functions that are NaN below zero.
func positive(atZero, atInf float64) func(float32) (float32, bool) {
	return func(x float32) (float32, bool) {
		switch v := float64(x); {
		case v == 0:
			return float32(atZero), true
		case v < 0 || v != v:
			return float32(nan), true
		case v > math.MaxFloat64:
			return float32(atInf), true
		}
		return 0, false
	}
}

// exp2Far lists the integers, too: their results are exact, one of them a tie.
func exp2Far(x float32) (float32, bool) {
	if v := float64(x); v == math.Trunc(v) && math.Abs(v) < 1000 {
		return float32(math.Ldexp(1, int(v))), true
	}
	return between(-150, 0, 128, inf, 1)(x)
}

// logFar lists 1, where the result is 0.
func logFar(x float32) (float32, bool) {
	if x == 1 {
		return 0, true
	}
	return positive(-inf, inf)(x)
}

// log2Far lists the powers of two.
func log2Far(x float32) (float32, bool) {
	if f, e := math.Frexp(float64(x)); f == 0.5 {
		return float32(e - 1), true
	}
	return positive(-inf, inf)(x)
}

// log1pFar lists 1 + x = 2^k for small k nowhere: no result but that of 0 is exact.
func log1pFar(x float32) (float32, bool) {
	switch {
	case x == -1:
		return float32(-inf), true
	case x < -1:
		return float32(nan), true
	}
	return between(-inf, nan, inf, inf, 0)(x)
}

// rsqrtFar lists the powers of four.
func rsqrtFar(x float32) (float32, bool) {
	if f, e := math.Frexp(float64(x)); f == 0.5 && e%2 != 0 {
		return float32(math.Ldexp(1, (1-e)/2)), true
	}
	if x == 0 {
		return 1 / x, true
	}
	return positive(inf, 0)(x)
}

func low(x *big.Float, h float64) float64 {
	l, _ := new(big.Float).SetPrec(200).Sub(x, big.NewFloat(h)).Float64()
	return l
}

func float(digits int) *big.Float { return new(big.Float).SetPrec(reference.Bits(digits + 10)) }

func ln2(digits int) *big.Float { return reference.Log(big.NewFloat(2), digits+10) }

func bigErfSlope() *big.Float {
	return float(40).Quo(big.NewFloat(2), reference.Sqrt(reference.Pi(50), 50))
}

func exp2(x *big.Float, digits int) *big.Float {
	return reference.Exp(float(digits).Mul(x, ln2(digits)), digits+5)
}

// expm1 loses as many digits as x has leading zeros.
func expm1(x *big.Float, digits int) *big.Float {
	digits += 5 + max(0, -x.MantExp(nil))
	return float(digits).Sub(reference.Exp(x, digits), big.NewFloat(1))
}

func log2(x *big.Float, digits int) *big.Float {
	return float(digits).Quo(reference.Log(x, digits+5), ln2(digits))
}

func log1p(x *big.Float, digits int) *big.Float {
	return reference.Log(new(big.Float).SetPrec(400).Add(x, big.NewFloat(1)), digits)
}

// logistic returns n/(1 + e^-z).
func logistic(n, z *big.Float, digits int) *big.Float {
	d := float(digits).Add(big.NewFloat(1), reference.Exp(new(big.Float).Neg(z), digits+5))
	return float(digits).Quo(n, d)
}

func sigmoid(x *big.Float, digits int) *big.Float { return logistic(big.NewFloat(1), x, digits) }

func silu(x *big.Float, digits int) *big.Float { return logistic(x, x, digits) }

func gelu(x *big.Float, digits int) *big.Float {
	z := float(digits).Quo(new(big.Float).Neg(x), reference.Sqrt(big.NewFloat(2), digits+10))
	y := float(digits).Mul(x, reference.Erfc(z, digits+5))
	return y.Quo(y, big.NewFloat(2))
}

// geluTanh is x*(1 + tanh u)/2 = x/(1 + e^-2u).
func geluTanh(x *big.Float, digits int) *big.Float {
	xx := float(digits).Mul(x, x)
	cubic := float(digits).Quo(big.NewFloat(44715), big.NewFloat(1000000))
	u := cubic.Mul(cubic, xx)
	u.Add(u, big.NewFloat(1)).Mul(u, x)
	root := reference.Sqrt(float(digits).Quo(big.NewFloat(8), reference.Pi(digits+10)), digits+10)
	return logistic(x, u.Mul(u, root), digits)
}

func rsqrt(x *big.Float, digits int) *big.Float {
	return float(digits).Quo(big.NewFloat(1), reference.Sqrt(x, digits+5))
}

func cbrt(x *big.Float, digits int) *big.Float {
	l := reference.Log(new(big.Float).Abs(x), digits+10)
	y := reference.Exp(l.Quo(l, big.NewFloat(3)), digits+5)
	if x.Sign() < 0 {
		y.Neg(y)
	}
	return y
}
