package tp

import "github.com/samebits/samebits/gemm"

// memory is what a rank computes in from one all-reduce of products to the next, others reading it
// meanwhile: new memory would have to be cleared, and to come into the caches, each time.
//
// It is written again when all others have read it. They have read the part where they have sent the
// sums that they made of it, for which this rank waits before its all-reduce ends. They have read
// the sums where they have sent their parts for the next all-reduce, for which this
// rank waits before it makes others.
type memory[T Float] struct {
	part gemm.Partial[T]
	own  []T // the share that the rank sums for all
}

// memoryOf returns the rank's.
func memoryOf[T Float](r *Rank) *memory[T] {
	m, ok := r.memory.(*memory[T])
	if !ok {
		m = new(memory[T])
		r.memory = m
	}
	return m
}

// sums returns room for n sums.
func (m *memory[T]) sums(n int) []T {
	if cap(m.own) < n {
		m.own = make([]T, n)
	}
	return m.own[:n]
}
