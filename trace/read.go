package trace

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/samebits/samebits/internal/safetensors"
)

// Read reads the trace at path: a safetensors file, or NumPy arrays, one a stage
// and named after it, in a folder of .npy files or in an .npz archive. F16, BF16,
// F32 and F64 values are read exactly.
//
// What other programs leave out is tolerated: a trace without ids or metadata,
// and a batch dimension of 1 before the dimensions that a stage should have.
// Where no order is given, embed comes first, then the layers, each in the order
// of execution, then final_norm, logits and all other names; stages that this does
// not tell apart go by name, numbers in names compared as numbers. A tensor that
// is no float, an order that does not list exactly the stages, a tp that is no
// positive number, and whatever breaks the file format are errors that name the
// file and the tensor.
//
// NumPy has no bfloat16: arrays of V2 (what ml_dtypes.bfloat16 is saved as) and of
// uint16 are taken for its bits.
func Read(path string) (*Trace, error) { return ReadMapped(path, nil) }

// ReadMapped is Read with the tensors renamed by a mapping, which may be nil. The
// metadata order lists the names as they are in the file.
func ReadMapped(path string, m *Mapping) (*Trace, error) {
	metadata, tensors, err := load(path)
	if err != nil {
		return nil, err
	}
	if tensors, err = m.tensors(tensors); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t, err := build(metadata, tensors, m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func build(metadata map[string]string, tensors []safetensors.Tensor, m *Mapping) (*Trace, error) {
	t := &Trace{
		Model:       metadata[modelKey],
		DType:       metadata[dtypeKey],
		Device:      metadata[deviceKey],
		SpecVersion: metadata[specVersionKey],
	}
	if tp, ok := metadata[tpKey]; ok {
		var err error
		if t.TP, err = strconv.Atoi(tp); err != nil || t.TP < 1 {
			return nil, fmt.Errorf("metadata tp is %q: want a number of ranks, 1 or more", tp)
		}
	}
	for _, tensor := range tensors {
		if err := t.add(tensor); err != nil {
			return nil, err
		}
	}
	return t, t.sort(metadata, m)
}

// add takes in a tensor, be it the ids or a stage.
func (t *Trace) add(tensor safetensors.Tensor) error {
	if tensor.Name == idsName {
		return t.addIDs(tensor)
	}
	if _, ok := t.Stage(tensor.Name); ok { // an archive may hold a name twice
		return fmt.Errorf("stage %q is there twice", tensor.Name)
	}
	stage, err := stageOf(tensor)
	stage.Shape = dropBatch(stage.Shape, rank(stage.Name))
	t.Stages = append(t.Stages, stage)
	return err
}

func (t *Trace) addIDs(tensor safetensors.Tensor) (err error) {
	if shape := dropBatch(tensor.Shape, 1); len(shape) != 1 {
		return fmt.Errorf("tensor %q: shape %v: want [tokens], of one sequence", idsName, tensor.Shape)
	}
	if t.IDs != nil {
		return fmt.Errorf("tensor %q is there twice", idsName)
	}
	t.IDs, err = safetensors.Ints(tensor)
	return err
}

// dropBatch removes leading dimensions of 1 in excess of rank.
func dropBatch(shape []int, rank int) []int {
	for len(shape) > rank && shape[0] == 1 {
		shape = shape[1:]
	}
	return shape
}

// sort puts the stages into the order of their execution.
func (t *Trace) sort(metadata map[string]string, m *Mapping) error {
	list, ok := metadata[orderKey]
	if !ok {
		slices.SortFunc(t.Stages, compareStages)
		return nil
	}
	var order []string
	if err := json.Unmarshal([]byte(list), &order); err != nil {
		return fmt.Errorf("metadata order is not a JSON list of stages: %w", err)
	}
	order, err := m.names(order)
	if err != nil {
		return err
	}
	place := make(map[string]int, len(order))
	for i, name := range order {
		if _, ok := place[name]; ok {
			return fmt.Errorf("metadata order lists stage %q twice", name)
		}
		if _, ok := t.Stage(name); !ok {
			return fmt.Errorf("metadata order lists stage %q, which has no tensor", name)
		}
		place[name] = i
	}
	for _, s := range t.Stages {
		if _, ok := place[s.Name]; !ok {
			return fmt.Errorf("tensor %q: metadata order does not list it", s.Name)
		}
	}
	slices.SortFunc(t.Stages, func(a, b Stage) int { return place[a.Name] - place[b.Name] })
	return nil
}
