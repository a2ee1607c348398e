package reference

import (
	"fmt"
	"math/big"
)

// Sin returns the sine of x with a relative error below 10^-digits, also next to
// the multiples of pi. It panics if x is infinite.
func Sin(x *big.Float, digits int) *big.Float { return circular(x, digits, 0) }

// Cos returns the cosine of x with a relative error below 10^-digits, also next
// to the odd multiples of pi/2. It panics if x is infinite.
func Cos(x *big.Float, digits int) *big.Float { return circular(x, digits, 1) }

// circular returns sin(x + quarters*pi/2). With x = k*pi/2 + r, that is one of
// sin r, cos r, -sin r, -cos r, by k + quarters mod 4.
func circular(x *big.Float, digits int, quarters int64) *big.Float {
	if x.IsInf() {
		panic(fmt.Sprintf("reference: sine or cosine of %v", x))
	}
	prec := Bits(digits)
	k, r := reduce(x, prec+guardBits)
	quadrant := new(big.Int).And(k.Add(k, big.NewInt(quarters)), big.NewInt(3)).Int64()
	y := sinSeries(r)
	if quadrant%2 == 1 {
		y = cosSeries(r)
	}
	if quadrant >= 2 {
		y.Neg(y)
	}
	return float(prec).Set(y)
}

// reduce returns an integer k and r = x - k*pi/2, |r| <= pi/4 or a hair more, r
// to prec bits. The subtraction cancels the bits of k, and more where x is close
// to k*pi/2; how many shows afterwards, and then it is repeated with so many
// more.
func reduce(x *big.Float, prec uint) (k *big.Int, r *big.Float) {
	for spare := uint(64); ; spare *= 2 {
		work := prec + spare + uint(max(0, x.MantExp(nil)))
		half := pi(work)
		half.SetMantExp(half, -1)
		k = nearest(float(work).Quo(x, half))
		if k.Sign() == 0 {
			return k, float(prec).Set(x)
		}
		r = half.Mul(half, new(big.Float).SetInt(k))
		r.Sub(x, r)
		if r.Sign() != 0 && -r.MantExp(nil) < int(spare) {
			return k, float(prec).Set(r)
		}
	}
}

// nearest returns an integer at most 1/2 away from x.
func nearest(x *big.Float) *big.Int {
	half := big.NewFloat(0.5)
	if x.Signbit() {
		half.Neg(half)
	}
	n, _ := x.Add(x, half).Int(nil) // towards zero
	return n
}

// sinSeries returns r - r^3/3! + r^5/5! - ... for |r| < 1.
func sinSeries(r *big.Float) *big.Float {
	square := minusSquare(r)
	return series(r, func(t *big.Float, n int64) {
		t.Quo(t.Mul(t, square), integer(2*n*(2*n+1)))
	})
}

// cosSeries returns 1 - r^2/2! + r^4/4! - ... for |r| < 1.
func cosSeries(r *big.Float) *big.Float {
	square := minusSquare(r)
	return series(float(r.Prec()).SetInt64(1), func(t *big.Float, n int64) {
		t.Quo(t.Mul(t, square), integer((2*n-1)*2*n))
	})
}

func minusSquare(r *big.Float) *big.Float {
	s := float(r.Prec()).Mul(r, r)
	return s.Neg(s)
}
