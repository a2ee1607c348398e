package reference

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
)

// GPT2 holds the weights of a model, exactly as stored. It may be used by any
// number of goroutines at a time.
type GPT2 struct {
	config
	tokens, positions [][]float64 // [vocabulary][width], [positions][width]
	blocks            []block
	final             norm
	head              linear
}

// block is one transformer layer.
type block struct {
	attnNorm, mlpNorm       norm
	attn, attnOut, up, down linear
}

// norm is a LayerNorm's gain and bias.
type norm struct{ gain, bias []float64 }

// linear is y[j] = x . rows[j] + bias[j]. A nil bias is none.
type linear struct {
	rows [][]float64
	bias []float64
}

// Load reads a model in the Hugging Face layout: config.json, of model_type gpt2,
// and model.safetensors, with tensor names that begin with "transformer." or do
// not. Tensors that the architecture does not call for are ignored. A file or
// tensor that is missing, has another shape than config.json says or holds a NaN
// or an infinity is an error that names it.
func Load(fsys fs.FS) (*GPT2, error) {
	c, err := loadConfig(fsys)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(fsys, weightsFile)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	file, err := safetensors.Parse(weightsFile, data)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	l := loader{file: file}
	if slices.Contains(file.Names(), "transformer.wte.weight") {
		l.prefix = "transformer."
	}
	g := l.model(c)
	if l.err != nil {
		return nil, l.err
	}
	return g, nil
}

// loader takes tensors from a file, and keeps the first error.
type loader struct {
	file   *safetensors.File
	prefix string
	err    error
}

func (l *loader) model(c config) *GPT2 {
	g := &GPT2{
		config:    c,
		tokens:    l.matrix("wte.weight", c.Vocabulary, c.Width),
		positions: l.matrix("wpe.weight", c.Positions, c.Width),
		final:     l.norm("ln_f", c.Width),
	}
	for i := 0; i < c.Layers && l.err == nil; i++ {
		g.blocks = append(g.blocks, l.block(fmt.Sprintf("h.%d.", i), c))
	}
	if g.head.rows = g.tokens; !c.Tied {
		l.prefix = "" // the head stands beside the transformer
		g.head.rows = l.matrix("lm_head.weight", c.Vocabulary, c.Width)
	}
	return g
}

func (l *loader) block(name string, c config) block {
	return block{
		attnNorm: l.norm(name+"ln_1", c.Width),
		attn:     l.conv1D(name+"attn.c_attn", c.Width, 3*c.Width),
		attnOut:  l.conv1D(name+"attn.c_proj", c.Width, c.Width),
		mlpNorm:  l.norm(name+"ln_2", c.Width),
		up:       l.conv1D(name+"mlp.c_fc", c.Width, c.inner()),
		down:     l.conv1D(name+"mlp.c_proj", c.inner(), c.Width),
	}
}

func (l *loader) norm(name string, width int) norm {
	return norm{gain: l.floats(name+".weight", width), bias: l.floats(name+".bias", width)}
}

// conv1D reads GPT-2's linear layer, whose weight is stored [in, out].
func (l *loader) conv1D(name string, in, out int) linear {
	w := l.floats(name+".weight", in, out)
	transposed := make([]float64, len(w))
	for i := range w {
		transposed[i%out*in+i/out] = w[i]
	}
	return linear{rows: slices.Collect(slices.Chunk(transposed, in)), bias: l.floats(name+".bias", out)}
}

// matrix reads a tensor of the given shape as its rows.
func (l *loader) matrix(name string, rows, columns int) [][]float64 {
	return slices.Collect(slices.Chunk(l.floats(name, rows, columns), columns))
}

// floats reads a tensor of the given shape; after an error, nothing.
func (l *loader) floats(name string, shape ...int) []float64 {
	if l.err != nil {
		return nil
	}
	var x []float64
	if x, l.err = l.read(l.prefix+name, shape); l.err != nil {
		l.err = fmt.Errorf("reference: %w", l.err)
	}
	return x
}

func (l *loader) read(name string, shape []int) ([]float64, error) {
	t, err := l.file.Tensor(name)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(t.Shape, shape) {
		return nil, fmt.Errorf("%s: tensor %s has shape %v; %s calls for %v", weightsFile, name, t.Shape, configFile, shape)
	}
	x, err := safetensors.Floats[float64](t)
	if err != nil {
		return nil, err
	}
	for i, v := range x {
		if !kernel.IsFinite(v) {
			return nil, fmt.Errorf("%s: tensor %s holds %v at element %d", weightsFile, name, v, i)
		}
	}
	return x, nil
}
