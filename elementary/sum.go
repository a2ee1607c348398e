package elementary

import "math"

// sum is the unevaluated sum h + l of two float64 numbers, |l| far below |h|. It
// is normalised when h = RN(h + l). Products and quotients below are not: their l
// reaches 2^-24 of h, and is exact to about 2^-77 of h.
type sum struct{ h, l float64 }

// fastTwoSum returns a + b exactly, normalised. It needs |a| >= |b| or a = 0
// (Dekker 1971).
func fastTwoSum(a, b float64) sum {
	h := a + b
	return sum{h, (a - h) + b}
}

// twoSum returns a + b exactly, normalised (Knuth).
func twoSum(a, b float64) sum {
	h := a + b
	t := h - a
	return sum{h, (a - (h - t)) + (b - t)}
}

// head returns x cut to its leading 26 bits. The product of two heads is exact.
func head(x float64) float64 {
	return math.Float64frombits(math.Float64bits(x) &^ (1<<27 - 1))
}

// mul returns x*y with a relative error of about 2^-76, x.l*y.l being left out:
// at least one of x and y must be normalised.
//
// No error-free product is needed. The product of the heads is exact, all the
// rest is at most 2^-24 of it, and so are the roundings of the rest.
func mul(x, y sum) sum {
	p := times(x.h, y)
	return sum{p.h, p.l + float64(x.l*y.h)}
}

// times returns x*y as mul does.
func times(x float64, y sum) sum {
	xh, yh := head(x), head(y.h)
	rest := float64(xh*(y.h-yh)) + float64((x-xh)*y.h)
	return sum{float64(xh * yh), rest + float64(x*y.l)}
}

// square returns x*x as mul does.
func square(x sum) sum {
	h := head(x.h)
	return sum{float64(h * h), float64((x.h-h)*(x.h+h)) + float64(2*x.h*x.l)}
}

// quo returns n/d with a relative error of about 2^-75; d must be normalised.
//
// With q the head of an approximate quotient, the remainder n.h - q*d.h is exact
// to 2^-53 of itself, as its two products are exact, and is at most 2^-24 of n.h.
func quo(n, d sum) sum {
	r := 1 / d.h
	q := head(n.h * r)
	dh := head(d.h)
	rest := (n.h - float64(q*dh)) - float64(q*(d.h-dh))
	rest += n.l - float64(q*d.l)
	return sum{q, float64(rest * r)}
}

// bounded is the approximation h + l of a number, with a bound e of its error.
type bounded struct{ h, l, e float64 }

// rounded returns the number rounded, and whether that is certain: whatever is within the
// bound rounds to the same, and so does the sum of the longer way, of which the bounds
// take account. Where e is an infinity it is not.
func (b bounded) rounded() (y float64, ok bool) {
	y = b.h + (b.l + b.e)
	return y, y == b.h+(b.l-b.e)
}

// pow2 returns 2^k, for -1022 <= k <= 1023.
func pow2(k int) float64 { return math.Float64frombits(uint64(k+1023) << 52) }

// scale returns 2^k * (s.h + s.l) rounded once, also where the result is
// subnormal; 2^-100 <= |s.h| <= 2^60 and k >= -2000.
func scale(s sum, k int) float64 {
	y := s.h + s.l
	if -900 <= k && k <= 900 {
		return y * pow2(k)
	}
	if k > 900 {
		return math.Ldexp(y, k)
	}
	c := pow2(k + 1022)
	if v := float64(y * c); math.Abs(v) >= 1 {
		return v * 0x1p-1022
	}
	// The result is a multiple of 2^-1074 below 2^-1022: adding 1 to 2^1022 times
	// it makes the last bit of the sum the last bit of the result.
	one := math.Copysign(1, y)
	b := fastTwoSum(one, float64(s.h*c))
	v := (b.h + (b.l + float64(s.l*c))) - one
	return math.Copysign(v*0x1p-1022, y)
}

// poly8 returns c[0] + c[1]*x + ... + c[7]*x^7, in blocks of four terms, of which
// the processor can run several at a time (Estrin's scheme).
func poly8(x float64, c *[8]float64) float64 {
	z := x * x
	a := (c[0] + float64(c[1]*x)) + float64(z*(c[2]+float64(c[3]*x)))
	b := (c[4] + float64(c[5]*x)) + float64(z*(c[6]+float64(c[7]*x)))
	return a + float64(z*z*b)
}

// poly12 returns c[0] + c[1]*x + ... + c[11]*x^11 in the same way.
func poly12(x float64, c *[12]float64) float64 {
	z := x * x
	w := z * z
	a := (c[0] + float64(c[1]*x)) + float64(z*(c[2]+float64(c[3]*x)))
	b := (c[4] + float64(c[5]*x)) + float64(z*(c[6]+float64(c[7]*x)))
	d := (c[8] + float64(c[9]*x)) + float64(z*(c[10]+float64(c[11]*x)))
	return a + float64(w*(b+float64(w*d)))
}
