package kernel

import "unsafe"

// Tower is tiles of the largest shape above one another, which take the same factors of columns.
type Tower[T Float] struct {
	Tiles  int
	Own    []T // the lowest tiles of the first one's stack: see Stack
	Stride int // to those of the next
	Hot    []T // of all stacks
	Depth  int

	Rows       []T // the factors of the first tile's rows
	RowsStride int // to those of the next
	Columns    []T // those of the columns

	// Where Source is not nil, the factors of columns are there, those of each term SourceStride after
	// those of the one before, and Columns is where they are copied to meanwhile.
	Source       []T
	SourceStride int

	// Where Next is not nil, the columns of as many terms are asked for meanwhile, NextStride apart.
	Next       []T
	NextStride int

	Program []uint64

	// Where Finish is not nil, the node that is left in each tile is not left on its stack but
	// finished into C, tile below tile. Beta is to be 0.
	Finish  *Finish[T]
	C       []T
	CStride int
}

// HasTower tells whether the active backend has a kernel for a Tower.
func HasTower() bool { return active != Portable }

// MicroTower is Micro for each tile, and Finish.Tile. The caller sees to the lengths. It panics
// where there is no kernel.
func MicroTower[T Float](t *Tower[T]) {
	size := int(unsafe.Sizeof(t.Own[0]))
	tile, end := MicroTile[T]().Size()*size, len(t.Own)*size
	own, hot := unsafe.Pointer(&t.Own[0]), unsafe.Pointer(unsafe.SliceData(t.Hot))
	x, y, next := unsafe.Pointer(&t.Rows[0]), unsafe.Pointer(&t.Columns[0]), unsafe.Pointer(unsafe.SliceData(t.Next))
	p, n, f := &t.Program[0], len(t.Program), unsafe.Pointer(t.Finish)
	d, a, s := t.Stride*size, t.RowsStride*size, t.CStride*size
	var c, b unsafe.Pointer
	h, v := 0, 0
	if t.Source != nil {
		b, h = unsafe.Pointer(&t.Source[0]), t.SourceStride*size
	}
	if t.Finish != nil {
		c, v = unsafe.Pointer(&t.C[0]), (MicroTile[T]().Rows+n-1)/n
	}
	ask := t.asks(size)
	w, k, o, j := ask.tiles, ask.step, ask.turn, ask.back
	if Is64[T]() {
		towerF64((*float64)(own), (*float64)(x), (*float64)(y), (*float64)(next), p, n, t.Depth*tile, end, (*float64)(hot), d, a, t.Tiles, (*float64)(c), s, (*float64)(f), w, (*float64)(b), h, k, v, o, j)
	} else {
		towerF32((*float32)(own), (*float32)(x), (*float32)(y), (*float32)(next), p, n, t.Depth*tile, end, (*float32)(hot), d, a, t.Tiles, (*float32)(c), s, (*float32)(f), w, (*float32)(b), h, k, v, o, j)
	}
}

// asks are a tower's for Next: one line with each four terms, so that they are spread over the time
// that several tiles take. Where terms lie apart, the first lines of all come before the second.
type asks struct{ tiles, step, turn, back int }

func (t *Tower[T]) asks(size int) (a asks) {
	if t.Next == nil {
		return a
	}
	cols := MicroTile[T]().Cols
	lines := (cols*size + line - 1) / line
	a = asks{tiles: 4 * lines, step: t.NextStride * size, turn: -1}
	switch {
	case t.NextStride == cols:
		a.step /= lines
	case lines == 2:
		a.turn, a.back = 3, line-len(t.Columns)/cols*a.step
	}
	return a
}

// line is the bytes of a cache line.
const line = 64
