package fuzz

import (
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// boundary is the alignment from which offsets count: a cache line, and the widest
// vector.
const boundary = 64

// A stage is memory in which terms are laid at a chosen distance from a boundary,
// amid other numbers. The same offset is always the same address.
type stage[T reduce.Float] struct {
	memory []T
	origin int // the first element at a boundary that has a whole line before it
	copy   []T // of memory, as it was before a call
}

// line is the number of elements between boundaries.
func line[T reduce.Float]() int { return boundary / int(unsafe.Sizeof(T(0))) }

func newStage[T reduce.Float](n int) *stage[T] {
	s := &stage[T]{memory: make([]T, n+4*line[T]())}
	s.origin = line[T]()
	for uintptr(unsafe.Pointer(&s.memory[s.origin]))%boundary != 0 {
		s.origin++
	}
	return s
}

// lay places x offset elements past the boundary, with around everywhere else. The
// capacity reaches to the end of the memory: an append is seen by intact.
func (s *stage[T]) lay(x []T, offset int, around T) []T {
	for i := range s.memory {
		s.memory[i] = around
	}
	at := s.origin + offset
	copy(s.memory[at:], x)
	s.copy = append(s.copy[:0], s.memory...)
	return s.memory[at : at+len(x)]
}

// intact tells whether the memory is as lay left it.
func (s *stage[T]) intact() bool {
	for i, v := range s.memory {
		if kernel.Bits(v) != kernel.Bits(s.copy[i]) {
			return false
		}
	}
	return true
}
