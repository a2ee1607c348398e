package model

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
)

// Checkpoint is a transformer as it lies in a Hugging Face folder: config.json and
// model.safetensors, with weights in F32, F16, BF16 or F64.
type Checkpoint struct {
	Config Config
	file   *safetensors.File
	prefix string // of tensor names
}

// Load reads the folder dir.
func Load(dir string) (*Checkpoint, error) {
	c, err := LoadFS(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	return c, nil
}

// LoadFS reads config.json and model.safetensors from the root of fsys. It checks
// that all tensors are there, of the shapes that the configuration asks for, and
// finite.
func LoadFS(fsys fs.FS) (*Checkpoint, error) {
	data, err := fs.ReadFile(fsys, "config.json")
	if err != nil {
		return nil, err
	}
	config, err := parseConfig(data)
	if err != nil {
		return nil, err
	}
	if data, err = fs.ReadFile(fsys, "model.safetensors"); err != nil {
		return nil, err
	}
	file, err := safetensors.Parse("model.safetensors", data)
	if err != nil {
		return nil, err
	}
	c, names := &Checkpoint{Config: config, file: file}, file.Names()
	if !slices.Contains(names, "wte.weight") && slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "transformer.") }) {
		c.prefix = "transformer."
	}
	return c, c.check()
}

// tensorNeed is a tensor that a checkpoint must have.
type tensorNeed struct {
	name  string
	shape []int
}

// outerNeeds lists the tensors of the GPT-2 family that no layer owns.
func (c *Checkpoint) outerNeeds() []tensorNeed {
	f, w := c.Config, c.Config.Width
	needs := []tensorNeed{
		{c.prefix + "wte.weight", []int{f.Vocabulary, w}}, {c.prefix + "wpe.weight", []int{f.Context, w}},
		{c.prefix + "ln_f.weight", []int{w}}, {c.prefix + "ln_f.bias", []int{w}},
	}
	if !f.Tied {
		needs = append(needs, tensorNeed{"lm_head.weight", []int{f.Vocabulary, w}})
	}
	return needs
}

// layerNeeds lists the tensors of layer i. Conv1D weights are [in, out].
func (c *Checkpoint) layerNeeds(i int) []tensorNeed {
	w, inner := c.Config.Width, c.Config.Inner
	needs := []tensorNeed{
		{"ln_1.weight", []int{w}}, {"ln_1.bias", []int{w}},
		{"attn.c_attn.weight", []int{w, 3 * w}}, {"attn.c_attn.bias", []int{3 * w}},
		{"attn.c_proj.weight", []int{w, w}}, {"attn.c_proj.bias", []int{w}},
		{"ln_2.weight", []int{w}}, {"ln_2.bias", []int{w}},
		{"mlp.c_fc.weight", []int{w, inner}}, {"mlp.c_fc.bias", []int{inner}},
		{"mlp.c_proj.weight", []int{inner, w}}, {"mlp.c_proj.bias", []int{w}},
	}
	for k := range needs {
		needs[k].name = fmt.Sprintf("%sh.%d.%s", c.prefix, i, needs[k].name)
	}
	return needs
}

// check stops at the first fault, so that a configuration of very many layers
// costs no more than the file holds.
func (c *Checkpoint) check() error {
	if err := c.have(c.outerNeeds()); err != nil {
		return err
	}
	for i := range c.Config.Layers {
		if err := c.have(c.layerNeeds(i)); err != nil {
			return err
		}
	}
	if extra := fmt.Sprintf("%sh.%d.", c.prefix, c.Config.Layers); slices.ContainsFunc(c.file.Names(), func(n string) bool { return strings.HasPrefix(n, extra) }) {
		return fmt.Errorf("model.safetensors: has tensors %s*: config.json asks for %d layers", extra, c.Config.Layers)
	}
	return nil
}

// have returns an error unless the file has the tensors, in shape and finite.
func (c *Checkpoint) have(needs []tensorNeed) error {
	for _, n := range needs {
		t, err := c.file.Tensor(n.name)
		if err != nil {
			return err
		}
		if !slices.Equal(t.Shape, n.shape) {
			return fmt.Errorf("model.safetensors: tensor %s has shape %v: config.json asks for %v", n.name, t.Shape, n.shape)
		}
		if err := checkFinite(t); err != nil {
			return err
		}
	}
	return nil
}

func checkFinite(t safetensors.Tensor) error {
	values, err := safetensors.Floats[float64](t)
	if err != nil {
		return fmt.Errorf("model.safetensors: %w", err)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("model.safetensors: tensor %s: element %d is %v: want finite weights", t.Name, i, v)
		}
	}
	return nil
}

// matrix returns a tensor, which check has seen, as a matrix over T: a vector as
// one row. It is an error if a weight is not exact in T.
func matrix[T Float](c *Checkpoint, name string) (gemm.Matrix[T], error) {
	t, err := c.file.Tensor(name)
	if err != nil {
		return gemm.Matrix[T]{}, err
	}
	values, err := safetensors.Floats[T](t)
	if err != nil {
		return gemm.Matrix[T]{}, fmt.Errorf("model.safetensors: %w", err)
	}
	cols := t.Shape[len(t.Shape)-1]
	return gemm.Dense(len(values)/cols, cols, values), nil
}
