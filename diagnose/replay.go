package diagnose

import (
	"fmt"
	"math"

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
		Verdict: Rounding, Hints: []Hint{}, Notes: []Note{}, Spec: spec.Version,
		Runs: []Run{{file, t.Model, t.DType, t.TP, t.Device, len(t.IDs)}},
	}
	for _, name := range model.StageNames(c.Config) {
		s, ok := r.recorded[name]
		if !ok {
			continue
		}
		stage, err := r.judge(s)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", name, err)
		}
		report.Stages = append(report.Stages, stage)
	}
	return report, nil
}

// judge diagnoses one stage.
func (r *replayer) judge(s trace.Stage) (Stage, error) {
	out := Stage{Name: s.Name}
	out.Inputs, out.Bridged = r.from(s.Name)
	for _, v := range s.Values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out.Size = max(out.Size, Number(math.Abs(v)))
		}
	}
	op, err := r.operation(s.Name)
	if err != nil {
		return out, err
	}
	e := op.replay()
	e.mixed = len(out.Bridged) > 0
	c := compare(s.Values, e, r.a)
	if c.within() && !e.mixed {
		out.Tests = c.systematic(op)
	}
	r.fill(&out, s, c)
	return out, nil
}

// fill states what a comparison found.
func (r *replayer) fill(out *Stage, s trace.Stage, c *comparison) {
	out.Error, out.Fraction, out.Statistical = Number(c.error), Number(c.proof), Number(c.share)
	if c.worst >= 0 {
		out.Index = place(s.Shape, c.worst)
		out.Bound = Number(c.e.errors.proof[c.worst])
	}
	out.Verdict = WithinRounding
	if c.exact {
		out.Verdict = Exact
	}
	if c.share > 1 {
		out.Verdict = Fault
	}
	for _, t := range out.Tests {
		if t.Failed {
			out.Verdict = Fault
		}
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
