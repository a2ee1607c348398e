package trace

import (
	"encoding/json"
	"strconv"

	"github.com/samebits/samebits/internal/safetensors"
)

// Names in a trace file.
const (
	idsName        = "ids"
	orderKey       = "order"
	modelKey       = "model"
	dtypeKey       = "dtype"
	tpKey          = "tp"
	deviceKey      = "device"
	specVersionKey = "spec_version"
)

// Write stores t as a safetensors file, whole or not at all. Every bit is kept: a
// stage becomes F32 where the arithmetic is not f64 and all its values are
// float32s, else F64. Equal traces give equal bytes. Two stages of one name, and
// a stage called ids, are errors; Write panics if a stage's shape does not ask for
// as many values as it has.
func (t *Trace) Write(path string) error {
	var tensors []safetensors.Tensor
	if t.IDs != nil {
		tensors = append(tensors, safetensors.FromInts(idsName, []int{len(t.IDs)}, t.IDs))
	}
	for _, s := range t.Stages {
		tensors = append(tensors, t.tensor(s))
	}
	return safetensors.Write(path, t.metadata(), tensors)
}

func (t *Trace) tensor(s Stage) safetensors.Tensor {
	wide := safetensors.FromFloats(s.Name, s.Shape, s.Values)
	if t.DType == F64 {
		return wide
	}
	narrow, err := safetensors.Floats[float32](wide)
	if err != nil { // a value that no float32 equals
		return wide
	}
	return safetensors.FromFloats(s.Name, s.Shape, narrow)
}

// metadata leaves out what is not known.
func (t *Trace) metadata() map[string]string {
	names := make([]string, len(t.Stages))
	for i, s := range t.Stages {
		names[i] = s.Name
	}
	order, err := json.Marshal(names)
	if err != nil {
		panic("trace: " + err.Error()) // strings always encode
	}
	m := map[string]string{orderKey: string(order)}
	for key, value := range map[string]string{
		modelKey: t.Model, dtypeKey: t.DType, deviceKey: t.Device, specVersionKey: t.SpecVersion,
	} {
		if value != "" {
			m[key] = value
		}
	}
	if t.TP != 0 {
		m[tpKey] = strconv.Itoa(t.TP)
	}
	return m
}
