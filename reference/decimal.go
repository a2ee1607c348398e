package reference

import (
	"fmt"
	"math/big"

	"github.com/ericlagergren/decimal"
)

// guard is how many decimal digits every function computes beyond those asked
// for, to cover the rounding of its argument and of its own few steps.
const guard = 8

// Bits returns the precision of a big.Float that holds n decimal digits: a little
// over n*log2(10). It panics if n is less than 1.
func Bits(n int) uint {
	if n < 1 {
		panic(fmt.Sprintf("reference: %d digits; at least 1 is needed", n))
	}
	return uint(n)*3322/1000 + 2
}

// Exp returns e^x with a relative error below 10^-digits. Beyond the exponents of
// a big.Float (|x| of about 1.48e9) the result is +Inf or 0. A call at 60 digits
// takes some 40 us.
func Exp(x *big.Float, digits int) *big.Float {
	prec := Bits(digits)
	switch limit := big.NewFloat(1 << 31); {
	case x.Cmp(limit) > 0:
		return new(big.Float).SetPrec(prec).SetInf(false)
	case x.Cmp(limit.Neg(limit)) < 0:
		return new(big.Float).SetPrec(prec)
	}
	// The continued fraction of package decimal converges the faster, the smaller
	// its argument: e^x = (e^(x/2^k))^(2^k). Each squaring doubles the relative
	// error, which k binary digits more make up for.
	k := max(0, x.MantExp(nil)+16)
	ctx := working(digits + k/3 + 1)
	root := new(big.Float).SetMantExp(x, -k)
	y := fromDecimal(ctx.Exp(newDecimal(ctx), toDecimal(ctx, root)), Bits(ctx.Precision))
	for range k {
		y.Mul(y, y)
	}
	return y.SetPrec(prec)
}

// Log returns the natural logarithm of x with a relative error below 10^-digits,
// and -Inf for 0. It panics if x is negative.
func Log(x *big.Float, digits int) *big.Float {
	checkSign("Log", x)
	prec := Bits(digits)
	if x.Sign() == 0 || x.IsInf() {
		return new(big.Float).SetPrec(prec).SetInf(x.Sign() == 0)
	}
	// Near 1, log x is near x - 1: as many digits vanish as 1 has zeros there.
	// The subtraction is exact enough to tell how many: its exponent is right.
	if d := new(big.Float).SetPrec(x.Prec()).Sub(x, big.NewFloat(1)); d.Sign() != 0 {
		digits += max(0, -d.MantExp(nil)) / 3
	}
	ctx := working(digits)
	return fromDecimal(ctx.Log(newDecimal(ctx), toDecimal(ctx, x)), prec)
}

// Sqrt returns the square root of x with a relative error below 10^-digits. It
// panics if x is negative.
func Sqrt(x *big.Float, digits int) *big.Float {
	checkSign("Sqrt", x)
	prec := Bits(digits)
	if x.Sign() == 0 || x.IsInf() {
		return new(big.Float).SetPrec(prec).Set(x)
	}
	ctx := working(digits)
	return fromDecimal(ctx.Sqrt(newDecimal(ctx), toDecimal(ctx, x)), prec)
}

func checkSign(function string, x *big.Float) {
	if x.Sign() < 0 {
		panic(fmt.Sprintf("reference: %s(%.17g): the argument is negative", function, x))
	}
}

// working is decimal arithmetic with guard digits. The precision is always set:
// without one, package decimal rounds to 16 digits.
func working(digits int) decimal.Context {
	return decimal.Context{Precision: digits + guard, RoundingMode: decimal.ToNearestEven}
}

// newDecimal returns a zero whose own operations, too, have the precision of ctx.
func newDecimal(ctx decimal.Context) *decimal.Big { return decimal.WithContext(ctx) }

// toDecimal rounds the finite x to the precision of ctx.
func toDecimal(ctx decimal.Context, x *big.Float) *decimal.Big {
	z, ok := newDecimal(ctx).SetString(x.Text('e', ctx.Precision-1))
	if !ok || !z.IsFinite() {
		panic(fmt.Sprintf("reference: %g has no decimal value", x))
	}
	return z
}

// fromDecimal rounds x to prec bits. It goes through text, since decimal's own
// conversions are not all correctly rounded.
func fromDecimal(x *decimal.Big, prec uint) *big.Float {
	if !x.IsFinite() {
		panic(fmt.Sprintf("reference: decimal arithmetic returned %v (%v)", x, x.Context.Conditions))
	}
	z, _, err := big.ParseFloat(x.String(), 10, prec, big.ToNearestEven)
	if err != nil {
		panic(fmt.Sprintf("reference: %v: %v", x, err))
	}
	return z
}
