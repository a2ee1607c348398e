package model

import (
	"math"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
)

// cache holds one rank's keys and values of all layers.
type cache[T Float] struct{ layers []keysValues[T] }

// keysValues holds the keys and values of one layer, a row for each token of the
// session, the rank's heads side by side.
type keysValues[T Float] struct{ keys, values gemm.Matrix[T] }

func newCache[T Float](c Config, heads reduce.Span) cache[T] {
	layers := make([]keysValues[T], c.Layers)
	for i := range layers {
		empty := gemm.NewMatrix[T](0, heads.Len()*c.HeadSize())
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

// attention returns the context of the rank's heads, side by side:
//
//	q, k, v = x*Wqkv + b                          cut by heads
//	scores  = (q*k^T) / sqrt(head size)           keys up to the token's own
//	context = softmax(scores) * v                 leaves of keys in the growing tree
//
// A masked key is absent: it is not in the row that softmax and the product with v
// see, so that a prefix, a chunk and a single token are the same expressions.
func (p *pass[T]) attention(stage string, l *layer[T], kv *keysValues[T], x gemm.Matrix[T]) (gemm.Matrix[T], error) {
	d := p.config.HeadSize()
	width := p.heads.Len() * d
	context := gemm.NewMatrix[T](x.Rows, width)
	qkv, err := l.qkv.Forward(x)
	if err != nil {
		return context, err
	}
	q := qkv.View(0, x.Rows, 0, width)
	k := qkv.View(0, x.Rows, width, 2*width)
	v := qkv.View(0, x.Rows, 2*width, 3*width)
	p.perHead(stage+"q", q)
	p.perHead(stage+"k", k)
	p.perHead(stage+"v", v)
	appendRows(&kv.keys, k)
	appendRows(&kv.values, v)
	for h := range p.heads.Len() {
		head := func(m gemm.Matrix[T]) gemm.Matrix[T] { return m.View(0, m.Rows, h*d, (h+1)*d) }
		if err := p.attendHead(stage, h, head(q), head(kv.keys), head(kv.values), head(context)); err != nil {
			return context, err
		}
	}
	p.columns(stage+"context", context, p.config.Width, p.heads.Lo*d)
	return context, nil
}

// attendHead sets context to the attention of one head.
func (p *pass[T]) attendHead(stage string, h int, q, keys, values, context gemm.Matrix[T]) error {
	scores := gemm.NewMatrix[T](q.Rows, keys.Rows)
	scale := T(1 / math.Sqrt(float64(q.Cols)))
	if err := p.backend.Product(scale, q, keys, true, false, scores); err != nil {
		return err
	}
	masked := T(math.Inf(-1))
	p.triangle(stage+"scores", h, scores, masked)
	for i := range scores.Rows {
		seen := p.start + i + 1
		row := scores.View(i, i+1, 0, seen)
		elementary.Softmax(p.backend.Order(), row.Data, row.Data)
		if err := p.backend.Product(1, row, values.View(0, seen, 0, values.Cols), false, true, context.View(i, i+1, 0, context.Cols)); err != nil {
			return err
		}
	}
	p.triangle(stage+"probs", h, scores, 0)
	return nil
}
