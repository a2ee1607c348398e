package model

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// Recorder receives the stages of a run, one call a stage, in the order of
// StageNames. The values are row by row, and only lent.
type Recorder[T Float] interface {
	Record(stage string, shape []int, values []T)
}

// RankRecorder is a Recorder that wants the ranks' shares, too: before a stage that
// an all-reduce makes (attn.out, mlp.down), it receives what each rank contributes to
// it, by rank number: the product over the rank's terms, without the bias, finished
// on its own. On one rank nothing is exchanged, and there are none.
type RankRecorder[T Float] interface {
	Recorder[T]
	RecordRank(stage string, rank int, shape []int, values []T)
}

// StageNames lists the stages of a model in execution order.
func StageNames(c Config) []string {
	names := []string{"embed"}
	for i := range c.Layers {
		for _, s := range c.layerStages() {
			names = append(names, fmt.Sprintf("layers.%d.%s", i, s))
		}
	}
	return append(names, "final_norm", "logits")
}

func (c Config) layerStages() []string {
	names := []string{"attn_norm", "attn.q", "attn.k", "attn.v"}
	if c.QKNorm {
		names = append(names, "attn.q_norm", "attn.k_norm")
	}
	if c.RoPE != nil {
		names = append(names, "attn.q_rope", "attn.k_rope")
	}
	names = append(names, "attn.scores", "attn.probs", "attn.context", "attn.out", "attn_residual", "mlp_norm")
	if c.Gated {
		names = append(names, "mlp.gate")
	}
	return append(names, "mlp.up", "mlp.act", "mlp.down", "output")
}

// collector puts the stages together from what the ranks hold of them. A nil
// collector does nothing.
type collector[T Float] struct {
	recorder Recorder[T]
	ranks    RankRecorder[T] // or nil
	names    []string
	mu       sync.Mutex
	stages   map[string]*stage[T]
	parts    map[string][]stage[T] // of the ranks, by number
}

type stage[T Float] struct {
	shape  []int
	values []T
}

func newCollector[T Float](c Config, r Recorder[T]) *collector[T] {
	if r == nil {
		return nil
	}
	ranks, _ := r.(RankRecorder[T])
	return &collector[T]{recorder: r, ranks: ranks, names: StageNames(c), stages: map[string]*stage[T]{}, parts: map[string][]stage[T]{}}
}

// putPart takes in what a rank contributes to a stage.
func (c *collector[T]) putPart(name string, rank, size int, x gemm.Matrix[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parts[name] == nil {
		c.parts[name] = make([]stage[T], size)
	}
	c.parts[name][rank] = stage[T]{[]int{x.Rows, x.Cols}, slices.Clone(x.Data)}
}

// put lets a rank fill in what it holds of a stage.
func (c *collector[T]) put(name string, shape []int, fill func(values []T)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stages[name]
	if s == nil {
		n := 1
		for _, d := range shape {
			n *= d
		}
		s = &stage[T]{shape, make([]T, n)}
		c.stages[name] = s
	}
	fill(s.values)
}

// flush hands all stages to the recorder.
func (c *collector[T]) flush() {
	if c == nil {
		return
	}
	for _, name := range c.names {
		for rank, part := range c.parts[name] {
			c.ranks.RecordRank(name, rank, part.shape, part.values)
		}
		if s := c.stages[name]; s != nil {
			c.recorder.Record(name, s.shape, s.values)
		}
	}
}

// name returns the name of a stage, where it is recorded.
func (p *pass[T]) name(prefix, stage string) string {
	if p.rec == nil {
		return ""
	}
	return prefix + stage
}

// whole records a stage that every rank holds, from rank 0.
func (p *pass[T]) whole(name string, x gemm.Matrix[T]) {
	if p.rec != nil && p.rank.ID() == 0 {
		p.rec.put(name, []int{x.Rows, x.Cols}, func(values []T) { copy(values, x.Data) })
	}
}

// rowParallel runs a layer that ends in an all-reduce, and records its stage.
func (p *pass[T]) rowParallel(ctx context.Context, name string, l *tp.RowParallel[T], x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	y := p.work.added.matrix(x.Rows, l.Columns())
	var seen func(part gemm.Matrix[T])
	if p.rec != nil && p.rec.ranks != nil {
		seen = func(part gemm.Matrix[T]) { p.rec.putPart(name, p.rank.ID(), p.rank.Size(), part) }
	}
	err := l.ForwardTo(ctx, p.rank, y, x, seen)
	p.whole(name, y)
	return y, err
}

// columns records a stage of the given width of which the rank holds the columns
// of x, from column lo.
func (p *pass[T]) columns(name string, x gemm.Matrix[T], width, lo int) {
	if p.rec != nil {
		p.putColumns(name, []int{x.Rows, width}, x, width, lo)
	}
}

// perHead records a stage [tokens, heads, head size] of which the rank holds the
// heads own of x.
func (p *pass[T]) perHead(name string, x gemm.Matrix[T], heads int, own reduce.Span) {
	if p.rec != nil {
		d := p.config.HeadSize
		p.putColumns(name, []int{x.Rows, heads, d}, x, heads*d, own.Lo*d)
	}
}

func (p *pass[T]) putColumns(name string, shape []int, x gemm.Matrix[T], width, lo int) {
	p.rec.put(name, shape, func(values []T) {
		for i := range x.Rows {
			copy(values[i*width+lo:], x.Row(i))
		}
	})
}

// triangle records what head h of the rank holds of a stage [heads, tokens, keys], from row
// first of so many rows on, with the given value where a key is masked.
func (p *pass[T]) triangle(name string, h, window, first, rows int, x gemm.Matrix[T], masked T) {
	if p.rec == nil {
		return
	}
	keys := p.start + rows
	p.rec.put(name, []int{p.config.Heads, rows, keys}, func(values []T) {
		values = values[(p.heads.Lo+h)*rows*keys:]
		for i := range x.Rows {
			seen, row := p.seen(first+i, window), values[(first+i)*keys:][:keys]
			for j := range row {
				row[j] = masked
			}
			copy(row[seen.Lo:], x.Row(i)[seen.Lo:seen.Hi])
		}
	})
}
