package kernel

import (
	"fmt"
	"math"
	"math/bits"
	"unsafe"
)

// A pairwise sum over as many bytes as treeApartFrom, most of which lie far from the processor, is read as several interleaved streams:
// the four quarters of a node of the tree, or the two halves of one of products, of up to treeApartMost bytes each. So the processor
// has as many to wait for at once. What is joined with what is as ever. (Sums of any order have streams of their own: see
// apart.go.)
//
// It is not known which of Intel's processors gain by it. There, this is more than any memory.
var treeApartFrom uint64 = math.MaxUint64

// treeApartMost is how many bytes a place has at most: places further apart are slower. Tests set it to less.
var treeApartMost = 1 << 27

const (
	treeApartLeast = 1 << 20 // bytes of one array that are read so
	treeApartPage  = 4096
)

// A place is one of those that a kernel reads: where it begins beyond x (and y), in bytes, the top of the stack of its nodes,
// and how many pages were pushed on it.
type place struct {
	from  int
	top   unsafe.Pointer
	pages int
}

const (
	treeApartPlaces = 4
	treeApartLevels = 16 // of pages in treeApartMost, and one more
)

// placesOf returns in how many places a node is read.
func placesOf(of Terms) int {
	if of == Product {
		return 2
	}
	return treeApartPlaces
}

// isFar tells whether n terms are to be read so.
func isFar[T Float](of Terms, n int) bool {
	var x T
	bytes := uint64(n) * uint64(unsafe.Sizeof(x))
	if of == Product {
		bytes *= 2
	}
	return bytes >= treeApartFrom
}

// treeApart is Tree, read as several streams.
func treeApart[T Float](of Terms, dst, x, y []T) T {
	var buffer [32]T
	sums := buffer[:Lanes[T]()]
	treeApartRows(of, sums, x, y)
	copy(dst, sums)
	return treeNear(Plain, nil, sums, nil)
}

// treeApartRows writes to dst the node over the rows of x (and y), as treeRows does, and returns how many lanes are present.
func treeApartRows[T Float](of Terms, dst, x, y []T) int {
	lanes, n := len(dst), len(x)
	size, rows := n*int(unsafe.Sizeof(x[0])), (n+lanes-1)/lanes
	switch {
	case size < treeApartLeast:
		treeNear(of, dst, x, y)
		return min(n, lanes)
	case n == rows*lanes && rows&(rows-1) == 0 && size <= treeApartMost*placesOf(of):
		treeApartNode(of, dst, x, y)
		return lanes
	}
	m := 1 << (bits.Len(uint(rows-1)) - 1)
	restX, restY := rest(x, y, m*lanes)
	if y != nil {
		y = y[:m*lanes]
	}
	treeApartRows(of, dst, x[:m*lanes], y)
	var buffer [32]T
	right := buffer[:lanes]
	present := treeApartRows(of, right, restX, restY)
	joinNear(dst[:present], right)
	return lanes
}

// treeApartNode writes to dst the node of whole rows, a power of two of them.
func treeApartNode[T Float](of Terms, dst, x, y []T) {
	var stacks [treeApartPlaces][treeApartLevels * 32]T
	var table [treeApartPlaces]place
	places := placesOf(of)
	size := len(x) * int(unsafe.Sizeof(x[0])) / places
	if size%treeApartPage != 0 || size > treeApartPage<<(treeApartLevels-1) {
		panic(fmt.Sprintf("kernel: places of %d bytes", size))
	}
	for k := range places {
		table[k] = place{k * size, unsafe.Pointer(&stacks[k]), 0}
	}
	p, q := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	if Is64[T]() {
		treeApartF64(of, (*float64)(p), (*float64)(q), &table[0], places, size/treeApartPage)
	} else {
		treeApartF32(of, (*float32)(p), (*float32)(q), &table[0], places, size/treeApartPage)
	}
	for step := 1; step < places; step *= 2 {
		for k := 0; k < places; k += 2 * step {
			joinNear(stacks[k][:len(dst)], stacks[k+step][:])
		}
	}
	copy(dst, stacks[0][:])
}

// joinNear is AddPlain by a kernel: what Go adds is rounded as the host has it.
func joinNear[T Float](left, right []T) {
	EachOf(RowPlus, len(left), &left[0], &left[0], &right[0], nil, nil)
}

// treeNear is Tree by a kernel that reads in one place, but that lanes without a term are written, too. Terms are filled up to a row.
func treeNear[T Float](of Terms, dst, x, y []T) T {
	var rowX, rowY [32]T
	if lanes := Lanes[T](); len(x) < lanes {
		copy(rowX[:], x)
		copy(rowY[:], y)
		x, y = rowX[:lanes], rowY[:lanes]
	}
	d, p, q := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	if Is64[T]() {
		return T(treeF64(of, (*float64)(d), (*float64)(p), (*float64)(q), len(x)))
	}
	return T(treeF32(of, (*float32)(d), (*float32)(p), (*float32)(q), len(x)))
}
