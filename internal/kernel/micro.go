package kernel

import "unsafe"

// Tile is the shape of the tile of a product that the microkernel evaluates.
type Tile struct{ Rows, Cols int }

// Size returns the elements of a tile.
func (t Tile) Size() int { return t.Rows * t.Cols }

// MicroTile returns the tile of the active backend.
func MicroTile[T Float]() Tile {
	if active == Portable {
		return Tile{1, Panel}
	}
	t := [...]Tile{NEON: {8, 6}, AVX2: {6, 8}, AVX512: {12, 16}}[active]
	if !Is64[T]() {
		t.Cols *= 2
	}
	return t
}

// Leaf is a word of the microkernel's program: a leaf of so many terms, and how many
// nodes it completes.
func Leaf(terms, nodes int) uint64 { return uint64(nodes)<<32 | uint64(terms) }

// Micro evaluates nodes of a summation tree for all elements of a tile, from panels that
// hold, for each term k in turn, the factors of the tile's rows and of its columns:
//
//	for each leaf:  c = +0; for its k ascending: c = FMA(a[k*Rows+i], b[k*Cols+j], c)
//	                as often as it completes a node: c = pop() + c
//	                push(c)
//
// The stack holds a tile, row by row, for each node that waits, and in the end for
// each node that no leaf completed. It may begin with so many waiting nodes (depth) of an
// earlier program. The caller sees to its length. A tile that is not the active
// backend's is evaluated in Go.
func Micro[T Float](t Tile, stack []T, depth int, a, b []T, program []uint64) {
	top := depth * t.Size()
	switch {
	case active == Portable || t != MicroTile[T]():
		microPortable(t, stack, top, a, b, program)
	case Is64[T]():
		microF64((*float64)(unsafe.Pointer(&stack[top])), (*float64)(unsafe.Pointer(&a[0])), (*float64)(unsafe.Pointer(&b[0])), &program[0], len(program))
	default:
		microF32((*float32)(unsafe.Pointer(&stack[top])), (*float32)(unsafe.Pointer(&a[0])), (*float32)(unsafe.Pointer(&b[0])), &program[0], len(program))
	}
}

func microPortable[T Float](t Tile, stack []T, top int, a, b []T, program []uint64) {
	size := t.Size()
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		c := stack[top : top+size]
		clear(c)
		if t == (Tile{1, Panel}) {
			Chain4((*[Panel]T)(c), a[:terms], b[:terms*Panel])
		} else {
			for k := range terms {
				for i := range c {
					c[i] = FMA(a[k*t.Rows+i/t.Cols], b[k*t.Cols+i%t.Cols], c[i])
				}
			}
		}
		a, b = a[terms*t.Rows:], b[terms*t.Cols:]
		for range nodes {
			top -= size
			left := stack[top : top+size]
			for i, v := range stack[top+size : top+2*size] {
				left[i] += v
			}
		}
		top += size
	}
}
