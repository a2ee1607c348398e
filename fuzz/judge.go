package fuzz

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
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
func Judge[T reduce.Float](order reduce.Order, e Exact, got T) error {
	c, want := ContractOf(order), RoundExact[T](e)
	certain := c.Promises.has(CorrectlyRounded) || e.Magnitude.Sign() == 0 && e.Special == 0
	switch {
	case got != got && kernel.Bits(got) != kernel.Bits(kernel.NaN[T]()):
		return fmt.Errorf("%v: NaN %#x is not canonical", order, kernel.Bits(got))
	case certain && kernel.Bits(got) != kernel.Bits(want):
		return fmt.Errorf("%v: got %s, want %s", order, describe(got), describe(want))
	}
	if how := outside(c.Within, e, got, want); how != "" {
		return fmt.Errorf("%v: got %s, want %s: %s; %s", order, describe(got), describe(want), how, plural.Of(e.Terms, "term"))
	}
	return nil
}
