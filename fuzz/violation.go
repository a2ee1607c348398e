package fuzz

import (
	"fmt"
	"math"
	"strings"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// A Violation is a broken promise with an input that shows it.
type Violation[T reduce.Float] struct {
	Promise   string  // what was promised
	How       string  // what Got and Want are
	X, Y      []T     // the terms, or the factors of a dot product
	Program   Program // of Cuts and DotCuts: how the terms were cut and merged
	Got, Want T
	From      int // the number of terms before the input was reduced

	products, cut bool
}

// Error describes the violation: the promise, the input as Go source, both results
// with their bits, how many numbers apart they are, and the condition number.
func (v *Violation[T]) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "fuzz: not %s: %s", v.Promise, v.How)
	fmt.Fprintf(&s, "\n  got  %s", describe(v.Got))
	fmt.Fprintf(&s, "\n  want %s", describe(v.Want))
	if n, ok := v.Ulps(); ok {
		fmt.Fprintf(&s, ", %d ulp away", n)
	}
	fmt.Fprintf(&s, "\n  %s, reduced from %d, condition number %.3g", plural.Of(len(v.X), "term"), v.From, v.Condition())
	fmt.Fprintf(&s, "\n  x := %s", Literal(v.X))
	if v.products {
		fmt.Fprintf(&s, "\n  y := %s", Literal(v.Y))
	}
	if v.cut {
		fmt.Fprintf(&s, "\n  p := %#v", v.Program)
	}
	return s.String()
}

// Ulps returns how many steps from one number of T to the next lead from Got to
// Want; ok is false where one of them is a NaN. The zeros are one step apart.
func (v *Violation[T]) Ulps() (steps uint64, ok bool) {
	if v.Got != v.Got || v.Want != v.Want {
		return 0, false
	}
	a, b := rank(v.Got), rank(v.Want)
	if a < b {
		a, b = b, a
	}
	return uint64(a) - uint64(b), true
}

// rank numbers the numbers of T in ascending order, -0 before +0.
func rank[T reduce.Float](v T) int64 {
	b := int64(kernel.Bits(abs(v)))
	if signbit(v) {
		return -1 - b
	}
	return b
}

// Condition is the condition number of the input; see Exact.
func (v *Violation[T]) Condition() float64 {
	return exact(terms[T]{v.X, v.Y, v.products}).Condition()
}

// describe returns v as a hexadecimal float, in decimal, and its bits.
func describe[T reduce.Float](v T) string {
	return fmt.Sprintf("%x (%v, bits 0x%0*x)", v, v, formatOf[T]().width/4, kernel.Bits(v))
}

// Literal returns x as Go source with hexadecimal floats, bit for bit.
func Literal[T reduce.Float](x []T) string {
	name := "float32"
	if kernel.Is64[T]() {
		name = "float64"
	}
	values := make([]string, len(x))
	for i, v := range x {
		values[i] = literal(name, v)
	}
	return "[]" + name + "{" + strings.Join(values, ", ") + "}"
}

func literal[T reduce.Float](name string, v T) string {
	switch {
	case v != v:
		return fmt.Sprintf("math.F%sfrombits(%#x)", name[1:], kernel.Bits(v))
	case math.IsInf(float64(v), 0):
		return fmt.Sprintf("%s(math.Inf(%d))", name, 1-2*boolInt(v < 0))
	case v == 0 && signbit(v):
		return name + "(math.Copysign(0, -1))"
	case v == T(int16(v)):
		return fmt.Sprint(int16(v))
	}
	return fmt.Sprintf("%x", v)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
