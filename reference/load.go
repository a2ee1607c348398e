package reference

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
)

// Model holds the weights of a transformer, exactly as stored. It may be used by
// any number of goroutines at a time.
type Model struct {
	config
	architecture
	tokens, positions [][]float64 // [vocabulary][width], [positions][width]
	blocks            []block
	final             norm
	head              linear
}

// block is one transformer layer.
type block struct {
	attnNorm, mlpNorm norm
	q, k, v, attnOut  linear
	qNorm, kNorm      norm // of a head
	gate, up, down    linear
	window            int
}

// norm is a LayerNorm's gain and bias or, without bias, an RMSNorm's gain.
type norm struct{ gain, bias []float64 }

// linear is y[j] = x . rows[j] + bias[j]. A nil bias is none.
type linear struct {
	rows [][]float64
	bias []float64
}

// part returns the outputs [from, to).
func (l linear) part(from, to int) linear {
	p := linear{rows: l.rows[from:to]}
	if l.bias != nil {
		p.bias = l.bias[from:to]
	}
	return p
}

// join returns the outputs of l and then those of m.
func (l linear) join(m linear) linear {
	return linear{rows: append(l.rows, m.rows...), bias: append(l.bias, m.bias...)}
}

// Load reads a model in the Hugging Face layout: config.json, of a model_type that
// architectures lists, and model.safetensors, or the files that
// model.safetensors.index.json lists. Names may lack the family's prefix. Tensors
// that the architecture does not call for are ignored. A file or tensor that is
// missing, has another shape than config.json says or holds a NaN or an infinity is
// an error that names it.
func Load(fsys fs.FS) (*Model, error) {
	c, err := loadConfig(fsys)
	if err != nil {
		return nil, err
	}
	files, err := safetensors.OpenFolder(fsys, weightsFile)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	defer files.Close()
	l := loader{files: files, architecture: architectures[c.ModelType]}
	if !slices.ContainsFunc(files.Names(), func(name string) bool { return strings.HasPrefix(name, l.prefix) }) {
		l.prefix = ""
	}
	m := l.model(c)
	if l.err != nil {
		return nil, l.err
	}
	return m, nil
}

// loader takes tensors from the files, and keeps the first error.
type loader struct {
	architecture
	files *safetensors.Folder
	err   error
}

func (l *loader) model(c config) *Model {
	m := &Model{config: c, architecture: l.architecture}
	m.tokens = l.matrix(l.prefix+l.architecture.tokens, c.Vocabulary, c.Width)
	if l.architecture.positions != "" {
		m.positions = l.matrix(l.prefix+l.architecture.positions, c.Positions, c.Width)
	}
	m.final = l.norm(l.prefix+l.architecture.final, c.Width)
	for i := 0; i < c.Layers && l.err == nil; i++ {
		b := l.block(l.prefix+l.layerName(i), c)
		b.window = c.Windows[i]
		m.blocks = append(m.blocks, b)
	}
	if m.head.rows = m.tokens; !c.Tied {
		m.head.rows = l.matrix(l.output, c.Vocabulary, c.Width)
	}
	return m
}

func (l *loader) block(name string, c config) block {
	b := block{
		attnNorm: l.norm(name+l.architecture.attnNorm, c.Width),
		attnOut:  l.linear(name+l.out, c.Heads*c.Head, c.Width, l.outBias(c)),
		mlpNorm:  l.norm(name+l.architecture.mlpNorm, c.Width),
		down:     l.linear(name+l.down, c.Inner, c.Width, c.mlpBias),
	}
	b.q, b.k, b.v = l.attention(l, name, c)
	if l.normsQK {
		b.qNorm.gain = l.floats(name+"self_attn.q_norm.weight", c.Head)
		b.kNorm.gain = l.floats(name+"self_attn.k_norm.weight", c.Head)
	}
	switch {
	case l.fusedGate != "":
		both := l.linear(name+l.fusedGate, c.Width, 2*c.Inner, c.mlpBias)
		if l.err == nil {
			b.gate, b.up = both.part(0, c.Inner), both.part(c.Inner, 2*c.Inner)
		}
		return b
	case l.gated:
		b.gate = l.linear(name+l.gate, c.Width, c.Inner, c.mlpBias)
	}
	b.up = l.linear(name+l.up, c.Width, c.Inner, c.mlpBias)
	return b
}

func (l *loader) norm(name string, width int) norm {
	n := norm{gain: l.floats(name+".weight", width)}
	if l.layerNorm {
		n.bias = l.floats(name+".bias", width)
	}
	return n
}

// linear reads a linear layer, whose weight is stored [out, in] or transposed.
func (l *loader) linear(name string, in, out int, biased bool) linear {
	var y linear
	if l.transposed {
		w := l.floats(name+".weight", in, out)
		t := make([]float64, len(w))
		for i := range w {
			t[i%out*in+i/out] = w[i]
		}
		y.rows = slices.Collect(slices.Chunk(t, in))
	} else {
		y.rows = l.matrix(name+".weight", out, in)
	}
	if biased {
		y.bias = l.floats(name+".bias", out)
	}
	return y
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
	if x, l.err = l.read(name, shape); l.err != nil {
		l.err = fmt.Errorf("reference: %w", l.err)
	}
	return x
}

func (l *loader) read(name string, shape []int) ([]float64, error) {
	t, file, err := l.files.Tensor(name)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(t.Shape, shape) {
		return nil, fmt.Errorf("%s: tensor %s has shape %v; %s calls for %v", file, name, t.Shape, configFile, shape)
	}
	x, err := safetensors.Floats[float64](t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, v := range x {
		if !kernel.IsFinite(v) {
			return nil, fmt.Errorf("%s: tensor %s holds %v at element %d", file, name, v, i)
		}
	}
	return x, nil
}
