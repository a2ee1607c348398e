package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

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

// RankRecorder is a Recorder that also keeps what each rank of a tensor-parallel
// run contributes to an all-reduce, as the stages that RankStage names.
type RankRecorder[T kernel.Float] struct{ Recorder[T] }

// RecordRank adds what a rank contributes to a stage, as Record does.
func (r *RankRecorder[T]) RecordRank(stage string, rank int, shape []int, values []T) {
	r.Record(RankStage(stage, rank), shape, values)
}

// RankStage names what a rank contributes to the all-reduce that makes a stage:
// "layers.0.attn.out.rank.1" for rank 1 and "layers.0.attn.out".
func RankStage(stage string, rank int) string { return stage + rankInfix + strconv.Itoa(rank) }

const rankInfix = ".rank."

// SplitRank undoes RankStage. It reports false for any other stage.
func SplitRank(stage string) (whole string, rank int, ok bool) {
	i := strings.LastIndex(stage, rankInfix)
	if i < 0 {
		return stage, 0, false
	}
	rank, err := strconv.Atoi(stage[i+len(rankInfix):])
	if err != nil || rank < 0 || RankStage(stage[:i], rank) != stage {
		return stage, 0, false
	}
	return stage[:i], rank, true
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
