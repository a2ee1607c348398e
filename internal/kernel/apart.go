package kernel

import (
	"math"
	"math/bits"
	"unsafe"
)

// A sum over as many bytes as apartFrom, widened as apartWideFrom, most of which lie far from the processor, is read in
// several places in turn: the four quarters of each node of the tree of up to apartMost bytes, the two halves of products or
// widened terms. So the processor has as many streams to wait for at once. What is joined with what is as ever.
//
// It is not known which of Intel's processors gain by it. There, these are more than any memory.
var apartFrom, apartWideFrom uint64 = math.MaxUint64, math.MaxUint64

const (
	apartLeast = 1 << 20 // bytes of one array: of a node that is read so
	apartMost  = 1 << 29
	apartPage  = 4096
)

// A place is one of those that a kernel reads: where it begins beyond x (and y), in bytes, the top of the stack of its nodes,
// and how many pages were pushed on it.
type place struct {
	from  int
	top   unsafe.Pointer
	pages int
}

const (
	apartPlaces = 4
	apartLevels = 17 // of pages in apartMost, and one more
)

// isFar tells whether the terms are to be read so.
func isFar[S, T Float](of Terms, x []T) bool {
	bytes, from := uint64(len(x))*uint64(unsafe.Sizeof(x[0])), apartFrom
	if of == Product {
		bytes *= 2
	}
	if Is64[S]() && !Is64[T]() {
		from = apartWideFrom
	}
	return bytes >= from
}

// treeApart is Tree, read in several places.
func treeApart[S, T Float](of Terms, dst []S, x, y []T) S {
	var buffer [32]S
	sums := buffer[:Lanes[T]()]
	apartRows(of, sums, x, y)
	copy(dst, sums)
	return JoinLanes(sums)
}

// apartRows writes to dst the node over the rows of x (and y), as treeRows does, and returns how many lanes are present.
func apartRows[S, T Float](of Terms, dst []S, x, y []T) int {
	lanes, n := len(dst), len(x)
	size, rows := n*int(unsafe.Sizeof(x[0])), (n+lanes-1)/lanes
	switch {
	case size < apartLeast:
		treeKernel(of, dst, x, y)
		return min(n, lanes)
	case n == rows*lanes && rows&(rows-1) == 0 && size <= apartMost:
		apartNode(of, dst, x, y)
		return lanes
	}
	m := 1 << (bits.Len(uint(rows-1)) - 1)
	restX, restY := rest(x, y, m*lanes)
	if y != nil {
		y = y[:m*lanes]
	}
	apartRows(of, dst, x[:m*lanes], y)
	var buffer [32]S
	right := buffer[:lanes]
	present := apartRows(of, right, restX, restY)
	AddPlain(dst[:present], right)
	return lanes
}

// apartNode writes to dst the node of whole rows, a power of two of them.
func apartNode[S, T Float](of Terms, dst []S, x, y []T) {
	var stacks [apartPlaces][apartLevels * 32]S
	var table [apartPlaces]place
	places := apartPlaces
	if of == Product || unsafe.Sizeof(dst[0]) > unsafe.Sizeof(x[0]) {
		places = 2
	}
	size := len(x) * int(unsafe.Sizeof(x[0])) / places
	for k := range places {
		table[k] = place{k * size, unsafe.Pointer(&stacks[k]), 0}
	}
	p, q := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	switch {
	case Is64[T]():
		apartF64(of, (*float64)(p), (*float64)(q), &table[0], places, size/apartPage)
	case Is64[S]():
		apartWide(of, (*float32)(p), (*float32)(q), &table[0], places, size/apartPage)
	default:
		apartF32(of, (*float32)(p), (*float32)(q), &table[0], places, size/apartPage)
	}
	for step := 1; step < places; step *= 2 {
		for k := 0; k < places; k += 2 * step {
			AddPlain(stacks[k][:len(dst)], stacks[k+step][:])
		}
	}
	copy(dst, stacks[0][:])
}
