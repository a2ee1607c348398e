package diagnose

import (
	"fmt"
	"math"
	"slices"

	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// Options of a replay. The zero value is fine.
type Options struct {
	File    string // the trace's name, for the report
	Threads int    // goroutines to use, one if less: no result depends on it
}

// Replay diagnoses a trace with the weights of the model that is said to have made it. Every recorded stage is replayed in float64
// (of a float64 trace: its sums as if in twice that precision) from the recorded stages
// that it was computed from; where those are missing, from what lies before them.
//
// It is an error if the trace lacks ids, has stages that the model has not, or shapes
// that contradict the model. The cost is that of one pass over the tokens in float64,
// twice for the magnitudes, and a multiple of a stage's for the hints to a faulty one.
// Memory is the trace, the weights of one stage as float64, and some twenty copies of a
// stage at most, twice that while hints are sought.
func Replay(t *trace.Trace, c *model.Checkpoint, o Options) (*Report, error) {
	if err := check(t, c.Config); err != nil {
		return nil, err
	}
	r := newReplayer(t, c)
	r.threads = o.Threads
	report := &Report{
		Verdict: Rounding, Hints: []Hint{}, Notes: r.notes, Spec: spec.Version,
		Runs: []Run{{o.File, t.Model, r.a.values.name, t.TP, t.Device, len(t.IDs)}},
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
	if first := report.conclude(all); first != "" {
		var err error
		if report.Heat, err = r.heatOf(first); err != nil {
			return nil, err
		}
	}
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
	j.Tests, j.kind = tests, kindOf(op)
	j.fill(s, c)
	if s.Name == "logits" && r.padding > 0 {
		j.pad(r.padding, r.config.Vocabulary)
	}
	if !r.fine(c, tests) {
		j.blame(c)
		j.found = r.explain(s, op, c)
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
	c.threads = r.threads
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

// place returns the indices of element i of a shape.
func place(shape []int, i int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return at
}
