package elementary

import (
	"math"
	"math/big"
	"sync"
)

// The oracle: every function in math/big, by series that the code under test does
// not use, to precision bits or better, relative.
const precision = 200

type number = *big.Float

func newNumber(prec uint, x float64) number { return new(big.Float).SetPrec(prec).SetFloat64(x) }
func integer(prec uint, n int64) number     { return new(big.Float).SetPrec(prec).SetInt64(n) }

func add(x, y number) number { return new(big.Float).SetPrec(x.Prec()).Add(x, y) }
func sub(x, y number) number { return new(big.Float).SetPrec(x.Prec()).Sub(x, y) }
func product(x, y number) number {
	return new(big.Float).SetPrec(x.Prec()).Mul(x, y)
}
func over(x, y number) number { return new(big.Float).SetPrec(x.Prec()).Quo(x, y) }

func twoTo(x number, k int) number { return new(big.Float).SetMantExp(x, k) }

// series sums first * (1 + ratio(1) * (1 + ratio(2) * ...)), term by term, until the
// terms no longer count.
func series(first number, ratio func(n int64, term number) number) number {
	total, term := first, first
	for n := int64(1); ; n++ {
		term = ratio(n, term)
		if term.Sign() == 0 || total.MantExp(nil)-term.MantExp(nil) > int(first.Prec()) {
			return total
		}
		total = add(total, term)
	}
}

// bigExpm1 returns e^x - 1, for |x| < 1/2.
func bigExpm1(x number) number {
	return series(x, func(n int64, t number) number {
		return over(product(t, x), integer(x.Prec(), n+1))
	})
}

// bigExp returns e^x by k halvings of x and k squarings of the result.
func bigExp(x number) number {
	k := max(x.MantExp(nil)+8, 1)
	prec := x.Prec()
	y := new(big.Float).SetPrec(prec + uint(k) + 8).Set(x)
	y = add(bigExpm1(twoTo(y, -k)), integer(y.Prec(), 1))
	for range k {
		y = product(y, y)
	}
	return new(big.Float).SetPrec(prec).Set(y)
}

// bigPi returns pi to at most 2000 bits.
func bigPi(prec uint) number { return new(big.Float).SetPrec(prec).Set(machin()) }

// machin is pi by Machin's formula, 16 atan(1/5) - 4 atan(1/239).
var machin = sync.OnceValue(func() number {
	const prec = 2000
	atan := func(n int64) number {
		x := over(integer(prec+16, 1), integer(prec+16, n))
		z := product(x, x)
		power := x
		return series(x, func(n int64, _ number) number {
			power = new(big.Float).Neg(product(power, z))
			return over(power, integer(prec+16, 2*n+1))
		})
	}
	return sub(product(integer(prec+16, 16), atan(5)), product(integer(prec+16, 4), atan(239)))
})

// bigSincos is for a float64.
func bigSincos(x float64) (sin, cos number) { return bigSincosAny(newNumber(1500, x)) }

// bigSincosAny reduces x by a pi of 1500 bits.
func bigSincosAny(x number) (sin, cos number) {
	half := twoTo(bigPi(1500), -1)
	q := over(x, half)
	n, _ := add(q, newNumber(q.Prec(), math.Copysign(0.5, float64(x.Sign())))).Int(nil)
	r := sub(x, product(new(big.Float).SetPrec(half.Prec()).SetInt(n), half))
	r.SetPrec(precision)
	s, c := bigSincosOf(r)
	for range new(big.Int).And(n, big.NewInt(3)).Int64() {
		s, c = c, new(big.Float).Neg(s)
	}
	return s, c
}

// bigSincosOf is the Maclaurin series, for |r| below 2 or so.
func bigSincosOf(r number) (sin, cos number) {
	z := new(big.Float).Neg(product(r, r))
	term := func(shift int64) func(int64, number) number {
		return func(n int64, t number) number {
			return over(product(t, z), integer(precision, (2*n+shift)*(2*n+shift-1)))
		}
	}
	sin, cos = r, integer(precision, 1)
	if r.Sign() != 0 {
		sin, cos = series(r, term(1)), series(cos, term(0))
	}
	return sin, cos
}

