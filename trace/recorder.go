package trace

import (
	"fmt"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
)

// Recorder collects the stages of one forward pass computed in T. The zero value
// is ready. It is not safe for concurrent use.
type Recorder[T kernel.Float] struct {
	tensors []safetensors.Tensor
}

// Record adds a stage after those recorded so far. It copies shape and values. It
// panics if the shape does not ask for len(values) elements, or if the stage was
// recorded before: each pass takes a Recorder of its own.
func (r *Recorder[T]) Record(stage string, shape []int, values []T) {
	if slices.ContainsFunc(r.tensors, func(t safetensors.Tensor) bool { return t.Name == stage }) {
		panic(fmt.Sprintf("trace: stage %q is recorded twice", stage))
	}
	r.tensors = append(r.tensors, safetensors.FromFloats(stage, slices.Clone(shape), values))
}

// Trace returns what has been recorded, with the DType of T; the other fields are
// for the caller to fill in. It shares nothing with the Recorder.
func (r *Recorder[T]) Trace() *Trace {
	t := &Trace{DType: F32}
	if kernel.Is64[T]() {
		t.DType = F64
	}
	for _, tensor := range r.tensors {
		stage, err := stageOf(tensor)
		if err != nil {
			panic("trace: " + err.Error()) // FromFloats made it
		}
		t.Stages = append(t.Stages, stage)
	}
	return t
}

// stageOf widens a tensor to a stage.
func stageOf(t safetensors.Tensor) (Stage, error) {
	values, err := safetensors.Floats[float64](t)
	return Stage{Name: t.Name, Shape: slices.Clone(t.Shape), Values: values}, err
}
