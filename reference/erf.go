package reference

import "math/big"

// Erf returns the error function of x with a relative error below 10^-digits.
func Erf(x *big.Float, digits int) *big.Float {
	prec := Bits(digits)
	if farOut(x, prec) {
		return float(prec).SetInt64(int64(x.Sign())) // 1 - |erf x| < e^(-x^2)
	}
	return float(prec).Set(erfSeries(x, digits))
}

// Erfc returns 1 - erf x with a relative error below 10^-digits, also where it is
// tiny.
func Erfc(x *big.Float, digits int) *big.Float {
	prec := Bits(digits)
	switch {
	case farOut(x, prec) && x.Sign() > 0:
		return float(prec).Set(erfcTail(x, digits))
	case farOut(x, prec):
		return float(prec).SetInt64(2)
	}
	// For x > 0, erfc x > e^(-x^2)/(1+2x): the subtraction cancels no more than
	// x^2 log10(e) digits and the few of 1+2x, which guard covers.
	cancelled, _ := square(x).Int64()
	erf := erfSeries(x, digits+guard+int(cancelled)/2)
	return float(prec).Set(erf.Sub(integer(1).SetPrec(erf.Prec()), erf))
}

// farOut tells whether x^2 is beyond prec and guard bits: there e^(-x^2) is below
// every rounding error, and the asymptotic series reaches that precision before
// its terms grow, its smallest being about sqrt(2) e^(-x^2).
func farOut(x *big.Float, prec uint) bool {
	return x.IsInf() || square(x).Cmp(integer(int64(prec+guardBits))) > 0
}

// square returns x^2, exactly.
func square(x *big.Float) *big.Float { return float(max(1, 2*x.MinPrec())).Mul(x, x) }

// erfSeries returns erf x, guard digits included, by a series without
// cancellation (DLMF 7.6.2):
//
//	2/sqrt(pi) e^(-x^2) (x + 2x^3/3 + 4x^5/(3*5) + ...)
func erfSeries(x *big.Float, digits int) *big.Float {
	prec := Bits(digits) + guardBits
	xx := square(x)
	twice := float(prec).Mul(xx, integer(2))
	sum := series(float(prec).Set(x), func(t *big.Float, n int64) {
		t.Quo(t.Mul(t, twice), integer(2*n+1))
	})
	return gaussian(sum.Mul(sum, integer(2)), xx, digits)
}

// erfcTail returns erfc x for large x, guard digits included, by its asymptotic
// series (DLMF 7.12.1):
//
//	e^(-x^2)/(sqrt(pi) x) (1 - 1/(2x^2) + 1*3/(2x^2)^2 - ...)
func erfcTail(x *big.Float, digits int) *big.Float {
	if x.IsInf() {
		return new(big.Float)
	}
	prec := Bits(digits) + guardBits
	xx := square(x)
	factor := float(prec).Quo(big.NewFloat(-0.5), xx)
	sum := series(integer(1).SetPrec(prec), func(t *big.Float, n int64) {
		t.Mul(t.Mul(t, factor), integer(2*n-1))
	})
	return gaussian(sum.Quo(sum, x), xx, digits)
}

// gaussian returns y e^(-xx) / sqrt(pi), guard digits included.
func gaussian(y, xx *big.Float, digits int) *big.Float {
	work := digits + guard
	y.Mul(y, Exp(new(big.Float).Neg(xx), work))
	return y.Quo(y, Sqrt(Pi(work), work))
}
