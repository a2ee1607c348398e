package model

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/safetensors"
)

// Checkpoint is a transformer as it lies in a Hugging Face folder: config.json and
// model.safetensors, or the files of model.safetensors.index.json, with weights in
// F32, F16, BF16 or F64. Folders of the disk are mapped, not read: New reads what
// its ranks hold, and a Session the rows of the embedding that it meets.
type Checkpoint struct {
	Config  Config
	names   blueprint
	weights *safetensors.Folder
	digest  func() string // of the weights: hashed once
}

// Load is LoadFS of the folder dir, which its errors name.
func Load(dir string) (*Checkpoint, error) {
	c, err := LoadFS(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	return c, nil
}

// LoadFS reads a folder at the root of fsys. It checks that all tensors are there,
// of the shapes that the configuration asks for, and that no layer has others: else,
// and where the family or an option of it is not known, it is an error that names them. What
// is in the tensors is seen by New: weights must be finite.
func LoadFS(fsys fs.FS) (*Checkpoint, error) {
	data, err := fs.ReadFile(fsys, "config.json")
	if err != nil {
		return nil, err
	}
	config, names, err := parseConfig(data)
	if err != nil {
		return nil, err
	}
	weights, err := safetensors.OpenFolder(fsys, "model.safetensors")
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{config, names, weights, sync.OnceValue(func() string { return digest(weights) })}
	if all := weights.Names(); !slices.ContainsFunc(all, func(n string) bool { return strings.HasPrefix(n, names.prefix) }) {
		c.names.prefix = ""
	}
	if err := c.check(); err != nil {
		weights.Close()
		return nil, err
	}
	return c, nil
}

// Close gives mapped memory back. Neither the checkpoint nor the models made of it
// may be used any more.
func (c *Checkpoint) Close() error { return c.weights.Close() }

// check stops at the first fault, so that a configuration of very many layers
// costs no more than the files hold.
func (c *Checkpoint) check() error {
	if err := c.have(c.names.outerNeeds(c.Config)); err != nil {
		return err
	}
	known := map[string]bool{}
	for i := range c.Config.Layers {
		needs := c.names.layerNeeds(c.Config, i)
		if err := c.have(needs); err != nil {
			return err
		}
		for _, n := range needs {
			known[n.name] = true
		}
		for _, b := range c.names.buffers {
			known[c.names.layerName(i)+b] = true
		}
	}
	layers, _, _ := strings.Cut(c.names.prefix+c.names.layer, "%d")
	for _, name := range c.weights.Names() {
		if strings.HasPrefix(name, layers) && !known[name] {
			_, file, _ := c.weights.Tensor(name)
			return fmt.Errorf("%s: tensor %s is none of a %s of %s, as config.json describes it", file, name, c.Config.Family, plural.Of(c.Config.Layers, "layer"))
		}
	}
	return nil
}

// have returns an error unless the files have the tensors, in shape.
func (c *Checkpoint) have(needs []need) error {
	for _, n := range needs {
		t, file, err := c.weights.Tensor(n.name)
		if err != nil {
			return err
		}
		if !slices.Equal(t.Shape, n.shape) {
			return fmt.Errorf("%s: tensor %s has shape %v: config.json asks for %v", file, n.name, t.Shape, n.shape)
		}
		if err := t.CheckFloats(); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
