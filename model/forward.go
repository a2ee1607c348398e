package model

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// pass is one rank's run over some tokens of a session. It serves one call after another.
type pass[T Float] struct {
	*shard[T]
	cache *cache[T]
	rank  *tp.Rank
	rec   *collector[T]
	start int   // position of the first token
	ids   []int // the tokens
	last  bool  // the logits of the last token alone are wanted

	rotation  rotation[T] // of the tokens' positions, where there is one
	threads   int
	work      workspace[T]
	attending heads[T]
	norming   struct {
		x, y gemm.Matrix[T]
		norm[T]
	}
	activating struct{ from, to gemm.Matrix[T] }
	result     gemm.Matrix[T] // the logits

	attendLoop, rowLoop *parallel.Loop
	job                 func(lo, hi int)
	rows, parts         int
	normJob, actJob     func(lo, hi int)
	step                func(ctx context.Context, r *tp.Rank) error
}

// newPass returns a rank's pass, for a session of its own.
func newPass[T Float](s *shard[T], c *cache[T]) *pass[T] {
	p := &pass[T]{shard: s, cache: c, threads: 1}
	if t, ok := s.backend.(interface{ Threads() int }); ok {
		p.threads = t.Threads()
	}
	p.attendLoop, p.rowLoop = parallel.NewLoop(p.attendTask), parallel.NewLoop(p.rowTask)
	p.normJob, p.actJob, p.step = p.normRows, p.activateRows, p.run
	return p
}

// run runs the model on a rank and leaves the logits in p.result.
func (p *pass[T]) run(ctx context.Context, r *tp.Rank) error {
	p.rank = r
	logits, err := p.logits(ctx, p.ids)
	p.result = logits
	return err
}

// logits runs the model, read from top to bottom.
func (p *pass[T]) logits(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	x, err := p.embed(ctx, ids)
	if err != nil {
		return x, err
	}
	p.whole("embed", x)
	if p.turns != nil {
		p.rotation.turn(&p.work, p.turns, p.start, len(ids))
	}
	for i, l := range p.layers {
		if err := p.block(ctx, p.stageOf(i), l, &p.cache.layers[i], x); err != nil {
			return x, err
		}
	}
	if p.last {
		x = x.View(x.Rows-1, x.Rows, 0, x.Cols)
	}
	x = p.normed(x, p.finalNorm)
	p.whole("final_norm", x)
	own := p.work.logits.matrix(x.Rows, p.head.Columns())
	if !p.last && p.rank.Size() == 1 {
		own = gemm.NewMatrix[T](own.Rows, own.Cols) // the caller keeps it
	}
	if err := p.head.ForwardTo(own, x); err != nil {
		return own, err
	}
	logits := own
	if p.rank.Size() > 1 {
		logits, err = tp.GatherColumns(ctx, p.rank, own, p.config.Vocabulary)
	}
	p.whole("logits", logits)
	return logits, err
}

// stageOf returns what the names of the stages of layer i begin with, where they are recorded.
func (p *pass[T]) stageOf(i int) string {
	if p.rec == nil {
		return ""
	}
	return fmt.Sprintf("layers.%d.", i)
}

// embed returns the embedding of the tokens and, where positions are learned, of
// their positions, added.
func (p *pass[T]) embed(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	x := p.work.residual.matrix(len(ids), p.config.Width)
	err := p.shard.tokens.ForwardTo(ctx, p.rank, x, ids)
	if err != nil || p.positions == nil {
		return x, err
	}
	position := p.work.position.matrix(1, x.Cols).Data
	for i := range x.Rows {
		if err := p.positions.CopyRow(position, p.start+i); err != nil {
			return x, err
		}
		kernel.AddTo(x.Row(i), position)
	}
	return x, nil
}