// bigScaledTail returns exp(a^2/2)*Q(a) for a >= 0, as
// exp(a^2/2)/2 - (a + a^3/3 + a^5/15 + ...)/sqrt(2 pi), with the digits that cancel.
func bigScaledTail(a number) number {
	f, _ := a.Float64()
	prec := precision + 64 + uint(0.75*f*f)
	x := new(big.Float).SetPrec(prec).Set(a)
	v := product(x, x)
	e := bigExp(twoTo(v, -1))
	if x.Sign() == 0 {
		return newNumber(precision, 0.5)
	}
	s := series(x, func(n int64, t number) number {
		return over(product(t, v), integer(prec, 2*n+1))
	})
	root := new(big.Float).SetPrec(prec).Sqrt(twoTo(bigPi(prec), 1))
	return new(big.Float).SetPrec(precision).Set(sub(twoTo(e, -1), over(s, root)))
}

// bigMills returns exp(a^2/2)*Q(a), for a >= 4, by Laplace's continued fraction
// 1/(a + 1/(a + 2/(a + 3/...)))/sqrt(2 pi). The
// number of terms was found by experiment; TestOracle shows that it suffices.
func bigMills(a number) number {
	f, _ := a.Float64()
	d := a
	for n := int64(8000/(f*f)) + 60; n > 0; n-- {
		d = add(a, over(integer(precision, n), d))
	}
	root := new(big.Float).Sqrt(twoTo(bigPi(precision), 1))
	return over(integer(precision, 1), product(root, d))
}

// bigPhi returns the normal distribution function of x.
func bigPhi(x number) number {
	a := new(big.Float).Abs(x)
	r := bigScaledTail
	if a.MantExp(nil) > 2 {
		r = bigMills
	}
	q := product(bigExp(new(big.Float).Neg(twoTo(product(a, a), -1))), r(a))
	if x.Sign() > 0 {
		return sub(integer(precision, 1), q)
	}
	return q
}

// bigErf is the series of Abramowitz and Stegun 7.1.6, whose terms are positive.
func bigErf(x number) number {
	v := product(x, x)
	s := series(x, func(n int64, t number) number {
		return over(product(t, twoTo(v, 1)), integer(x.Prec(), 2*n+1))
	})
	root := new(big.Float).SetPrec(x.Prec()).Sqrt(bigPi(x.Prec()))
	return over(twoTo(product(s, bigExp(new(big.Float).Neg(v))), 1), root)
}

func bigTanh(x number) number {
	t := twoTo(x, 1)
	one := integer(x.Prec(), 1)
	var m number
	if t.MantExp(nil) < 0 {
		m = bigExpm1(t)
	} else {
		m = sub(bigExp(t), one)
	}
	return over(m, add(m, twoTo(one, 1)))
}

// bigLogistic returns 1/(1 + e^-z).
func bigLogistic(z number) number {
	one := integer(z.Prec(), 1)
	return over(one, add(one, bigExp(new(big.Float).Neg(z))))
}

