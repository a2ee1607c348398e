package model

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// pass is one rank's run over some tokens of a session.
type pass[T Float] struct {
	*shard[T]
	cache *cache[T]
	rank  *tp.Rank
	rec   *collector[T]
	start int // position of the first token

	rotation rotation[T] // of the tokens' positions, where there is one
}

// logits runs the model, read from top to bottom.
func (p *pass[T]) logits(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	x, err := p.embed(ctx, ids)
	if err != nil {
		return x, err
	}
	p.whole("embed", x)
	if p.turns != nil {
		p.rotation = newRotation[T](p.turns, p.start, len(ids))
	}
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

// embed returns the embedding of the tokens and, where positions are learned, of
// their positions, added.
func (p *pass[T]) embed(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	x, err := p.shard.tokens.Forward(ctx, p.rank, ids)
	if err != nil || p.positions == nil {
		return x, err
	}
	position := make([]T, x.Cols)
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
	p.whole(stage+"attn_norm", h)
	a, err := p.attention(ctx, stage+"attn.", l, kv, h)
	if err != nil {
		return err
	}
	if p.config.Parallel {
		h = p.normed(x, l.mlpNorm)
	}
	kernel.AddTo(x.Data, a.Data)
	p.whole(stage+"attn_residual", x)
	if !p.config.Parallel {
		h = p.normed(x, l.mlpNorm)
	}
	p.whole(stage+"mlp_norm", h)
	m, err := p.mlp(ctx, stage+"mlp.", l, h)
	if err != nil {
		return err
	}
	kernel.AddTo(x.Data, m.Data)
	p.whole(stage+"output", x)
	return nil
}

// mlp returns down(activation(up(x))) or, gated, down(activation(gate(x)) * up(x)).
func (p *pass[T]) mlp(ctx context.Context, stage string, l *layer[T], x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	y, err := l.up.Forward(x)
	if err != nil {
		return y, err
	}
	activation, n := activations[p.config.Activation], p.inner.Len()
	if p.config.Gated {
		gate, up := y.View(0, y.Rows, 0, n), y.View(0, y.Rows, n, 2*n)
		p.columns(stage+"gate", gate, p.config.Inner, p.inner.Lo)
		p.columns(stage+"up", up, p.config.Inner, p.inner.Lo)
		y = gated(activation, gate, up)
	} else {
		p.columns(stage+"up", y, p.config.Inner, p.inner.Lo)
		activation.apply(y.Data)
	}
	p.columns(stage+"act", y, p.config.Inner, p.inner.Lo)
	return p.rowParallel(ctx, stage+"down", l.down, y)
}

// gated returns RN(activation(gate) * up), element by element.
func gated[T Float](a activation, gate, up gemm.Matrix[T]) gemm.Matrix[T] {
	y := gemm.NewMatrix[T](gate.Rows, gate.Cols)
	for i := range y.Rows {
		row := y.Row(i)
		copy(row, gate.Row(i))
		a.apply(row)
		for j, u := range up.Row(i) {
			row[j] = kernel.Canonical(T(row[j] * u))
		}
	}
	return y
}

// normed returns the norm of each row.
func (p *pass[T]) normed(x gemm.Matrix[T], n norm[T]) gemm.Matrix[T] {
	y := gemm.NewMatrix[T](x.Rows, x.Cols)
	for i := range x.Rows {
		n.apply(p.backend.Order(), y.Row(i), x.Row(i), T(p.config.NormEpsilon))
	}
	return y
}

// apply sets y to the LayerNorm of x or, without bias, to its RMSNorm.
func (n norm[T]) apply(order reduce.Order, y, x []T, epsilon T) {
	if n.bias == nil {
		elementary.RMSNorm(order, y, x, n.weight, epsilon)
		return
	}
	elementary.LayerNorm(order, y, x, n.weight, n.bias, epsilon)
}