// block adds one transformer block to x:
//
//	a = attention(norm(x))
//	m = mlp(norm(x + a)), or mlp(norm(x)) where the two are parallel
//	x = (x + a) + m
func (p *pass[T]) block(ctx context.Context, stage string, l *layer[T], kv *keysValues[T], x gemm.Matrix[T]) error {
	h := p.normed(x, l.attnNorm)
	p.whole(p.name(stage, "attn_norm"), h)
	a, err := p.attention(ctx, p.name(stage, "attn."), l, kv, h)
	if err != nil {
		return err
	}
	if p.config.Parallel {
		h = p.normed(x, l.mlpNorm)
	}
	kernel.AddTo(x.Data, a.Data)
	p.whole(p.name(stage, "attn_residual"), x)
	if !p.config.Parallel {
		h = p.normed(x, l.mlpNorm)
	}
	p.whole(p.name(stage, "mlp_norm"), h)
	m, err := p.mlp(ctx, p.name(stage, "mlp."), l, h)
	if err != nil {
		return err
	}
	kernel.AddTo(x.Data, m.Data)
	p.whole(p.name(stage, "output"), x)
	return nil
}

// mlp returns down(activation(up(x))) or, gated, down(activation(gate(x)) * up(x)).
func (p *pass[T]) mlp(ctx context.Context, stage string, l *layer[T], x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	y := p.work.inner.matrix(x.Rows, l.up.Columns())
	if err := l.up.ForwardTo(y, x); err != nil {
		return y, err
	}
	n := p.inner.Len()
	if p.config.Gated {
		p.columns(p.name(stage, "gate"), y.View(0, y.Rows, 0, n), p.config.Inner, p.inner.Lo)
		p.columns(p.name(stage, "up"), y.View(0, y.Rows, n, 2*n), p.config.Inner, p.inner.Lo)
	} else {
		p.columns(p.name(stage, "up"), y, p.config.Inner, p.inner.Lo)
	}
	out := y
	if p.config.Gated {
		out = p.work.gated.matrix(y.Rows, n)
	}
	p.activating.from, p.activating.to = y, out
	p.eachRow(y.Rows, activationCost*n, p.actJob)
	y = out
	p.columns(p.name(stage, "act"), y, p.config.Inner, p.inner.Lo)
	return p.rowParallel(ctx, p.name(stage, "down"), l.down, y)
}

// The cost of a number, in those of which manyOperations make it worth to start a goroutine.
const (
	activationCost = 8
	normCost       = 4
)

// activateRows sets rows of what enters the down projection: activation(up) in place or,
// gated, RN(activation(gate) * up).
func (p *pass[T]) activateRows(lo, hi int) {
	activation, from, to := activations[p.config.Activation], p.activating.from, p.activating.to
	for i := lo; i < hi; i++ {
		row := to.Row(i)
		if !p.config.Gated {
			apply(activation, row)
			continue
		}
		copy(row, from.Row(i))
		apply(activation, row)
		for j, u := range from.Row(i)[len(row):] {
			row[j] = kernel.Canonical(T(row[j] * u))
		}
	}
}

// normed returns the norm of each row, until the next call.
func (p *pass[T]) normed(x gemm.Matrix[T], n norm[T]) gemm.Matrix[T] {
	y := p.work.normed.matrix(x.Rows, x.Cols)
	p.norming.x, p.norming.y, p.norming.norm = x, y, n
	p.eachRow(x.Rows, normCost*x.Cols, p.normJob)
	return y
}

func (p *pass[T]) normRows(lo, hi int) {
	x, y := p.norming.x, p.norming.y
	for i := lo; i < hi; i++ {
		p.norming.apply(p.backend.Order(), y.Row(i), x.Row(i), T(p.config.NormEpsilon))
	}
}

// apply sets y to the LayerNorm of x or, without bias, to its RMSNorm.
func (n norm[T]) apply(order reduce.Order, y, x []T, epsilon T) {
	if n.bias == nil {
		elementary.RMSNorm(order, y, x, n.weight, epsilon)
		return
	}
	elementary.LayerNorm(order, y, x, n.weight, n.bias, epsilon)
}
