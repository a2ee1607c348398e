package diagnose

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/trace"
)

// stranger tells whether the weights have nothing to do with the trace: of 4 products
// with them or more, all are provably wrong and nothing explains any.
func stranger(all []*judged) bool {
	products := 0
	for _, j := range all {
		if j.kind != fmt.Sprintf("%T", linear{}) || len(j.Bridged) > 0 {
			continue
		}
		if j.Verdict != Fault || j.Evidence != Proof || len(j.found.hints) > 0 {
			return false
		}
		products++
	}
	return products >= 4
}

// pad notes logits of rows that pad the vocabulary: they may win.
func (j *judged) pad(padding, vocabulary int) {
	j.Verdict, j.Evidence = Fault, Proof
	j.Reason = fmt.Sprintf("there are %d logits a token, for a vocabulary of %d", padding+vocabulary, vocabulary)
	j.found.hints = []Hint{{j.Name, "vocabulary-padded", fmt.Sprintf("the last %d logits are of rows that pad the vocabulary; they may win, and count in a softmax", padding), true, Number(math.Inf(1)), j.Statistical, "the logits without them"}}
}

// blame says by which evidence rounding does not explain the stage.
func (j *judged) blame(c *comparison) {
	j.Verdict, j.Evidence = Fault, Statistics
	switch {
	case c.how != "":
		j.Evidence, j.Reason = Proof, c.how
	case c.proof > 1:
		j.Evidence = Proof
		j.Reason = fmt.Sprintf("a value is wrong by %.3g times what any order of the declared arithmetic can do", c.proof)
	case c.share > 1:
		j.Reason = fmt.Sprintf("a value is wrong by %.3g times what rounding does", c.share)
	default:
		for _, t := range j.Tests {
			if t.Failed {
				j.Reason = fmt.Sprintf("the errors have a part in common (%s): %.3g, of which rounding leaves %.3g", t.Name, t.Effect, t.Limit)
				break
			}
		}
	}
	if j.Evidence == Statistics {
		j.Probability = failure
	}
}

// settle turns findings into verdicts. Where, in a trace of a narrow format, most of the
// stages of some kind need sums in that format, such sums are the run's arithmetic. What
// only a few stages need is a finding: a fault is of one stage, an arithmetic of all.
func settle(all []*judged, a arithmetic) {
	inside, total := map[string]int{}, map[string]int{}
	unexplained := func(j *judged) bool {
		h := j.found.hints
		return len(h) == 0 || !h[0].Complete || j.Statistical <= 1 // statistics of other sums say nothing
	}
	for _, j := range all {
		total[j.kind]++
		if j.found.inside && unexplained(j) {
			inside[j.kind]++
		}
	}
	accumulates := false
	for kind, n := range inside {
		accumulates = accumulates || n > 1 && 2*n > total[kind]
	}
	for _, j := range all {
		f := j.found
		switch {
		case j.Verdict != Fault:
		case f.inside && accumulates && unexplained(j):
			j.Verdict, j.Evidence, j.Probability = WithinRounding, "", 0
			j.Reason = "sums are accumulated in " + a.values.name
			j.found.hints = nil
		case f.precision != "":
			j.Verdict, j.Precision = ReducedPrecision, f.precision
			if f.reason != "" {
				j.Reason = f.reason
			} else if len(f.hints) > 0 {
				j.Reason = f.hints[0].Text
			}
		}
	}
}

// conclude draws the verdict of the run from those of its stages. It returns the stage
// that earns it, or "" where rounding explains all.
func (p *Report) conclude(all []*judged) (stage string) {
	var first *judged
	undecided := len(all) > 0
	for _, j := range all {
		p.Stages = append(p.Stages, j.Stage)
		undecided = undecided && j.Verdict == Undecided
		if j.Verdict == Fault && (first == nil || first.Verdict != Fault) || j.Verdict == ReducedPrecision && first == nil {
			first = j
		}
	}
	if first == nil {
		p.Sentence = fmt.Sprintf("Rounding in %s explains every one of the %d stages.", p.Runs[0].DType, len(all))
		if undecided {
			p.Verdict, p.Sentence = Undecided, "No stage can be judged: no inputs are finite."
		}
		return ""
	}
	name := first.Name
	p.Verdict, p.Stage = first.Verdict, &name
	p.Hints = append(p.Hints, first.found.hints...)
	p.Sentence = fmt.Sprintf("Stage %s is the first that rounding in %s does not explain: %s.", name, p.Runs[0].DType, first.Reason)
	if first.Verdict == ReducedPrecision {
		p.Sentence = fmt.Sprintf("Stage %s is the first that has the precision of %s, not of %s: %s.", name, first.Precision, p.Runs[0].DType, first.Reason)
	} else if len(first.found.hints) > 0 {
		p.Sentence += " Explained by: " + first.found.hints[0].Text + "."
	}
	return name
}

// heatOf replays the stage once more for its map: one for every finding would be many.
func (r *replayer) heatOf(stage string) (*Heat, error) {
	s := r.recorded[stage]
	_, c, _, err := r.compare(s, true)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", stage, err)
	}
	return r.heat(s, c), nil
}

// heat maps the shares of the limits.
func (r *replayer) heat(s trace.Stage, c *comparison) *Heat {
	h := &Heat{Stage: s.Name, Rows: c.e.rows, Columns: c.e.cols}
	if rows := r.rows(s.Name); rows != c.e.rows { // norms of heads
		h.Rows, h.Columns = rows, len(c.y)/rows
	}
	const most = 128
	rows, cols := min(h.Rows, most), min(h.Columns, most)
	h.Cells = make([][]Number, rows)
	for i := range h.Cells {
		h.Cells[i] = make([]Number, cols)
	}
	for i := range c.y {
		cell := &h.Cells[i/h.Columns*rows/h.Rows][i%h.Columns*cols/h.Columns]
		*cell = max(*cell, Number(c.shareOf(i)))
	}
	return h
}
