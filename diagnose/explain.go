package diagnose

import (
	"cmp"
	"math"
	"slices"

	"github.com/samebits/samebits/trace"
)

// hypothesis is a way in which a stage may have gone wrong, or with less precision.
type hypothesis struct {
	cause, text, how string
	precision        string // of reduced precision; "" for a fault
	replay           func() *estimate
	fitted           bool // to the recorded values: a number of no name
}

// finding is what was found out about a stage that the declared arithmetic does not
// explain.
type finding struct {
	hints     []Hint
	precision string // reduced precision explains the stage
	inside    bool   // sums in the narrow format of values explain it
	reason    string
}

// explain looks for hypotheses that explain what was recorded. A fault that does so
// to the last digits of the declared arithmetic goes before reduced precision, which
// goes before noise of a lower precision.
func (r *replayer) explain(s trace.Stage, op operation, c *comparison) finding {
	var f finding
	if r.a.isNarrow() {
		f.inside = c.noise(op, arithmetic{r.a.values, r.a.values}, false) != nil
	}
	f.hints = c.faults(s.Name, r.hypotheses(s.Name, op, c), op)
	if len(f.hints) > 0 {
		return f
	}
	for _, h := range r.reductions(s.Name, op, c) {
		if after, ok := c.explains(h, op); ok {
			f.precision, f.hints = h.precision, []Hint{h.hint(s.Name, c, after)}
			return f
		}
	}
	if after, lower := r.noise(op, c); after != nil {
		if hint, ok := r.confined(s, op, c, after, lower); ok {
			f.hints = []Hint{hint}
			return f
		}
		f.precision = lower.name
		f.reason = "the errors are spread over the stage as roundings to " + lower.name + " are"
		return f
	}
	f.hints = r.where(s, c)
	return f
}

// faults returns the hints that explain the stage, the best first, of each cause the
// best. A number of no name
// that was fitted is given where none with a name explains the stage.
func (c *comparison) faults(stage string, list []hypothesis, op operation) []Hint {
	var named, fitted []Hint
	seen := map[string]bool{}
	for _, h := range list {
		if seen[h.text] {
			continue
		}
		after, ok := c.explains(h, op)
		if !ok {
			continue
		}
		seen[h.text] = true
		if hint := h.hint(stage, c, after); h.fitted {
			fitted = append(fitted, hint)
		} else {
			named = append(named, hint)
		}
	}
	if len(named) == 0 {
		named = fitted
	}
	slices.SortStableFunc(named, func(a, b Hint) int { return cmp.Compare(a.After, b.After) })
	causes := map[string]bool{}
	named = slices.DeleteFunc(named, func(h Hint) bool {
		again := causes[h.Cause]
		causes[h.Cause] = true
		return again
	})
	return named[:min(len(named), maxHints)]
}

// maxHints is how many hints are given.
const maxHints = 5

// explains replays the hypothesis and reports whether it brings all values within
// their limits, and leaves no systematic error where one was found.
func (c *comparison) explains(h hypothesis, op operation) (*comparison, bool) {
	e := h.replay()
	if e == nil || len(e.x) != len(c.y) {
		return nil, false
	}
	e = e.reshaped(c.e)
	after := compare(c.y, e, c.a)
	if !after.within() || after.spoilt > c.spoilt {
		return after, false
	}
	if c.within() && !c.e.mixed {
		for _, t := range after.systematic(op) {
			if t.Failed {
				return after, false
			}
		}
	}
	return after, true
}

func (h hypothesis) hint(stage string, before, after *comparison) Hint {
	return Hint{stage, h.cause, h.text, true, Number(before.share), Number(after.share), h.how}
}

// noise reports the lower precision, if any, whose roundings the errors look like: its
// bounds hold them, no direction sticks out, and they are spread over the stage. It
// returns the comparison with the stage of that precision, or nil.
func (r *replayer) noise(op operation, c *comparison) (*comparison, format) {
	for _, f := range lower(r.a.values) {
		sums := f32
		if f.digits == f32.digits {
			sums = f
		}
		if after := c.noise(op, arithmetic{f, sums}, true); after != nil {
			if _, product := op.(linear); product && f.name == f16.name {
				f = tf32
			}
			return after, f
		}
	}
	return nil, format{}
}

// lower lists the formats below, from the finest on. tf32 has the unit roundoff of
// f16, and its range is that of the products for which it is used.
func lower(f format) []format {
	switch f.name {
	case "f64":
		return []format{f32, f16, bf16}
	case "f32":
		return []format{f16, bf16}
	}
	return nil
}

// noise compares with the stage in that arithmetic, and returns nil unless the errors
// look like its roundings; inputs: of inputs of products, too, and spread over the
// stage. (That sums are accumulated in a narrow format needs no such sign: most stages
// must show it, see settle.)
func (c *comparison) noise(op operation, a arithmetic, inputs bool) *comparison {
	alt := with(op, a)
	e := alt.replay()
	e = e.reshaped(c.e)
	if l, ok := alt.(linear); ok && inputs {
		l.roundInputs(e, a.u())
	}
	after := compare(c.y, e, c.a)
	if !after.within() || after.spoilt > c.spoilt || inputs && !after.spread() {
		return nil
	}
	if !e.mixed {
		for _, t := range after.systematic(alt) {
			if t.Failed {
				return nil
			}
		}
	}
	return after
}

// spread tells whether the errors, in units of their scale, are those of many values:
// (sum z^2)^2 / sum z^4 is n/3 for normal errors and 1 for a single one. A tenth of the
// stage is asked for, which leaves roundings of values of different sizes room. It does
// not tell rounding from faults, only lower precision from other findings.
func (c *comparison) spread() bool {
	var second, fourth, n float64
	for i, d := range c.residuals() {
		_, sigma := c.e.scale(i)
		if sigma == 0 || c.e.masked != nil && c.e.masked[i] {
			continue
		}
		z := d / sigma
		second, fourth, n = second+z*z, fourth+z*z*z*z, n+1
	}
	return fourth > 0 && second*second/fourth >= n/10
}

// with returns the operation in another arithmetic.
func with(op operation, a arithmetic) operation {
	switch o := op.(type) {
	case linear:
		o.a = a
		return o
	case norm:
		o.a = a
		return o
	case rope:
		o.a = a
		return o
	case scoresOp:
		o.a = a
		return o
	case softmaxOp:
		o.a = a
		return o
	case contextOp:
		o.a = a
		return o
	case actOp:
		o.a = a
		return o
	case addOp:
		o.a = a
		return o
	}
	return op
}

// roundInputs adds the error of inputs and weights rounded to u each.
func (l linear) roundInputs(e *estimate, u float64) {
	for i := range e.x {
		x, w := l.x.row(i/e.cols), l.w.Row(i%e.cols)
		_, magnitude := l.a.dot(x, w, 0)
		e.errors.proof[i] += gamma(2, u) * magnitude
		e.errors.sigma[i] = math.Hypot(e.errors.sigma[i], math.Sqrt2*u*norm2(x, w))
	}
}
