package model

import (
	"math"

	"github.com/samebits/samebits/gemm"
)

// heads is the attention of a layer over packed keys and values: a task is some rows of one
// head, from the scores to the context, in scratch of its goroutine.
type heads[T Float] struct {
	stage   string
	window  int
	kv      *gemm.KeysValues[T]
	q, y    gemm.Matrix[T]
	blocks  int // of rows
	scratch []headScratch[T]
}

type headScratch[T Float] struct {
	gemm.AttentionScratch[T]
	scores buffer[T]
}

// attendPacked is attend over packed keys and values.
func (p *pass[T]) attendPacked(stage string, window int, kv *gemm.KeysValues[T], q, y gemm.Matrix[T]) {
	a := &p.attending
	a.stage, a.window, a.kv, a.q, a.y = stage, window, kv, q, y
	a.blocks = (q.Rows + p.rowsAtOnce() - 1) / p.rowsAtOnce()
	for len(a.scratch) < p.threads {
		a.scratch = append(a.scratch, headScratch[T]{})
	}
	p.attendLoop.Run(p.threadsFor(2*q.Rows*kv.Tokens()*q.Cols), a.blocks*p.heads.Len())
}

// manyTokens is by how many scratch grows at once.
const manyTokens = 256

func (p *pass[T]) rowsAtOnce() int { return gemm.AttentionRows[T]() }

// attendTask computes the context of some rows of a head. What a row does not see of the
// keys that its neighbours see has the probability +0: see KeysValues.Context.
func (p *pass[T]) attendTask(worker, task int) {
	a := &p.attending
	s := &a.scratch[worker]
	h, i0 := task/a.blocks, task%a.blocks*p.rowsAtOnce()
	i1 := min(i0+p.rowsAtOnce(), a.q.Rows)
	shared := p.sharedHead(h)
	from, to := p.seen(i0, a.window).Lo, p.seen(i1-1, a.window).Hi
	s.scores.reserve((i1 - i0) * (to/manyTokens + 1) * manyTokens)
	scores := s.scores.matrix(i1-i0, to)
	q, y := p.headOf(a.q, h).View(i0, i1, 0, p.config.HeadSize), p.headOf(a.y, h).View(i0, i1, 0, p.config.HeadSize)
	a.kv.Scores(&s.AttentionScratch, shared, p.scoreScale(), q, from, to, scores)
	p.triangle(p.name(a.stage, "scores"), h, a.window, i0, a.q.Rows, scores, T(math.Inf(-1)))
	for i := range scores.Rows {
		seen, row := p.seen(i0+i, a.window), scores.Row(i)
		p.softmax(row, seen)
		clear(row[seen.Hi:])
	}
	p.triangle(p.name(a.stage, "probs"), h, a.window, i0, a.q.Rows, scores, 0)
	if a.kv.Batches() {
		a.kv.Context(&s.AttentionScratch, shared, scores, from, to, y)
		return
	}
	for i := range scores.Rows {
		seen := p.seen(i0+i, a.window)
		a.kv.Context(&s.AttentionScratch, shared, scores.View(i, i+1, 0, to), seen.Lo, seen.Hi, y.View(i, i+1, 0, y.Cols))
	}
}
