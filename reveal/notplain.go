package reveal

import (
	"fmt"
	"strings"
)

// Cause is why a function is no plain summation tree, as far as it can be told.
type Cause string

// The causes, in the order in which they are looked for.
const (
	NotSum             Cause = "not a sum"
	Nondeterministic   Cause = "nondeterministic"
	ElementDependent   Cause = "element-dependent"
	AddressDependent   Cause = "address-dependent"
	Widened            Cause = "widened"
	CorrectlyRounded   Cause = "correctly rounded"
	OrderFree          Cause = "order-free"
	TwicePrecision     Cause = "twice the precision"
	Compensated        Cause = "compensated"
	InconsistentProbes Cause = "inconsistent"
	UnknownArithmetic  Cause = "unknown arithmetic"
	ValueDependent     Cause = "value-dependent"
)

// explanations say what the causes mean.
var explanations = map[Cause]string{
	NotSum:             "one number among zeros does not come back",
	Nondeterministic:   "two calls on the same data differ",
	ElementDependent:   "the elements of the product are summed in different orders",
	AddressDependent:   "the bits depend on where the data lie in memory",
	Widened:            "a plain tree in float64, rounded to float32 at the end",
	CorrectlyRounded:   "the exact sum, rounded once",
	OrderFree:          "no permutation of the terms changes the bits, as in sorted or binned sums",
	TwicePrecision:     "as accurate as in twice the precision, as Neumaier's or a double-double sum",
	Compensated:        "more accurate than a plain tree, within the bound of Kahan's sum",
	InconsistentProbes: "no tree explains what the masks show: the order depends on the values, or it is no sum in floating point",
	UnknownArithmetic:  "nodes of more than two operands, whose arithmetic is not known",
	ValueDependent:     "a tree explains the masks but not other data: the order depends on the values, or the additions are not plain ones",
}

// Explanation says in words what the cause means.
func (c Cause) Explanation() string { return explanations[c] }

// NotPlain is the error that a function is not a plain summation tree.
type NotPlain struct {
	Cause Cause
	// Tree is what the probes show, or nil if no tree explains them. It is right where
	// Cause is Widened, and for the data's first place where it is AddressDependent.
	Tree *Tree
	// Odd is the probe that no tree explains, or nil.
	Odd error
	// Example is data that shows it, if Cause does not say all.
	Example *Example
	// Variants are the trees of an AddressDependent or ElementDependent function.
	Variants []Variant
}

// Example is data on which the function does not give what was expected. Y is nil for
// a sum. float32 data are here as float64.
type Example struct {
	X, Y      []float64
	Got, Want float64
	Expected  string // what gives Want
}

// Variant is a tree, nil where no tree explains the probes, and where it is used. At
// lists the distances of x and y from a multiple of 64 bytes, in elements; or the
// rows and columns of the elements of a product.
type Variant struct {
	At   [][2]int
	Tree *Tree
}

func (e *NotPlain) Error() string {
	s := fmt.Sprintf("not a plain summation tree: %s: %s", e.Cause, e.Cause.Explanation())
	if e.Odd != nil {
		s += "; " + e.Odd.Error()
	}
	if x := e.Example; x != nil {
		s += fmt.Sprintf("; for %s the function gives %x, and %s %x", x.terms(), x.Got, x.Expected, x.Want)
	}
	return s
}

// maxListed is the largest number of terms that an error lists.
const maxListed = 8

// terms lists the terms that are not zero, if they are few.
func (x *Example) terms() string {
	var listed []string
	for i, v := range x.X {
		switch {
		case v == 0:
		case x.Y == nil || x.Y[i] == 1:
			listed = append(listed, fmt.Sprintf("x[%d] = %x", i, v))
		default:
			listed = append(listed, fmt.Sprintf("x[%d]*y[%d] = %x * %x", i, i, v, x.Y[i]))
		}
	}
	if len(listed) > maxListed {
		return fmt.Sprintf("%d terms", len(listed))
	}
	if len(listed) == 0 {
		return fmt.Sprintf("%d zeros", len(x.X))
	}
	return strings.Join(listed, ", ") + " and zeros elsewhere"
}
