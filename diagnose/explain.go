package diagnose

import (
	"cmp"
	"math"
	"slices"

	"github.com/samebits/samebits/internal/parallel"
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
// goes before noise of a lower precision. Where enough is known of faults of its kind,
// the stage is searched for one only if something else would explain it.
func (r *replayer) explain(s trace.Stage, op operation, c *comparison) finding {
	inside := r.a.isNarrow() && c.noise(op, arithmetic{r.a.values, r.a.values}, false) != nil
	var lower *finding
	if r.searched.enough(op) && !inside {
		if lower = r.reduced(s, op, c); lower.precision == "" {
			return *lower
		}
	}
	hints := c.faults(s.Name, r.hypotheses(s.Name, op, c), op)
	r.searched.note(op, len(hints) > 0)
	if len(hints) > 0 {
		return finding{hints: hints, inside: inside}
	}
	if lower == nil {
		lower = r.reduced(s, op, c)
	}
	lower.inside = inside
	return *lower
}

// reduced looks for a lower precision that explains the stage, and says where it is
// wrong if there is none.
func (r *replayer) reduced(s trace.Stage, op operation, c *comparison) *finding {
	if l, ok := op.(linear); ok && l.beyondAll(r.reach(s.Name), c, lower(r.a.values)) {
		return &finding{hints: r.where(s, c)}
	}
	for _, h := range r.reductions(s.Name, op, c) {
		if after, ok := c.explains(h, op); ok {
			return &finding{precision: h.precision, hints: []Hint{h.hint(s.Name, c, after.share)}}
		}
	}
	after, lower := r.noise(op, c)
	if after == nil {
		return &finding{hints: r.where(s, c)}
	}
	if hint, ok := r.confined(s, op, c, after, lower); ok {
		return &finding{hints: []Hint{hint}}
	}
	return &finding{precision: lower.name, reason: "the errors are spread over the stage as roundings to " + lower.name + " are"}
}

// faults returns the hints that explain the stage, the best first, of each cause the
// best. A number of no name that was fitted is given where none with a name explains
// the stage.
func (c *comparison) faults(stage string, list []hypothesis, op operation) []Hint {
	after := make([]float64, len(list)) // the share that a hypothesis leaves, or +Inf
	parallel.For(c.threads, len(list), func(i int) {
		after[i] = math.Inf(1)
		if e, ok := c.explains(list[i], op); ok {
			after[i] = e.share
		}
	})
	var named, fitted []Hint
	seen := map[string]bool{}
	for i, h := range list {
		if math.IsInf(after[i], 1) || seen[h.text] {
			continue
		}
		seen[h.text] = true
		if hint := h.hint(stage, c, after[i]); h.fitted {
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
	after.threads = c.threads
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

func (h hypothesis) hint(stage string, before *comparison, after float64) Hint {
	return Hint{stage, h.cause, h.text, true, Number(before.share), Number(after), h.how}
}
