package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Weights are the parameters from which a stage is computed, as float64, in which
// every stored weight is exact.
type Weights struct {
	// Tensor is the name of the weights in the checkpoint.
	Tensor string
	// Matrix is [outputs, inputs] for a linear layer, however it is stored, and a
	// single row for a norm.
	Matrix gemm.Matrix[float64]
	// Columns are the outputs of Tensor that the rows of Matrix are: of a fused layer a
	// stage has a part.
	Columns []int
	// Bias has an element for each output, or is nil.
	Bias []float64
}

// Weights reads the parameters of a stage of StageNames: a linear layer (attn.q,
// attn.k, attn.v, attn.out, mlp.gate, mlp.up, mlp.down, logits) or a norm (attn_norm,
// mlp_norm, attn.q_norm, attn.k_norm, final_norm). A stage that has none is an error.
// It reads no other weights; the cost is that of the copy.
func (c *Checkpoint) Weights(stage string) (Weights, error) {
	b := &builder[float64]{checkpoint: c}
	w, ok := b.weights(stage)
	if !ok {
		return Weights{}, fmt.Errorf("model: stage %.60q has no weights in this %s of %s", stage, c.Config.Family, plural.Of(c.Config.Layers, "layer"))
	}
	return w, b.err
}

// TokenRows reads rows of the embedding of tokens, [ids, width].
func (c *Checkpoint) TokenRows(ids []int) (gemm.Matrix[float64], error) {
	return c.gather(c.names.prefix+c.names.embedding+".weight", ids, c.Config.Vocabulary)
}

// PositionRows reads rows of the learned positions, [positions, width]. Without
// learned positions it returns a matrix of no rows.
func (c *Checkpoint) PositionRows(positions []int) (gemm.Matrix[float64], error) {
	if c.names.positions == "" {
		return gemm.NewMatrix[float64](0, c.Config.Width), nil
	}
	return c.gather(c.names.prefix+c.names.positions+".weight", positions, c.Config.Context)
}

// Untied reads a head of its own that a checkpoint holds although config.json ties
// the head to the embedding. It reports whether there is one.
func (c *Checkpoint) Untied() (w gemm.Matrix[float64], ok bool) {
	name := c.names.head + ".weight"
	t, _, err := c.weights.Tensor(name)
	if !c.Config.Tied || err != nil || len(t.Shape) != 2 || t.Shape[0] != c.Config.Vocabulary || t.Shape[1] != c.Config.Width || t.CheckFloats() != nil {
		return w, false
	}
	b := &builder[float64]{checkpoint: c}
	w = gemm.NewMatrix[float64](c.Config.Vocabulary, c.Config.Width)
	b.rows(w, name, []reduce.Span{{Lo: 0, Hi: w.Rows}})
	return w, b.err == nil
}

// Frequencies returns the angles by which one position turns each pair of numbers,
// scaling included: see RoPE.
func (r *RoPE) Frequencies() []float64 {
	all := make([]float64, r.Size/2)
	for i, f := range r.angles() {
		all[i], _ = f.Float64()
	}
	return all
}

func (c *Checkpoint) gather(name string, rows []int, limit int) (gemm.Matrix[float64], error) {
	m := gemm.NewMatrix[float64](len(rows), c.Config.Width)
	from, err := open[float64](c, name)
	for i, r := range rows {
		if err == nil && (r < 0 || r >= limit) {
			err = fmt.Errorf("model: row %d of %s: want 0 to %d", r, name, limit-1)
		}
		if err != nil {
			return m, err
		}
		err = from.CopyRow(m.Row(i), r)
	}
	return m, err
}

// weights finds the stage, and reports whether it has weights.
func (b *builder[T]) weights(stage string) (w Weights, ok bool) {
	c, n := b.checkpoint.Config, b.checkpoint.names
	switch stage {
	case "final_norm":
		return b.normWeights(c.Norm, n.prefix+n.finalNorm, c.Width), true
	case "logits":
		head := n.head
		if c.Tied {
			head = n.prefix + n.embedding
		}
		return b.linearWeights("", linear{name: head, outputs: c.Vocabulary, stride: 1}, c.Vocabulary, 1, c.Width, false), true
	}
	rest, _ := strings.CutPrefix(stage, "layers.")
	number, name, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= c.Layers {
		return w, false
	}
	return b.layerWeights(n.layerName(i), name)
}

func (b *builder[T]) layerWeights(layer, name string) (w Weights, ok bool) {
	c, n := b.checkpoint.Config, b.checkpoint.names
	d := c.HeadSize
	switch name {
	case "attn_norm":
		return b.normWeights(c.Norm, layer+n.attnNorm, c.Width), true
	case "mlp_norm":
		return b.normWeights(c.Norm, layer+n.mlpNorm, c.Width), true
	case "attn.q_norm", "attn.k_norm":
		own := map[string]string{"attn.q_norm": n.qNorm, "attn.k_norm": n.kNorm}[name]
		if !c.QKNorm {
			return w, false
		}
		return b.normWeights(RMSNorm, layer+own, d), true
	case "attn.q":
		return b.linearWeights(layer, n.q, c.Heads, d, c.Width, n.conv1D), true
	case "attn.k":
		return b.linearWeights(layer, n.k, c.KVHeads, d, c.Width, n.conv1D), true
	case "attn.v":
		return b.linearWeights(layer, n.v, c.KVHeads, d, c.Width, n.conv1D), true
	case "attn.out":
		return b.linearWeights(layer, n.out, 1, c.Width, c.Heads*d, n.conv1D), true
	case "mlp.gate":
		return b.linearWeights(layer, n.gate, c.Inner, 1, c.Width, n.conv1D), c.Gated
	case "mlp.up":
		return b.linearWeights(layer, n.up, c.Inner, 1, c.Width, n.conv1D), true
	case "mlp.down":
		return b.linearWeights(layer, n.down, 1, c.Width, c.Inner, n.conv1D), true
	}
	return w, false
}

func (b *builder[T]) normWeights(kind, name string, width int) Weights {
	m := gemm.NewMatrix[float64](1, width)
	n := b.norm(kind, name, width)
	for i, v := range n.weight {
		m.Data[i] = float64(v)
	}
	return Weights{Tensor: name + ".weight", Matrix: m, Bias: widen(n.bias)}
}

// linearWeights reads so many units, of that size, of a linear layer.
func (b *builder[T]) linearWeights(layer string, l linear, units, size, inputs int, conv1D bool) Weights {
	p := part{l, reduce.Span{Lo: 0, Hi: units}, size}
	name := layer + l.name + ".weight"
	w := Weights{Tensor: name}
	for _, s := range p.spans() {
		for j := s.Lo; j < s.Hi; j++ {
			w.Columns = append(w.Columns, j)
		}
	}
	if l.name == "" { // mlp.gate of a family without one
		return w
	}
	m := gemm.NewMatrix[T](len(w.Columns), inputs)
	if conv1D {
		t := gemm.NewMatrix[T](inputs, len(w.Columns))
		b.slabs(t, name, l.outputs, p.spans())
		for i := range t.Rows {
			for j, v := range t.Row(i) {
				m.Data[j*inputs+i] = v
			}
		}
	} else {
		b.rows(m, name, p.spans())
	}
	w.Matrix = gemm.Matrix[float64]{Rows: m.Rows, Cols: m.Cols, Stride: m.Stride, Data: widen(m.Data)}
	if l.bias {
		w.Bias = widen(b.vector(layer+l.name+".bias", p.spans()...))
	}
	return w
}

func widen[T Float](x []T) []float64 {
	if x == nil {
		return nil
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
