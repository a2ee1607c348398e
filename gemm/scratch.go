package gemm

import (
	"sync"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/pages"
	"github.com/samebits/samebits/internal/parallel"
)

// Scratch is kept for the next product: a product takes what it finds, grows it to its
// needs and gives it back, and the garbage collector frees what lies about. It is bounded
// by chunkSize for each operand (or the terms of one panel, if those are more), and for each
// goroutine by the stacks of a task, the terms of a block, the sums of a tile's leaves where
// those are summed before they are joined, and taskRows (or the terms of one tile's rows).
var tilePools [4]sync.Pool // by S and T

func indexOfTiles[S, T Float]() int { return 2*poolOf[S]() + poolOf[T]() }

func poolOfTiles[S, T Float]() *sync.Pool { return &tilePools[indexOfTiles[S, T]()] }

// newTiles returns what evaluates products, with the scratch of an earlier one.
func newTiles[S, T Float]() *tiles[S, T] {
	if t, ok := poolOfTiles[S, T]().Get().(*tiles[S, T]); ok {
		return t
	}
	return makeTiles[S, T]()
}

func makeTiles[S, T Float]() *tiles[S, T] {
	t := &tiles[S, T]{}
	t.loop = parallel.NewLoop(t.part)
	return t
}

// release gives the scratch back, and keeps nothing else alive.
func (t *tiles[S, T]) release() {
	t.a, t.b, t.c, t.put, t.whole, t.program = leftOperand[T]{}, rightOperand[T]{}, Matrix[S]{}, nil, nil, program{}
	t.narrow, t.narrowed = kernel.Finish[T]{}, Matrix[T]{}
	if w := t.owner; w != nil {
		t.owner = nil
		w.mu.Unlock()
		return
	}
	poolOfTiles[S, T]().Put(t)
}

// grow returns n elements of the scratch, of any value.
func grow[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	return *s
}

// growLarge is grow for scratch that may be large: see pages.Aligned.
func growLarge[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = pages.Aligned[T](n)
	}
	return grow(s, n)
}

// Scratch of single slices.
var pools = [2]sync.Pool{}

// take returns scratch of n elements, of any value.
func take[T Float](n int) *[]T {
	s, ok := pools[poolOf[T]()].Get().(*[]T)
	if !ok {
		s = new([]T)
	}
	grow(s, n)
	return s
}

func give[T Float](s *[]T) { pools[poolOf[T]()].Put(s) }

func poolOf[T Float]() int {
	if kernel.Is64[T]() {
		return 1
	}
	return 0
}
