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
	work := digits + guard + max(0, -e)/3 // 1-t cancels as many bits as |x| has leading zeros
	t := float(Bits(work)).Abs(x)
	t = Exp(t.Mul(t, integer(-2)), work)
	denominator := float(t.Prec()).Add(integer(1), t)
	y := t.Quo(t.Sub(integer(1), t), denominator)
	if x.Signbit() {
		y.Neg(y)
	}
	return float(prec).Set(y)
}
