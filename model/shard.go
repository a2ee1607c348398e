package model

import (
	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// shard is what one rank holds of the model. Norms are on every rank, heads of keys
// and values on each that has one of their heads of queries; all else is divided.
// Embedding and positions stay in the checkpoint.
type shard[T Float] struct {
	config    Config
	backend   gemm.Backend[T]
	heads     reduce.Span // of the queries
	kvHeads   reduce.Span // of the keys and values that those meet
	inner     reduce.Span // of the MLP
	tokens    *tp.Embedding[T]
	positions tp.Table[T]            // or nil
	turns     []elementary.Frequency // frequencies of the rotary embeddings, or nil
	layers    []*layer[T]
	finalNorm norm[T]
	head      *tp.ColumnParallel[T]
}

// layer is one transformer block of a shard.
type layer[T Float] struct {
	window       int
	attnNorm     norm[T]
	qkv          *tp.ColumnParallel[T] // the rank's heads of Q, of K and of V, side by side
	qNorm, kNorm norm[T]
	out          *tp.RowParallel[T]
	mlpNorm      norm[T]
	up           *tp.ColumnParallel[T] // gate, where there is one, and up, side by side
	down         *tp.RowParallel[T]
}

// norm holds the parameters of a LayerNorm or, without bias, of an RMSNorm.
type norm[T Float] struct{ weight, bias []T }

// kvSpan returns the heads of keys and values that some heads of queries meet.
func (c Config) kvSpan(heads reduce.Span) reduce.Span {
	if heads.Len() == 0 {
		return reduce.Span{}
	}
	return reduce.Span{Lo: heads.Lo / c.group(), Hi: (heads.Hi-1)/c.group() + 1}
}

// newShard takes the rank's share of the weights.
func newShard[T Float](c *Checkpoint, o Options[T], rank int) (*shard[T], error) {
	b := &builder[T]{checkpoint: c, options: o}
	leaf := o.Backend.Order().Leaf()
	s := &shard[T]{
		config: c.Config, backend: o.Backend,
		heads: tp.Cut(c.Config.Heads, o.Ranks, rank),
		inner: tp.CutAligned(c.Config.Inner, leaf, o.Ranks, rank),
	}
	s.kvHeads = c.Config.kvSpan(s.heads)
	if c.Config.RoPE != nil {
		s.turns = c.Config.RoPE.frequencies()
	}
	for i := 0; i < c.Config.Layers && b.err == nil; i++ {
		s.layers = append(s.layers, b.layer(s, i, leaf))
	}
	b.outer(s, rank)
	return s, b.err
}

// outer takes what no layer owns.
func (b *builder[T]) outer(s *shard[T], rank int) {
	c, n := b.checkpoint.Config, b.checkpoint.names
	embedding := b.open(n.prefix + n.embedding + ".weight")
	head := n.head + ".weight"
	if c.Tied {
		head = n.prefix + n.embedding + ".weight"
	}
	if n.positions != "" {
		s.positions = b.open(n.prefix + n.positions + ".weight")
	}
	s.finalNorm = b.norm(c.Norm, n.prefix+n.finalNorm, c.Width)
	if b.err != nil {
		return
	}
	s.tokens = tp.NewEmbedding[T](&seldom[T]{onDisk: embedding, weights: b.checkpoint.weights})
	own := tp.Cut(c.Vocabulary, b.options.Ranks, rank)
	m := stacked[T]{b.strips(head, c.Vocabulary, c.Width, []reduce.Span{own}, false), false, c.Width}
	s.head = b.column(m, true, c.Width, nil)
}

// layer reads block i.
func (b *builder[T]) layer(s *shard[T], i, leaf int) *layer[T] {
	c, n := b.checkpoint.Config, b.checkpoint.names
	name, d := n.layerName(i), c.HeadSize
	l := &layer[T]{
		window:   c.Window(i),
		attnNorm: b.norm(c.Norm, name+n.attnNorm, c.Width),
		mlpNorm:  b.norm(c.Norm, name+n.mlpNorm, c.Width),
		qkv:      b.qkv(s, name),
		out:      b.row(name, n.out, scale(s.heads, d), c.Heads*d, c.headLeaf(leaf)),
		down:     b.row(name, n.down, s.inner, c.Inner, leaf),
	}
	parts := []part{{n.up, s.inner, 1}}
	if c.Gated {
		parts = []part{{n.gate, s.inner, 1}, {n.up, s.inner, 1}}
	}
	l.up = b.columns(name, parts, c.Width)
	if c.QKNorm {
		l.qNorm = b.norm(RMSNorm, name+n.qNorm, d)
		l.kNorm = b.norm(RMSNorm, name+n.kNorm, d)
	}
	return l
}

// qkv reads the rank's heads of Q, K and V. Each of the three is cut on its own,
// also where one tensor holds them all; a contiguous cut through that is the fault
// ContiguousQKV.
func (b *builder[T]) qkv(s *shard[T], name string) *tp.ColumnParallel[T] {
	c, n := b.checkpoint.Config, b.checkpoint.names
	parts := []part{{n.q, s.heads, c.HeadSize}, {n.k, s.kvHeads, c.HeadSize}, {n.v, s.kvHeads, c.HeadSize}}
	if b.options.Fault == tp.ContiguousQKV {
		units := s.heads.Len() + 2*s.kvHeads.Len()
		all := n.q.outputs / c.HeadSize
		from := min(s.heads.Lo*all/c.Heads, all-units)
		fused := n.q
		fused.offset = 0
		parts = []part{{fused, reduce.Span{Lo: from, Hi: from + units}, c.HeadSize}}
	}
	return b.columns(name, parts, c.Width)
}

// scale multiplies the ends of a span.
func scale(s reduce.Span, by int) reduce.Span { return reduce.Span{Lo: s.Lo * by, Hi: s.Hi * by} }
