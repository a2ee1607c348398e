package reference

import "math/big"

// guardBits is guard in bits, with room for the rounding errors of a series of
// up to 2^16 terms.
const guardBits = 48

// float returns a zero of precision prec.
func float(prec uint) *big.Float { return new(big.Float).SetPrec(prec) }

// integer returns n, exactly.
func integer(n int64) *big.Float { return new(big.Float).SetInt64(n) }

// series returns t(0) + t(1) + ..., where t(0) is first and next turns t(n-1)
// into t(n), in place. It ends when a term no longer reaches the precision of
// first. The caller sees to it that the terms fall, and do not cancel.
func series(first *big.Float, next func(t *big.Float, n int64)) *big.Float {
	sum := float(first.Prec()).Set(first)
	t := float(first.Prec()).Set(first)
	for n := int64(1); t.Sign() != 0 && t.MantExp(nil) >= sum.MantExp(nil)-int(sum.Prec()); n++ {
		next(t, n)
		sum.Add(sum, t)
	}
	return sum
}

// Pi returns pi with a relative error below 10^-digits, by Machin's formula
// pi/4 = 4 atan(1/5) - atan(1/239).
func Pi(digits int) *big.Float {
	prec := Bits(digits)
	return float(prec).Set(pi(prec + guardBits))
}

func pi(prec uint) *big.Float {
	a := atanInverse(5, prec)
	b := atanInverse(239, prec)
	a.Mul(a, integer(16))
	return a.Sub(a, b.Mul(b, integer(4)))
}

// atanInverse returns atan(1/q) by Euler's series, whose terms are all positive:
//
//	q/(q^2+1) * (1 + 2/3 y + 2*4/(3*5) y^2 + ...), y = 1/(q^2+1)
func atanInverse(q int64, prec uint) *big.Float {
	first := float(prec).Quo(integer(q), integer(q*q+1))
	return series(first, func(t *big.Float, n int64) {
		t.Mul(t, integer(2*n))
		t.Quo(t, integer((q*q+1)*(2*n+1)))
	})
}
