package model

import (
	"context"
	"math"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
)

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
	qkv := p.work.qkv.matrix(x.Rows, l.qkv.Columns())
	if err := l.qkv.ForwardTo(qkv, x); err != nil {
		return qkv, err
	}
	q, k, v := p.split(qkv)
	p.perHead(p.name(stage, "q"), q, p.config.Heads, p.heads)
	p.perHead(p.name(stage, "k"), k, p.config.KVHeads, p.kvHeads)
	p.perHead(p.name(stage, "v"), v, p.config.KVHeads, p.kvHeads)
	if p.config.QKNorm {
		p.normHeads(q, l.qNorm)
		p.normHeads(k, l.kNorm)
		p.perHead(p.name(stage, "q_norm"), q, p.config.Heads, p.heads)
		p.perHead(p.name(stage, "k_norm"), k, p.config.KVHeads, p.kvHeads)
	}
	if p.turns != nil {
		p.rotation.apply(q, p.config.HeadSize)
		p.rotation.apply(k, p.config.HeadSize)
		p.perHead(p.name(stage, "q_rope"), q, p.config.Heads, p.heads)
		p.perHead(p.name(stage, "k_rope"), k, p.config.KVHeads, p.kvHeads)
	}
	kv.append(k, v)
	y := p.work.context.matrix(q.Rows, q.Cols)
	if err := p.attend(stage, l.window, kv, q, y); err != nil {
		return y, err
	}
	p.columns(p.name(stage, "context"), y, p.config.Heads*p.config.HeadSize, p.heads.Lo*p.config.HeadSize)
	return p.rowParallel(ctx, p.name(stage, "out"), l.out, y)
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

// attend sets y to the context of the rank's heads, side by side.
func (p *pass[T]) attend(stage string, window int, kv *keysValues[T], q, y gemm.Matrix[T]) error {
	if kv.packed != nil {
		p.attendPacked(stage, window, kv.packed, q, y)
		return nil
	}
	for h := range p.heads.Len() {
		a := attended[T]{p, stage, h, window, p.headOf(kv.keys, p.sharedHead(h)), p.headOf(kv.values, p.sharedHead(h))}
		if err := a.run(p.headOf(q, h), p.headOf(y, h)); err != nil {
			return err
		}
	}
	return nil
}

// headOf returns the columns of head h of the rank.
func (p *pass[T]) headOf(m gemm.Matrix[T], h int) gemm.Matrix[T] {
	d := p.config.HeadSize
	return m.View(0, m.Rows, h*d, (h+1)*d)
}

// sharedHead returns which of the rank's heads of keys and values its head h meets.
func (p *pass[T]) sharedHead(h int) int { return (p.heads.Lo+h)/p.config.group() - p.kvHeads.Lo }

// seen returns the keys that row i sees: its token's own and those before it, as
// far as the window goes.
func (p *pass[T]) seen(i, window int) reduce.Span {
	s := reduce.Span{Lo: 0, Hi: p.start + i + 1}
	if window > 0 {
		s.Lo = max(0, s.Hi-window)
	}
	return s
}

// scoreScale is what scores are multiplied by.
func (p *pass[T]) scoreScale() T { return T(1 / math.Sqrt(float64(p.config.HeadSize))) }

// softmax replaces the scores of a row by its probabilities. A score outside the row's
// window becomes -Inf, and its exponential 0, which adds nothing to the denominator: each
// key keeps its place there, too.
func (p *pass[T]) softmax(row []T, seen reduce.Span) {
	row = row[:seen.Hi]
	for j := range row[:seen.Lo] {
		row[j] = T(math.Inf(-1))
	}
	elementary.Softmax(p.backend.Order(), row, row)
}

// attended is the attention of one head of the rank, for a backend that knows matrices alone.
type attended[T Float] struct {
	*pass[T]
	stage        string
	h, window    int
	keys, values gemm.Matrix[T]
}

// run sets context to the attention of the rows of q.
func (a attended[T]) run(q, context gemm.Matrix[T]) error {
	scores := gemm.NewMatrix[T](q.Rows, a.keys.Rows)
	oldest := a.seen(0, a.window).Lo
	visible := scores.View(0, scores.Rows, oldest, scores.Cols)
	if err := a.backend.Product(a.scoreScale(), q, a.keys.View(oldest, a.keys.Rows, 0, a.keys.Cols), true, false, visible); err != nil {
		return err
	}
	a.triangle(a.name(a.stage, "scores"), a.h, a.window, 0, q.Rows, scores, T(math.Inf(-1)))
	for i := range scores.Rows {
		seen := a.seen(i, a.window)
		a.softmax(scores.Row(i), seen)
		probs := scores.View(i, i+1, seen.Lo, seen.Hi)
		values := a.values.View(seen.Lo, seen.Hi, 0, a.values.Cols)
		if err := a.backend.ProductFrom(seen.Lo, probs, values, context.View(i, i+1, 0, context.Cols)); err != nil {
			return err
		}
	}
	a.triangle(a.name(a.stage, "probs"), a.h, a.window, 0, q.Rows, scores, 0)
	return nil
}
