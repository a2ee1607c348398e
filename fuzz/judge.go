package fuzz

import (
	"fmt"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Judge returns an error unless got may be the order's result for a sum whose
// exact value is e:
//
//   - a NaN is the canonical one;
//   - Exact is right in every bit;
//   - an infinity or NaN among the terms, and a sum of zeros alone, have the one
//     result that IEEE 754 gives them (but Kahan's correction turns an infinity
//     into a NaN);
//   - otherwise got is within Bound.
//
// Where the other orders might overflow on the way only the first two are asked.
func Judge[T kernel.Float](order reduce.Order, e Exact, got T) error {
	want := RoundExact[T](e)
	certain := order.Kind() == reduce.KindExact
	if !Overflows[T](e) {
		certain = certain || e.Special != 0 || e.Magnitude.Sign() == 0
	}
	switch {
	case got != got && kernel.Bits(got) != kernel.Bits(kernel.NaN[T]()):
		return fmt.Errorf("%v: NaN %#x is not canonical", order, kernel.Bits(got))
	case got != got && order.Kind() == reduce.KindKahan && e.Special != 0:
		return nil
	case certain && kernel.Bits(got) != kernel.Bits(want):
		return fmt.Errorf("%v: %x (%#x), want %x (%#x)", order, got, kernel.Bits(got), want, kernel.Bits(want))
	case certain || Overflows[T](e):
		return nil
	case !kernel.IsFinite(got):
		return fmt.Errorf("%v: %v, want %x: nothing can overflow", order, got, want)
	}
	off := bigFloat(float64(got))
	off.Sub(off, e.Sum)
	if bound := Bound[T](order, e); off.Abs(off).Cmp(bound) > 0 {
		return fmt.Errorf("%v: %x is %s off the exact sum, more than %s; magnitude %s, %d terms",
			order, got, short(off), short(bound), short(e.Magnitude), e.Terms)
	}
	return nil
}

func short(v *big.Float) string { return v.Text('g', 6) }
