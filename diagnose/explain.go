package diagnose

import (
	"cmp"
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
