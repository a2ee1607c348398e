package model

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/tp"
)

// pass is one rank's run over some tokens of a session.
type pass[T Float] struct {
	*shard[T]
	cache *cache[T]
	rank  *tp.Rank
	rec   *collector[T]
	start int // position of the first token
}

// logits runs the model: GPT-2, read from top to bottom.
func (p *pass[T]) logits(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	x, err := p.embed(ctx, ids)
	if err != nil {
		return x, err
	}
	p.whole("embed", x)
	for i, l := range p.layers {
		if err := p.block(ctx, fmt.Sprintf("layers.%d.", i), l, &p.cache.layers[i], x); err != nil {
			return x, err
		}
	}
	x = p.normed(x, p.finalNorm)
	p.whole("final_norm", x)
	own, err := p.head.Forward(x)
	if err != nil {
		return own, err
	}
	logits, err := tp.GatherColumns(ctx, p.rank, own, p.config.Vocabulary)
	p.whole("logits", logits)
	return logits, err
}

// embed returns the embedding of the tokens and their positions, added.
func (p *pass[T]) embed(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	x, err := p.shard.tokens.Forward(ctx, p.rank, ids)
	if err != nil {
		return x, err
	}
	for i := range x.Rows {
		kernel.AddTo(x.Row(i), p.positions.Row(p.start+i))
	}
	return x, nil
}

// block adds one transformer block to x:
//
//	x = x + attention(norm(x))
//	x = x + mlp(norm(x))
func (p *pass[T]) block(ctx context.Context, stage string, l *layer[T], kv *keysValues[T], x gemm.Matrix[T]) error {
	normed := p.normed(x, l.attnNorm)
	p.whole(stage+"attn_norm", normed)
	attended, err := p.attention(stage+"attn.", l, kv, normed)
	if err != nil {
		return err
	}
	out, err := l.out.Forward(ctx, p.rank, attended)
	if err != nil {
		return err
	}
	p.whole(stage+"attn.out", out)
	kernel.AddTo(x.Data, out.Data)
	p.whole(stage+"attn_residual", x)

	normed = p.normed(x, l.mlpNorm)
	p.whole(stage+"mlp_norm", normed)
	up, err := l.up.Forward(normed)
	if err != nil {
		return err
	}
	p.columns(stage+"mlp.up", up, p.config.Inner, p.inner.Lo)
	activations[p.config.Activation].apply(up.Data)
	p.columns(stage+"mlp.act", up, p.config.Inner, p.inner.Lo)
	if out, err = l.down.Forward(ctx, p.rank, up); err != nil {
		return err
	}
	p.whole(stage+"mlp.down", out)
	kernel.AddTo(x.Data, out.Data)
	p.whole(stage+"output", x)
	return nil
}

// normed returns the layer norm of each row.
func (p *pass[T]) normed(x gemm.Matrix[T], n norm[T]) gemm.Matrix[T] {
	y := gemm.NewMatrix[T](x.Rows, x.Cols)
	for i := range x.Rows {
		elementary.LayerNorm(p.backend.Order(), y.Row(i), x.Row(i), n.weight, n.bias, T(p.config.NormEpsilon))
	}
	return y
}
