package model

import "github.com/samebits/samebits/gemm"

// buffer is memory that is used again.
type buffer[T Float] struct{ data []T }

// matrix returns a matrix of any content, until the next call.
func (b *buffer[T]) matrix(rows, cols int) gemm.Matrix[T] {
	b.reserve(rows * cols)
	return gemm.Dense(rows, cols, b.data[:rows*cols])
}

// reserve makes room for n elements.
func (b *buffer[T]) reserve(n int) {
	if cap(b.data) < n {
		b.data = make([]T, n)
	}
}

// workspace holds the matrices of a pass, which the next one uses again: none is seen
// outside, but for the logits where the caller is lent them.
type workspace[T Float] struct {
	residual, normed, qkv, context, added, inner, gated, logits, position buffer[T]
	cos, sin                                                              buffer[T]
}

// threadsFor returns the number of goroutines for so many operations: starting one takes as
// long as some ten thousands.
func (p *pass[T]) threadsFor(operations int) int {
	return max(1, min(p.threads, operations/manyOperations))
}

// manyOperations make it worth to start a goroutine; tests start them for fewer.
var manyOperations = 1 << 17

// eachRow calls the job for blocks of rows, [lo, hi), each of so many operations.
func (p *pass[T]) eachRow(rows, operations int, job func(lo, hi int)) {
	threads := p.threadsFor(rows * operations)
	if threads == 1 {
		job(0, rows)
		return
	}
	p.job, p.rows, p.parts = job, rows, min(rows, 4*threads)
	p.rowLoop.Run(threads, p.parts)
}

func (p *pass[T]) rowTask(_, part int) {
	p.job(p.rows*part/p.parts, p.rows*(part+1)/p.parts)
}
