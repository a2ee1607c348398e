// Package trace holds what the stages of a transformer's forward pass computed:
// it records a run, stores it as a safetensors file, reads the traces that other
// programs have stored, and compares two.
//
// A trace file has the tensor ids (I64, [tokens]) and one tensor a stage, without
// a batch dimension. Its metadata are order (a JSON list of the stages in the
// order of their execution), model, dtype (the arithmetic: f32, f64, bf16, f16),
// tp, device and spec_version; none of them is required.
package trace

import "slices"

// The arithmetics that a trace's DType names.
const (
	F32  = "f32"
	F64  = "f64"
	BF16 = "bf16"
	F16  = "f16"
)

// Stage is one intermediate result, in row-major order. Values are float64
// whatever the arithmetic was: narrower formats widen exactly, NaNs with their
// sign and payload, so that equal bits here are equal bits there.
type Stage struct {
	Name   string
	Shape  []int
	Values []float64
}

// Trace is one forward pass. Fields that nobody filled in are zero.
type Trace struct {
	IDs         []int   // the tokens that went in
	Stages      []Stage // in the order of their execution
	Model       string
	DType       string // the arithmetic: F32, F64, BF16 or F16
	TP          int    // ranks of tensor parallelism
	Device      string
	SpecVersion string // of SPEC.md, where the run followed it
}

// Stage returns the stage called name, and whether there is one.
func (t *Trace) Stage(name string) (Stage, bool) {
	i := slices.IndexFunc(t.Stages, func(s Stage) bool { return s.Name == name })
	if i < 0 {
		return Stage{}, false
	}
	return t.Stages[i], true
}
