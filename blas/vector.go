package blas

import (
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
)

// vector is n elements of data, inc apart: from the end if inc is negative, as BLAS has
// it, so that element i lies at i*inc or at (n-1-i)*|inc|.
type vector[T kernel.Float] struct {
	data   []T
	n, inc int
	first  int // where element 0 lies
}

func newVector[T kernel.Float](data []T, n, inc int, short string) vector[T] {
	refuse(shortVector(len(data), n, inc), short)
	return vector[T]{data: data, n: n, inc: inc, first: firstOf(n, inc)}
}

// pair checks what a routine of level 1 takes, and returns the two vectors.
func pair[T kernel.Float](n int, x []T, incX int, y []T, incY int) (vx, vy vector[T]) {
	refuse(incX == 0, zeroIncX)
	refuse(incY == 0, zeroIncY)
	refuse(n < 0, nLT0)
	return newVector(x, n, incX, shortX), newVector(y, n, incY, shortY)
}

// at returns where element i is.
func (v vector[T]) at(i int) *T { return &v.data[v.first+i*v.inc] }

// isSlice tells whether the elements are a slice as they lie.
func (v vector[T]) isSlice() bool { return v.inc == 1 }

// slice returns the elements as a slice: as they lie, or a copy in scratch, which is
// otherwise nil.
func (v vector[T]) slice() (x []T, scratch *[]T) {
	if v.isSlice() {
		return v.data[:v.n], nil
	}
	return v.copy()
}

// copy returns a copy of the elements in scratch.
func (v vector[T]) copy() (x []T, scratch *[]T) {
	scratch = take[T](v.n)
	v.get(*scratch)
	return *scratch, scratch
}

// apartFrom returns the elements of a vector as they lie, or a copy in the buffer if they are no slice or lie between
// those of a.
func apartFrom[T kernel.Float](x []T, inc int, a, buffer []T) []T {
	n := len(buffer)
	if inc == 1 && areApart(x[:n], a) {
		return x[:n]
	}
	collect(buffer, x, firstOf(n, inc), inc)
	return buffer
}

// areApart tells whether the memory of x and a does not overlap. Neither is empty.
func areApart[T kernel.Float](x, a []T) bool {
	at := func(x []T, i int) uintptr { return uintptr(unsafe.Pointer(&x[i])) }
	return at(x, len(x)-1) < at(a, 0) || at(a, len(a)-1) < at(x, 0)
}

// get copies the elements into x.
func (v vector[T]) get(x []T) { collect(x[:v.n], v.data, v.first, v.inc) }

// collect copies elements of data, inc apart from the first on. A vector is many words to be handed on: what is short is
// done without.
func collect[T kernel.Float](dst, data []T, first, inc int) {
	if inc == 1 {
		copy(dst, data[first:])
		return
	}
	for i := range dst {
		dst[i] = data[first]
		first += inc
	}
}

// firstOf is where the first of n elements lies.
func firstOf(n, inc int) int {
	if inc < 0 {
		return (1 - n) * inc
	}
	return 0
}

// set replaces the elements.
func (v vector[T]) set(x []T) {
	if v.isSlice() {
		copy(v.data[:v.n], x)
		return
	}
	for i, at := 0, v.first; i < v.n; i, at = i+1, at+v.inc {
		v.data[at] = x[i]
	}
}

// giveIf gives scratch back if there is any.
func giveIf[T kernel.Float](scratch *[]T) {
	if scratch != nil {
		give(scratch)
	}
}

// reverse turns x around.
func reverse[T kernel.Float](x []T) {
	for i, j := 0, len(x)-1; i < j; i, j = i+1, j-1 {
		x[i], x[j] = x[j], x[i]
	}
}
