package diagnose

import (
	"slices"
	"testing"

	"github.com/samebits/samebits/trace"
)

// Case is an element of the corpus, for the tests of those who compare traces.
type Case struct {
	Name, Kind string
	Stage      string // the first that a fault changes
	of         testCase
}

// Cases returns the corpus.
func Cases(t testing.TB) []Case {
	var all []Case
	for _, c := range slices.DeleteFunc(readGrid(t).cases(), func(c testCase) bool { return !c.applies() }) {
		e := Case{Name: c.String(), Kind: c.kind, of: c}
		if c.kind != "control" {
			e.Stage = c.stage()
		}
		all = append(all, e)
	}
	return all
}

// Trace records the case.
func (c Case) Trace() *trace.Trace { return c.of.trace(c.of.newRun()) }

// Right records the same model without the fault, on one rank, in float32 or, where
// the case is in float64, in that.
func (c Case) Right() *trace.Trace {
	r := c.of
	r.kind, r.defect, r.tp, r.order, r.seed, r.variant = "control", defect{}, 1, "sequential", 0, ""
	if r.dtype != "f64" {
		r.dtype = "f32"
	}
	return r.trace(r.newRun())
}
