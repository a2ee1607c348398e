package diagnose

import (
	"fmt"
	"math"
	"slices"

	"github.com/samebits/samebits/gemm"
)

// reductions are the ways in which a stage may have been computed in a lower precision
// that can be replayed: inputs of a product rounded, shares of an all-reduce rounded,
// the result rounded.
func (r *replayer) reductions(stage string, op operation, c *comparison) []hypothesis {
	var list []hypothesis
	formats := lower(r.a.values)
	if l, ok := op.(linear); ok {
		if r.a.values.digits == f32.digits {
			list = append(list, l.products(tf32)...) // f16 rounds alike within its range
		}
		for _, f := range formats {
			list = append(list, l.products(f)...)
		}
		if _, name := split(stage); name == "attn.out" || name == "mlp.down" {
			for _, cut := range r.cuts(name) {
				for _, f := range formats {
					list = append(list, l.exchanged(f, cut, false), l.exchanged(f, cut, true))
				}
			}
		}
	}
	for _, f := range slices.Backward(formats) { // f16 holds most numbers of bf16
		if representable(c.y, f) {
			list = append(list, hypothesis{
				"stored-" + f.name, "the values are stored in " + f.name, "every value is a number of " + f.name + ", and within its rounding", f.name,
				func() *estimate { return stored(op, f) }, false,
			})
		}
	}
	return list
}

// representable tells whether all values are numbers of the format. A few values could
// be by chance.
func representable(y []float64, f format) bool {
	n := 0
	for _, v := range y {
		if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		if f.roundedTo(v) != v {
			return false
		}
		n++
	}
	return n >= 16
}

// stored is the stage with sums in float32 and values in the format.
func stored(op operation, f format) *estimate {
	sums := f32
	e := with(op, arithmetic{f, sums}).replay()
	if l, ok := op.(linear); ok && f.digits < f32.digits {
		l.roundInputs(e, f.unit)
	}
	return e
}

// products are a matrix product whose inputs, or one of them, are rounded to a format
// before it, and its result, too, or not.
func (l linear) products(f format) []hypothesis {
	var list []hypothesis
	truncated := f
	truncated.roundedTo = func(x float64) float64 { return truncate(x, f.digits) }
	for _, how := range []struct {
		text string
		x, w *format
		out  bool
	}{
		{"inputs and weights", &f, &f, false}, {"inputs and weights, by truncation,", &truncated, &truncated, false},
		{"inputs", &f, nil, false}, {"weights", nil, &f, false}, {"inputs, weights and the product", &f, &f, true},
	} {
		list = append(list, hypothesis{
			"product-" + f.name, fmt.Sprintf("%s are rounded to %s", how.text, f.name), "the product, with them rounded, in float64", f.name,
			func() *estimate { return l.roundedProduct(how.x, how.w, how.out, f) }, false,
		})
	}
	return list
}

func (l linear) roundedProduct(x, w *format, out bool, f format) *estimate {
	if x != nil {
		l.x = l.x.rounded(*x)
	}
	if w != nil {
		l.w = gemm.Dense(l.w.Rows, l.w.Cols, roundedAll(l.w.Data, *w))
	}
	if !out {
		return l.replay()
	}
	bias := l.bias
	l.bias = nil
	e := l.replay()
	l.bias = bias
	l.roundAdd(e, f)
	return e
}

// roundAdd rounds the values of the estimate to the format, within its errors, and adds
// the bias.
func (l linear) roundAdd(e *estimate, f format) {
	for i := range e.x {
		e.snap(i, f)
		if l.bias != nil {
			e.x[i] += l.bias[i%e.cols]
			e.rounding(i, math.Abs(e.x[i]), l.a.u(), 1)
		}
	}
}

// snap replaces a value by its rounding to the format: exactly, unless its errors
// reach to the neighbour.
func (e *estimate) snap(i int, f format) {
	b := e.errors.proof[i]
	lo, hi, mid := f.roundedTo(e.x[i]-b), f.roundedTo(e.x[i]+b), f.roundedTo(e.x[i])
	e.x[i] = mid
	wide := max(hi-mid, mid-lo)
	e.errors.proof[i], e.errors.systematic[i], e.errors.sigma[i] = wide, wide, 0
}

func truncate(x float64, digits int) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	_, e := math.Frexp(x)
	unit := math.Ldexp(1, e-digits)
	return math.Trunc(x/unit) * unit
}

func (t tensor) rounded(f format) tensor {
	t.x = roundedAll(t.x, f)
	return t
}

func roundedAll(x []float64, f format) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f.roundedTo(v)
	}
	return y
}

// exchanged is a row-parallel layer whose ranks round their shares to the format; their
// sum is rounded, too, where narrow, or else formed in the declared arithmetic.
func (l linear) exchanged(f format, c cut, narrow bool) hypothesis {
	text := fmt.Sprintf("the %d ranks exchange their shares in %s", c.ranks(), f.name)
	if narrow {
		text += " and sum them in it"
	}
	return hypothesis{"allreduce-" + f.name, text, "each rank's share, rounded, and their sum", f.name, func() *estimate {
		var total *estimate
		for k := range c.ranks() {
			part := l.share(c.lo[k], c.hi[k]).replay()
			for i := range part.x {
				part.snap(i, f)
				if total != nil {
					part.x[i] += total.x[i]
					part.errors.proof[i] += total.errors.proof[i]
					part.errors.systematic[i] += total.errors.systematic[i]
					part.rounding(i, math.Abs(part.x[i]), l.a.u(), 1)
					if narrow {
						part.snap(i, f)
					}
				}
			}
			total = part
		}
		for i := range total.x {
			if l.bias != nil {
				total.x[i] += l.bias[i%total.cols]
				total.rounding(i, math.Abs(total.x[i])+math.Abs(l.bias[i%total.cols]), l.a.u(), 1)
			}
			total.rounding(i, math.Abs(total.x[i]), l.a.u(), 1)
		}
		return total
	}, false}
}
