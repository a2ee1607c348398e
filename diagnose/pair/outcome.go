package pair

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/diagnose"
)

// outcome is the verdict on a comparison.
type outcome struct {
	verdict  diagnose.Verdict
	stage    string
	sentence string
}

// outcome sums up the stages: the first that is a fault or of reduced precision, else
// the first that is undecided; else rounding, unless more than half of the digits are
// lost although no stage did anything wrong.
func (c *comparison) outcome() outcome {
	if s := c.first(diagnose.Fault, diagnose.ReducedPrecision); s != nil {
		return c.finding(s)
	}
	differing := c.differing()
	if differing == nil {
		return outcome{diagnose.SameBits, "", fmt.Sprintf("All %d stages that both traces have are the same bits.", len(c.stages))}
	}
	if s := c.first(diagnose.Undecided); s != nil {
		return outcome{diagnose.Undecided, s.Name, fmt.Sprintf("Undecided: at %s the traces differ by %.3g, %s.", s.Name, float64(s.pair.MaxAbs), undecided(s))}
	}
	last := c.stages[len(c.stages)-1]
	u := math.Max(c.a.u, c.b.u)
	if last.relative > math.Sqrt(u) {
		s := c.steepest()
		return outcome{diagnose.IllConditioned, s.Name, fmt.Sprintf(
			"The computation is ill-conditioned: every stage is within rounding, yet %s differs by %.2g of its size; the difference grows most, %.3g times, at %s.",
			last.Name, last.relative, float64(s.pair.Growth), s.Name)}
	}
	return outcome{diagnose.Rounding, "", fmt.Sprintf(
		"The difference is rounding: from %s on, every stage is within what %s can do from its own inputs, and %s differs by %.3g.",
		differing.Name, declared(c.a, c.b), last.Name, float64(last.pair.MaxAbs))}
}

func undecided(s *judged) string {
	switch {
	case !s.known:
		return "and there is nothing to judge that by"
	case s.Statistical <= 1:
		return s.Reason
	}
	return "more than random rounding leaves, but less than would be sure to be a fault without the weights"
}

// finding describes the first stage that rounding does not explain.
func (c *comparison) finding(s *judged) outcome {
	if s.Name == "embed" && (c.a.trace.IDs == nil || c.b.trace.IDs == nil) && s.Verdict == diagnose.Fault && s.someRows() {
		return outcome{diagnose.DifferentInputs, s.Name, "The traces are of different inputs, it seems: the embeddings of some tokens differ, others are the same, and the ids are not there to compare."}
	}
	before := ""
	if open := c.first(diagnose.Undecided); open != nil && open.before(c, s) {
		before = fmt.Sprintf(" Before it, %s is undecided.", open.Name)
	}
	if s.Verdict == diagnose.ReducedPrecision {
		return outcome{s.Verdict, s.Name, fmt.Sprintf("Reduced precision at %s: %s.%s", s.Name, s.Reason, before)}
	}
	return outcome{s.Verdict, s.Name, fmt.Sprintf("A fault at %s, not rounding: %s.%s", s.Name, s.Reason, before)}
}

// before reports whether the stage comes before another.
func (s *judged) before(c *comparison, other *judged) bool {
	for i := range c.stages {
		switch &c.stages[i] {
		case other:
			return false
		case s:
			return true
		}
	}
	return false
}

// someRows reports whether some rows are within their bounds and others are not.
func (s *judged) someRows() bool {
	if s.residual.rows == 0 {
		return false
	}
	cols := len(s.residual.r) / s.residual.rows
	within := 0
	for i := range s.residual.rows {
		if _, share := largest(s.residual.r[i*cols:(i+1)*cols], s.residual.bound[i*cols:]); share <= 1 {
			within++
		}
	}
	return within > 0 && within < s.residual.rows
}

// steepest returns the stage at which the relative difference grows most.
func (c *comparison) steepest() *judged {
	best := &c.stages[0]
	for i := range c.stages {
		if c.stages[i].pair.Growth > best.pair.Growth {
			best = &c.stages[i]
		}
	}
	return best
}

// nondeterministic is the verdict on runs of one thing: where bits differ, that is
// what it is, whatever the size of the differences, which found tells.
func nondeterministic(comparisons []*comparison, found outcome) outcome {
	different := 0
	earliest := -1
	var stage *judged
	for _, c := range comparisons {
		s := c.differing()
		if s == nil {
			continue
		}
		different++
		for i := range c.stages {
			if &c.stages[i] == s && (earliest < 0 || i < earliest) {
				earliest, stage = i, s
			}
		}
	}
	if stage == nil {
		found.sentence = fmt.Sprintf("All %d runs gave the same bits.", len(comparisons)+1)
		return found
	}
	return outcome{diagnose.Nondeterministic, stage.Name, fmt.Sprintf(
		"Nondeterministic: %d of %d runs differ from the first one, from %s on. By size: %s", different, len(comparisons), stage.Name, found.sentence)}
}
