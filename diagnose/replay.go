package diagnose

import (
	"fmt"
	"math"
	"slices"

	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// Replay diagnoses a trace with the weights of the model that is said to have made it.
// file is the trace's name, for the report. Every recorded stage is replayed in float64
// (of a float64 trace: its sums as if in twice that precision) from the recorded stages
// that it was computed from; where those are missing, from what lies before them.
//
// It is an error if the trace lacks ids, has stages that the model has not, or shapes
// that contradict the model. The cost is that of one pass over the tokens in float64,
// twice for the magnitudes, and a multiple of a stage's for the hints to a faulty one.
// Memory is the trace, the weights of one stage as float64, and a few copies of a stage.
func Replay(t *trace.Trace, c *model.Checkpoint, file string) (*Report, error) {
	if err := check(t, c.Config); err != nil {
		return nil, err
	}
	r := newReplayer(t, c)
	report := &Report{
		Verdict: Rounding, Hints: []Hint{}, Notes: r.notes, Spec: spec.Version,
		Runs: []Run{{file, t.Model, r.a.values.name, t.TP, t.Device, len(t.IDs)}},
	}
	var all []*judged
	for _, name := range r.order() {
		s := r.recorded[name]
		j, err := r.judge(s)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", name, err)
		}
		all = append(all, j)
		r.forget(name)
	}
	settle(all, r.a)
	if stranger(all) {
		return nil, fmt.Errorf("diagnose: the trace is of another model: none of its products of matrices follows from the weights of this %s, nor from them in another order", c.Config.Family)
	}
	report.conclude(all)
	return report, nil
}

// order lists the recorded stages as they are computed, those of ranks before the
// stage that they make.
func (r *replayer) order() (names []string) {
	ranks := map[string][]string{}
	for _, s := range r.trace.Stages {
		if whole, _, ok := trace.SplitRank(s.Name); ok {
			ranks[whole] = append(ranks[whole], s.Name)
		}
	}
	for _, name := range model.StageNames(r.config) {
		names = append(names, ranks[name]...)
		if _, ok := r.recorded[name]; ok {
			names = append(names, name)
		}
	}
	return names
}

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

// forget drops what was replayed of the layers before the one that ends here.
func (r *replayer) forget(stage string) {
	if _, name := split(stage); name != "output" {
		return
	}
	for name := range r.bridged {
		if name != stage {
			delete(r.bridged, name)
		}
	}
}

// judged is a stage with what its verdict rests on.
type judged struct {
	Stage
	found finding
	kind  string // of operation
	heat  *Heat
}

// judge diagnoses one stage.
func (r *replayer) judge(s trace.Stage) (*judged, error) {
	j := &judged{Stage: Stage{Name: s.Name}}
	j.Inputs, j.Bridged = r.from(s.Name)
	for _, v := range s.Values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			j.Size = max(j.Size, Number(math.Abs(v)))
		}
	}
	op, c, tests, err := r.compare(s, len(j.Bridged) > 0)
	if err != nil {
		return nil, err
	}
	if !r.fine(c, tests) {
		for _, other := range r.otherwise() {
			if op2, c2, tests2, err := other.compare(s, len(j.Bridged) > 0); err == nil && r.fine(c2, tests2) {
				op, c, tests = op2, c2, tests2
				break
			}
		}
	}
	j.Tests, j.kind = tests, fmt.Sprintf("%T", op)
	j.fill(s, c)
	if s.Name == "logits" && r.padding > 0 {
		j.pad(r.padding, r.config.Vocabulary)
	}
	if !r.fine(c, tests) {
		j.blame(c)
		j.found = r.explain(s, op, c)
		j.heat = r.heat(s, c)
	}
	return j, nil
}

// compare replays a stage and tests it.
func (r *replayer) compare(s trace.Stage, bridged bool) (operation, *comparison, []Test, error) {
	op, err := r.operation(s.Name)
	if err != nil {
		return nil, nil, nil, err
	}
	e := op.replay()
	e.mixed = bridged
	c := compare(s.Values, e, r.a)
	var tests []Test
	if c.within() && !bridged {
		tests = c.systematic(op)
	}
	return op, c, tests, nil
}

// fine: rounding explains the stage.
func (r *replayer) fine(c *comparison, tests []Test) bool {
	return c.within() && !slices.ContainsFunc(tests, func(t Test) bool { return t.Failed })
}

// otherwise lists what else the declared arithmetic may mean: weights that are used as
// they are stored, not rounded to values first; in narrow formats sums in more parts,
// which are rounded: of ranks, the trace not saying how many there are, or of a kernel
// that splits them.
func (r *replayer) otherwise() (list []*replayer) {
	parts := []int{1}
	if r.a.isNarrow() {
		parts = append(parts, 2, 4, 8)
	}
	for _, stored := range []bool{false, true} {
		if stored && r.a.values.digits == f64.digits {
			continue
		}
		for _, p := range parts {
			if stored || p > 1 {
				other := *r
				other.stored, other.parts, other.bridged = stored, p, map[string]tensor{}
				list = append(list, &other)
			}
		}
	}
	return list
}

// fill states what a comparison found.
func (j *judged) fill(s trace.Stage, c *comparison) {
	j.Error, j.Fraction, j.Statistical = Number(c.error), Number(c.proof), Number(c.share)
	if c.worst >= 0 {
		j.Index = place(s.Shape, c.worst)
		j.Bound = Number(c.e.errors.proof[c.worst])
	}
	j.Verdict = WithinRounding
	switch {
	case c.spoilt == len(c.y) && c.spoilt > 0:
		j.Verdict = Undecided
		j.Reason = "its inputs are not finite"
	case c.exact:
		j.Verdict = Exact
	}
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

// conclude draws the verdict of the run from those of its stages.
func (p *Report) conclude(all []*judged) {
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
		return
	}
	name := first.Name
	p.Verdict, p.Stage, p.Heat = first.Verdict, &name, first.heat
	p.Hints = append(p.Hints, first.found.hints...)
	p.Sentence = fmt.Sprintf("Stage %s is the first that rounding in %s does not explain: %s.", name, p.Runs[0].DType, first.Reason)
	if first.Verdict == ReducedPrecision {
		p.Sentence = fmt.Sprintf("Stage %s is the first that has the precision of %s, not of %s: %s.", name, first.Precision, p.Runs[0].DType, first.Reason)
	} else if len(first.found.hints) > 0 {
		p.Sentence += " Explained by: " + first.found.hints[0].Text + "."
	}
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

// place returns the indices of element i of a shape.
func place(shape []int, i int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return at
}
