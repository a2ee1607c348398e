package fuzz

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/ericlagergren/decimal"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// decimalDigits hold any sum of products of float64: from 10^636, of 2^63 terms, to
// the last digit of 2^-2148.
const decimalDigits = 636 + 2148

var errNarrow = errors.New("fuzz: the decimal library computes wrongly where int has 32 bits")

// DecimalSum returns the correctly rounded sum of x by decimal arithmetic, which
// shares nothing with ExactSum: a second opinion, some 100 times slower. An exactly
// zero sum is +0. A term that is not finite is an error, as is an int of 32 bits, on
// which package decimal computes wrongly.
func DecimalSum[T reduce.Float](x []T) (T, error) { return decimalSum(terms[T]{x: x}) }

// DecimalDot is DecimalSum of the products x[i]*y[i]. It panics if the lengths
// differ.
func DecimalDot[T reduce.Float](x, y []T) (T, error) { return decimalSum(newProducts(x, y)) }

func decimalSum[T reduce.Float](t terms[T]) (T, error) {
	if bits.UintSize < 64 {
		return 0, errNarrow
	}
	if i := t.firstNonFinite(); i >= 0 {
		return 0, fmt.Errorf("fuzz: term %d is not finite: no decimal value", i)
	}
	// The precision is always set: without one, package decimal rounds to 16 digits.
	ctx := decimal.Context{Precision: decimalDigits, RoundingMode: decimal.ToNearestEven}
	number := func(v T) *decimal.Big { return decimal.WithContext(ctx).SetFloat64(float64(v)) } // exact
	sum := number(0)
	for i := range t.x {
		x, y := t.factors(i)
		p := number(x)
		ctx.Add(sum, sum, ctx.Mul(p, p, number(y)))
	}
	if sum.Context.Conditions&decimal.Inexact != 0 || !sum.IsFinite() {
		return 0, fmt.Errorf("fuzz: decimal sum of %s: %v", plural.Of(t.len(), "term"), sum.Context.Conditions)
	}
	if sum.Sign() == 0 {
		return 0, nil
	}
	// By its text: the library's own Float64 is not correctly rounded.
	v, err := strconv.ParseFloat(sum.String(), formatOf[T]().width)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // v is the infinity
	}
	return T(v), err
}
