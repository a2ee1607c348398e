package model

import (
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// shard is what one rank holds of the model. Norms and positions are on every
// rank; everything else is divided.
type shard[T Float] struct {
	config    Config
	backend   gemm.Backend[T]
	heads     reduce.Span // of the attention
	inner     reduce.Span // of the MLP
	tokens    *tp.Embedding[T]
	positions gemm.Matrix[T]
	layers    []*layer[T]
	finalNorm norm[T]
	head      *tp.ColumnParallel[T]
}

// layer is one transformer block of a shard.
type layer[T Float] struct {
	attnNorm norm[T]
	qkv      *tp.ColumnParallel[T] // the rank's heads of Q, of K and of V, side by side
	out      *tp.RowParallel[T]
	mlpNorm  norm[T]
	up       *tp.ColumnParallel[T]
	down     *tp.RowParallel[T]
}

// norm holds the parameters of a layer norm.
type norm[T Float] struct{ weight, bias []T }

// builder reads tensors, and remembers the first error so that the description of
// a model need not stop to look.
type builder[T Float] struct {
	checkpoint *Checkpoint
	options    Options[T]
	tensors    map[string]gemm.Matrix[T] // read so far: the ranks cut them one after the other
	err        error
}

func (b *builder[T]) matrix(format string, args ...any) gemm.Matrix[T] {
	return b.tensor(b.checkpoint.prefix + fmt.Sprintf(format, args...))
}

func (b *builder[T]) tensor(name string) gemm.Matrix[T] {
	if m, ok := b.tensors[name]; ok {
		return m
	}
	m, err := matrix[T](b.checkpoint, name)
	b.fail(err)
	b.tensors[name] = m
	return m
}

func (b *builder[T]) vector(format string, args ...any) []T { return b.matrix(format, args...).Data }

func (b *builder[T]) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder[T]) norm(format string, args ...any) norm[T] {
	name := fmt.Sprintf(format, args...)
	return norm[T]{b.vector("%s.weight", name), b.vector("%s.bias", name)}
}

// column returns the layer of those columns of W and the bias.
func (b *builder[T]) column(w gemm.Matrix[T], bias []T, columns reduce.Span) *tp.ColumnParallel[T] {
	if b.err != nil {
		return nil
	}
	l, err := tp.NewColumnParallel(b.options.Backend, w.View(0, w.Rows, columns.Lo, columns.Hi), false, bias[columns.Lo:columns.Hi])
	b.fail(err)
	return l
}

// row returns the layer of those rows of W, and of all of the bias.
func (b *builder[T]) row(w gemm.Matrix[T], bias []T, rows reduce.Span, leaf int) *tp.RowParallel[T] {
	if b.err != nil {
		return nil
	}
	place := gemm.Contraction{K: w.Rows, From: rows.Lo, Leaf: leaf}
	l, err := tp.NewRowParallel(b.options.Backend, w.View(rows.Lo, rows.Hi, 0, w.Cols), place, bias, b.options.Fault)
	b.fail(err)
	return l
}

// shard takes the rank's share of the weights.
func (b *builder[T]) shard(rank int) (*shard[T], error) {
	c, o := b.checkpoint, b.options
	leaf := o.Backend.Order().Leaf()
	s := &shard[T]{
		config: c.Config, backend: o.Backend,
		heads: tp.Cut(c.Config.Heads, o.Ranks, rank),
		inner: tp.CutAligned(c.Config.Inner, leaf, o.Ranks, rank),
	}
	for i := range c.Config.Layers {
		s.layers = append(s.layers, b.layer(s, i, leaf))
	}
	table := b.matrix("wte.weight")
	head := table
	if !c.Config.Tied {
		head = b.tensor("lm_head.weight")
	}
	s.positions = b.matrix("wpe.weight")
	s.finalNorm = b.norm("ln_f")
	if b.err != nil {
		return nil, b.err
	}
	s.tokens = tp.NewEmbedding(table, o.Ranks, rank)
	var err error
	s.head, err = tp.NewColumnParallel(o.Backend, tp.Shard(head, o.Ranks, rank), true, nil)
	return s, err
}

// layer describes block i of the GPT-2 family.
func (b *builder[T]) layer(s *shard[T], i, leaf int) *layer[T] {
	c, d := b.checkpoint.Config, b.checkpoint.Config.HeadSize()
	weights := b.fused(b.matrix("h.%d.attn.c_attn.weight", i), s.heads)
	bias := b.fused(b.matrix("h.%d.attn.c_attn.bias", i), s.heads)
	return &layer[T]{
		attnNorm: b.norm("h.%d.ln_1", i),
		qkv:      b.column(weights, bias.Data, reduce.Span{Lo: 0, Hi: weights.Cols}),
		out: b.row(b.matrix("h.%d.attn.c_proj.weight", i), b.vector("h.%d.attn.c_proj.bias", i),
			reduce.Span{Lo: s.heads.Lo * d, Hi: s.heads.Hi * d}, c.headLeaf(leaf)),
		mlpNorm: b.norm("h.%d.ln_2", i),
		up:      b.column(b.matrix("h.%d.mlp.c_fc.weight", i), b.vector("h.%d.mlp.c_fc.bias", i), s.inner),
		down:    b.row(b.matrix("h.%d.mlp.c_proj.weight", i), b.vector("h.%d.mlp.c_proj.bias", i), s.inner, leaf),
	}
}

// fused returns the rank's columns of a fused [in, 3*width] matrix, or of its
// bias as one row: its heads of Q, then of K, then of V. The three blocks are cut
// one by one; a contiguous cut through all three is the fault ContiguousQKV.
func (b *builder[T]) fused(w gemm.Matrix[T], heads reduce.Span) gemm.Matrix[T] {
	if b.err != nil {
		return w
	}
	d, width := b.checkpoint.Config.HeadSize(), b.checkpoint.Config.Width
	if b.options.Fault == tp.ContiguousQKV {
		return w.View(0, w.Rows, 3*heads.Lo*d, 3*heads.Hi*d)
	}
	local := heads.Len() * d
	out := gemm.NewMatrix[T](w.Rows, 3*local)
	for i := range w.Rows {
		for block := range 3 {
			from := block*width + heads.Lo*d
			copy(out.Row(i)[block*local:], w.Row(i)[from:from+local])
		}
	}
	return out
}