// oracles gives the true value of each function of a finite float64. Arguments so
// large that the result is 0, 1, x or infinite are brought down to where it still is.
var oracles = map[string]func(x float64) number{
	"Exp":     func(x float64) number { return bigExp(clamp(x, 2000)) },
	"Tanh":    func(x float64) number { return bigTanh(clamp(x, 200)) },
	"Erf":     func(x float64) number { return bigErf(clamp(x, 8)) },
	"Sigmoid": func(x float64) number { return bigLogistic(clamp(x, 2000)) },
	"SiLU":    func(x float64) number { return product(clampBelow(x, -4000), bigLogistic(clamp(x, 4000))) },
	"GELU":    func(x float64) number { return product(clampBelow(x, -42), bigPhi(clamp(x, 42))) },
	"GELUTanh": func(x float64) number {
		b0, b1 := bigGELU()
		v := clamp(x, 50)
		return product(clampBelow(x, -50), bigLogistic(product(v, add(b0, product(b1, product(v, v))))))
	},
	"Sin":  func(x float64) number { s, _ := bigSincos(x); return s },
	"Cos":  func(x float64) number { _, c := bigSincos(x); return c },
	"Sqrt": func(x float64) number { return new(big.Float).Sqrt(wide(math.Abs(x))) },
	"Exp2": func(x float64) number { return bigExp(product(clamp(x, 4000), bigLn2Once())) },
	"Expm1": func(x float64) number {
		if math.Abs(x) < 0.25 {
			return bigExpm1(wide(x))
		}
		return sub(bigExp(clamp(x, 2000)), wide(1))
	},
	"Log":  func(x float64) number { return bigLogAny(wide(math.Abs(x))) },
	"Log2": func(x float64) number { return over(bigLogAny(wide(math.Abs(x))), bigLn2Once()) },
	"Log1p": func(x float64) number {
		x = log1pDomain(x)
		v := newNumber(precision+1100, x) // holds 1 + x exactly
		if math.Abs(x) < 0x1p-90 {
			return sub(wide(x), twoTo(product(wide(x), wide(x)), -1)) // the next term is below 2^-180
		}
		return bigLogAny(add(v, newNumber(v.Prec(), 1)))
	},
	"Rsqrt": func(x float64) number { return over(wide(1), new(big.Float).Sqrt(wide(math.Abs(x)))) },
	"Cbrt":  func(x float64) number { return bigCbrt(wide(x)) },
}

// log1pDomain brings x into the domain of log1p, exactly.
func log1pDomain[T Float](x T) T {
	if x <= -1 {
		f, _ := math.Frexp(float64(x))
		return T(f)
	}
	return x
}

// bigLogAny returns log x for positive x: log m for the m within a factor of sqrt(2)
// of 1, exactly near 1, and the rest in multiples of log 2.
func bigLogAny(x number) number {
	if x.Sign() == 0 {
		return wide(math.Inf(-1))
	}
	m := new(big.Float)
	e := x.MantExp(m)
	if f, _ := m.Float64(); f < math.Sqrt2/2 {
		m, e = twoTo(m, 1), e-1
	}
	// log m = 2 atanh((m-1)/(m+1))
	one := integer(x.Prec(), 1)
	s := over(sub(m, one), add(m, one))
	l := integer(precision, 0)
	if s.Sign() != 0 {
		s.SetPrec(precision)
		power, z := s, product(s, s)
		l = twoTo(series(s, func(n int64, _ number) number {
			power = product(power, z)
			return over(power, integer(precision, 2*n+1))
		}), 1)
	}
	return add(l, product(integer(precision, int64(e)), bigLn2Once()))
}

var bigLn2Once = sync.OnceValue(bigLn2)

// bigCbrt takes Newton's steps.
func bigCbrt(x number) number {
	if x.Sign() == 0 {
		return x
	}
	m := new(big.Float)
	e := x.MantExp(m)
	for e%3 != 0 {
		m, e = twoTo(m, 1), e-1
	}
	f, _ := m.Float64()
	y := wide(math.Cbrt(f))
	for range 4 {
		y = over(add(twoTo(y, 1), over(m, product(y, y))), wide(3))
	}
	return twoTo(y, e/3)
}

func wide(x float64) number { return newNumber(precision, x) }

func clampBelow(x, limit float64) number { return wide(max(x, limit)) }

func clamp(x, limit float64) number { return wide(min(max(x, -limit), limit)) }

// bigGELU returns 2*sqrt(2/pi) and 0.044715 times that.
var bigGELU = sync.OnceValues(func() (b0, b1 number) {
	b0 = new(big.Float).SetPrec(precision).Sqrt(over(integer(precision, 8), bigPi(precision)))
	return b0, over(product(b0, integer(precision, 44715)), integer(precision, 1000000))
})
