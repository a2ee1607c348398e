package reference

import "math/big"

// Tanh returns the hyperbolic tangent of x with a relative error below
// 10^-digits, as (1-t)/(1+t) with t = e^(-2|x|).
func Tanh(x *big.Float, digits int) *big.Float {
	prec := Bits(digits)
	e := x.MantExp(nil)
	if x.Sign() == 0 || 2*e < -int(prec+guardBits) {
		return float(prec).Set(x) // tanh x = x (1 - x^2/3 + ...)
	}
	// Near zero 1-t cancels as many bits as x has zeros after the point.
	work := digits + guard + max(0, -e)/3
	t := float(Bits(work)).Abs(x)
	t = Exp(t.Mul(t, integer(-2)), work)
	one := integer(1)
	denominator := float(t.Prec()).Add(one, t)
	y := t.Quo(t.Sub(one, t), denominator)
	if x.Signbit() {
		y.Neg(y)
	}
	return float(prec).Set(y)
}

// Erf returns the error function of x with a relative error below 10^-digits.
func Erf(x *big.Float, digits int) *big.Float {
	prec := Bits(digits)
	if x.IsInf() {
		return float(prec).SetInt64(int64(x.Sign()))
	}
	if !tailVanishes(x, prec+guardBits) {
		return float(prec).Set(erfSeries(x, digits+guard))
	}
	...
}
