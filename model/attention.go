package model

import (
	"context"
	"math"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
)

// cache holds one rank's keys and values of all layers.
type cache[T Float] struct{ layers []keysValues[T] }

// keysValues holds the keys and values of one layer, a row for each token of the
// session, the rank's heads of them side by side.
type keysValues[T Float] struct{ keys, values gemm.Matrix[T] }

func newCache[T Float](c Config, kvHeads reduce.Span) cache[T] {
	layers := make([]keysValues[T], c.Layers)
	for i := range layers {
		empty := gemm.NewMatrix[T](0, kvHeads.Len()*c.HeadSize)
		layers[i] = keysValues[T]{empty, empty}
	}
	return cache[T]{layers}
}

// appendRows appends the rows of x, which may be a view, to m, whose rows are
// contiguous.
func appendRows[T Float](m *gemm.Matrix[T], x gemm.Matrix[T]) {
	for i := range x.Rows {
		m.Data = append(m.Data, x.Row(i)...)
	}
	m.Rows += x.Rows
}

// attention returns what attention adds to the residual:
//
//	q, k, v = x*Wqkv + b                          cut by heads
//	q, k    = RMSNorm of each head                where there is one
//	q, k    = turned by their positions           where there are rotary embeddings
//	scores  = (q*k^T) / sqrt(head size)           keys up to the token's own
//	context = softmax(scores) * v                 leaves of keys in the growing tree
//	out     = context*Wo + b                      one all-reduce
//
// A masked key is absent: neither softmax nor the product with v count it, so that a
// prefix, a chunk and a single token are the same expressions.
func (p *pass[T]) attention(ctx context.Context, stage string, l *layer[T], kv *keysValues[T], x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	qkv, err := l.qkv.Forward(x)
	if err != nil {
		return qkv, err
	}
	q, k, v := p.split(qkv)
	p.perHead(stage+"q", q, p.config.Heads, p.heads)
	p.perHead(stage+"k", k, p.config.KVHeads, p.kvHeads)
	p.perHead(stage+"v", v, p.config.KVHeads, p.kvHeads)
	if p.config.QKNorm {
		p.normHeads(q, l.qNorm)
		p.normHeads(k, l.kNorm)
		p.perHead(stage+"q_norm", q, p.config.Heads, p.heads)
		p.perHead(stage+"k_norm", k, p.config.KVHeads, p.kvHeads)
	}
	if p.turns != nil {
		p.rotation.apply(q, p.config.HeadSize)
		p.rotation.apply(k, p.config.HeadSize)
		p.perHead(stage+"q_rope", q, p.config.Heads, p.heads)
		p.perHead(stage+"k_rope", k, p.config.KVHeads, p.kvHeads)
	}
	appendRows(&kv.keys, k)
	appendRows(&kv.values, v)
	y, err := p.attend(stage, l.window, kv, q)
	if err != nil {
		return y, err
	}
	p.columns(stage+"context", y, p.config.Heads*p.config.HeadSize, p.heads.Lo*p.config.HeadSize)
	return p.rowParallel(ctx, stage+"out", l.out, y)
}

// split returns the queries, keys and values, which lie side by side.
func (p *pass[T]) split(qkv gemm.Matrix[T]) (q, k, v gemm.Matrix[T]) {
	nq, nk := p.heads.Len()*p.config.HeadSize, p.kvHeads.Len()*p.config.HeadSize
	return qkv.View(0, qkv.Rows, 0, nq), qkv.View(0, qkv.Rows, nq, nq+nk), qkv.View(0, qkv.Rows, nq+nk, nq+2*nk)
}

// normHeads replaces each head of x by its RMSNorm.
func (p *pass[T]) normHeads(x gemm.Matrix[T], n norm[T]) {
	d := p.config.HeadSize
	for i := range x.Rows {
		for row := x.Row(i); len(row) > 0; row = row[d:] {
			n.apply(p.backend.Order(), row[:d], row[:d], T(p.config.NormEpsilon))
		}
	}
}

// attend returns the context of the rank's heads, side by side.
func (p *pass[T]) attend(stage string, window int, kv *keysValues[T], q gemm.Matrix[T]) (gemm.Matrix[T], error) {
	d := p.config.HeadSize
	y := gemm.NewMatrix[T](q.Rows, q.Cols)
	head := func(m gemm.Matrix[T], h int) gemm.Matrix[T] { return m.View(0, m.Rows, h*d, (h+1)*d) }
	for h := range p.heads.Len() {
		shared := (p.heads.Lo+h)/p.config.group() - p.kvHeads.Lo
		a := attended[T]{p, stage, h, window, head(kv.keys, shared), head(kv.values, shared)}
		if err := a.run(head(q, h), head(y, h)); err != nil {
			return y, err
		}
	}
	return y, nil
}

// attended is the attention of one head of the rank.
type attended[T Float] struct {
	*pass[T]
	stage        string
	h, window    int
	keys, values gemm.Matrix[T]
}

// seen returns the keys that row i sees: its token's own and those before it, as
// far as the window goes.
func (a attended[T]) seen(i int) reduce.Span {
	s := reduce.Span{Lo: 0, Hi: a.start + i + 1}
	if a.window > 0 {
		s.Lo = max(0, s.Hi-a.window)
	}
	return s
}

// run sets context to the attention of the rows of q. A score outside a row's
// window is -Inf, and its exponential 0, which adds nothing to the denominator: each
// key keeps its place there, too.
func (a attended[T]) run(q, context gemm.Matrix[T]) error {
	scores := gemm.NewMatrix[T](q.Rows, a.keys.Rows)
	oldest := a.seen(0).Lo
	scale := T(1 / math.Sqrt(float64(q.Cols)))
	visible := scores.View(0, scores.Rows, oldest, scores.Cols)
	if err := a.backend.Product(scale, q, a.keys.View(oldest, a.keys.Rows, 0, a.keys.Cols), true, false, visible); err != nil {
		return err
	}
	masked := T(math.Inf(-1))
	a.triangle(a.stage+"scores", a, scores, masked)
	for i := range scores.Rows {
		seen := a.seen(i)
		row := scores.Row(i)[:seen.Hi]
		for j := range row[:seen.Lo] {
			row[j] = masked
		}
		elementary.Softmax(a.backend.Order(), row, row)
		probs := scores.View(i, i+1, seen.Lo, seen.Hi)
		values := a.values.View(seen.Lo, seen.Hi, 0, a.values.Cols)
		if err := a.backend.ProductFrom(seen.Lo, probs, values, context.View(i, i+1, 0, context.Cols)); err != nil {
			return err
		}
	}
	a.triangle(a.stage+"probs", a, scores, 0)
	return nil
}
