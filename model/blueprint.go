package model

import "fmt"

// blueprint says where a family keeps its weights. Names are those of Hugging Face
// without ".weight" and ".bias"; those of a layer follow layer, with its number.
type blueprint struct {
	prefix    string // of all names but head; files of the bare model leave it out
	layer     string // "layers.%d."
	embedding string // [vocabulary, width]
	positions string // [context, width], or "" for none
	finalNorm string
	head      string // [vocabulary, width], unless it is tied
	buffers   []string

	attnNorm, mlpNorm, qNorm, kNorm string // of a layer
	q, k, v, out                    linear
	gate, up, down                  linear
	conv1D                          bool // weights are [in, out], not [out, in]
}

// linear is a linear layer, or the part of a fused one that makes queries, say.
// Its outputs come in units: heads, or single columns of the MLP. Unit u begins at
// output offset + u*stride of the tensor.
type linear struct {
	name           string
	bias           bool
	outputs        int // of the tensor, all parts together
	offset, stride int
}

// alone is a linear layer whose units, of that size, follow each other.
func alone(name string, bias bool, units, size int) linear {
	return linear{name: name, bias: bias, outputs: units * size, stride: size}
}

// separate describes queries, keys and values as layers of their own.
func (b *blueprint) separate(c Config, prefix string, bias bool) {
	b.q = alone(prefix+"q_proj", bias, c.Heads, c.HeadSize)
	b.k = alone(prefix+"k_proj", bias, c.KVHeads, c.HeadSize)
	b.v = alone(prefix+"v_proj", bias, c.KVHeads, c.HeadSize)
}

// blocked describes them as one layer: all queries, then all keys, then all values.
func (b *blueprint) blocked(c Config, name string, bias bool) {
	d := c.HeadSize
	outputs := (c.Heads + 2*c.KVHeads) * d
	b.q = linear{name, bias, outputs, 0, d}
	b.k = linear{name, bias, outputs, c.Heads * d, d}
	b.v = linear{name, bias, outputs, (c.Heads + c.KVHeads) * d, d}
}

// interleaved describes them as one layer: query, key and value of head 0, then
// those of head 1, and so on.
func (b *blueprint) interleaved(c Config, name string, bias bool) {
	d := c.HeadSize
	outputs := 3 * c.Heads * d
	b.q = linear{name, bias, outputs, 0, 3 * d}
	b.k = linear{name, bias, outputs, d, 3 * d}
	b.v = linear{name, bias, outputs, 2 * d, 3 * d}
}

// contiguousQKV tells whether a contiguous cut through a fused layer would be a
// fault: where heads lie whole it is right.
func (b *blueprint) contiguousQKV() bool { return b.q.name == b.k.name && b.k.offset >= b.k.stride }

// need is a tensor that a checkpoint must have.
type need struct {
	name  string
	shape []int
}

// outerNeeds lists the tensors that no layer owns.
func (b *blueprint) outerNeeds(c Config) []need {
	needs := []need{{b.prefix + b.embedding + ".weight", []int{c.Vocabulary, c.Width}}}
	if b.positions != "" {
		needs = append(needs, need{b.prefix + b.positions + ".weight", []int{c.Context, c.Width}})
	}
	needs = append(needs, normNeeds(c.Norm, b.prefix+b.finalNorm, c.Width)...)
	if !c.Tied {
		needs = append(needs, need{b.head + ".weight", []int{c.Vocabulary, c.Width}})
	}
	return needs
}

// layerNeeds lists the tensors of layer i, those of fused layers once.
func (b *blueprint) layerNeeds(c Config, i int) []need {
	name := b.layerName(i)
	needs := normNeeds(c.Norm, name+b.attnNorm, c.Width)
	needs = append(needs, normNeeds(c.Norm, name+b.mlpNorm, c.Width)...)
	if c.QKNorm {
		needs = append(needs, normNeeds(RMSNorm, name+b.qNorm, c.HeadSize)...)
		needs = append(needs, normNeeds(RMSNorm, name+b.kNorm, c.HeadSize)...)
	}
	seen := map[string]bool{"": true}
	for _, l := range []struct {
		linear
		inputs int
	}{{b.q, c.Width}, {b.k, c.Width}, {b.v, c.Width}, {b.out, c.Heads * c.HeadSize}, {b.gate, c.Width}, {b.up, c.Width}, {b.down, c.Inner}} {
		if seen[l.name] {
			continue
		}
		seen[l.name] = true
		shape := []int{l.outputs, l.inputs}
		if b.conv1D {
			shape = []int{l.inputs, l.outputs}
		}
		needs = append(needs, need{name + l.name + ".weight", shape})
		if l.bias {
			needs = append(needs, need{name + l.name + ".bias", []int{l.outputs}})
		}
	}
	return needs
}

func normNeeds(norm, name string, width int) []need {
	needs := []need{{name + ".weight", []int{width}}}
	if norm == LayerNorm {
		needs = append(needs, need{name + ".bias", []int{width}})
	}
	return needs
}

// layerName returns what the names of layer i begin with.
func (b *blueprint) layerName(i int) string { return b.prefix + fmt.Sprintf(b.layer, i) }
