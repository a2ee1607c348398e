package kernel

import "unsafe"

// Tower is tiles of the largest shape above one another, which take the same factors of columns.
type Tower[T Float] struct {
	Tiles  int
	Own    []T // the lowest tiles of the first one's stack: see Stack
	Stride int // to those of the next
	Hot    []T // of all stacks
	Depth  int

	Rows       []T // the factors of the first tile's rows, packed
	RowsStride int // to those of the next
	// Where RowStride is not 0, they are not packed: those of a row lie one after the other, and each row
	// begins RowStride after the one before. See TowerTakesRows.
	RowStride int

	Columns []T // those of the columns

	// Where Source is not nil, the factors of columns are there, those of each term SourceStride after
	// those of the one before, and Columns is where they are copied to meanwhile.
	Source       []T
	SourceStride int

	// Where Next is not nil, the columns of as many terms are prefetched meanwhile, NextStride apart.
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

// TowerTakesRows tells whether rows may lie as they do in a matrix.
func TowerTakesRows() bool { return active == AVX512 && byHalves }

// UseHalves selects whether towers of AVX-512 go by halves of tiles, for tests. It returns a function that restores what
// was before. It is not safe while kernels run elsewhere.
func UseHalves(on bool) (restore func()) {
	before := byHalves
	byHalves = on
	return func() { byHalves = before }
}

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
	if TowerTakesRows() {
		t.halves(tile, ask)
		return
	}
	w, k, o, j := ask.tiles, ask.step, ask.turn, ask.back
	if Is64[T]() {
		towerF64((*float64)(own), (*float64)(x), (*float64)(y), (*float64)(next), p, n, t.Depth*tile, end, (*float64)(hot), d, a, t.Tiles, (*float64)(c), s, (*float64)(f), w, (*float64)(b), h, k, v, o, j)
	} else {
		towerF32((*float32)(own), (*float32)(x), (*float32)(y), (*float32)(next), p, n, t.Depth*tile, end, (*float32)(hot), d, a, t.Tiles, (*float32)(c), s, (*float32)(f), w, (*float32)(b), h, k, v, o, j)
	}
}

// halves is MicroTower by halves of tiles.
func (t *Tower[T]) halves(tile int, ask asks) {
	size := int(unsafe.Sizeof(t.Own[0]))
	own, hot := unsafe.Pointer(&t.Own[0]), unsafe.Pointer(unsafe.SliceData(t.Hot))
	x, y, next := unsafe.Pointer(&t.Rows[0]), unsafe.Pointer(&t.Columns[0]), unsafe.Pointer(unsafe.SliceData(t.Next))
	p, n, f, rows := &t.Program[0], len(t.Program), unsafe.Pointer(t.Finish), MicroTile[T]().Rows
	d, a, s, m, g := t.Stride*size, t.RowsStride*size, t.CStride*size, size, rows*size
	if t.RowStride != 0 {
		m, g = t.RowStride*size, size
	}
	var c, b unsafe.Pointer
	h, v := 0, 0
	if t.Source != nil {
		b, h = unsafe.Pointer(&t.Source[0]), t.SourceStride*size
	}
	if t.Finish != nil {
		c, v = unsafe.Pointer(&t.C[0]), (rows/2+n-1)/n
	}
	e, r := len(t.Own)*size, 2*t.Tiles
	w, k, o, j := ask.tiles, ask.step, ask.turn, ask.back
	if Is64[T]() {
		halvesF64((*float64)(own), (*float64)(x), (*float64)(y), (*float64)(next), p, n, t.Depth*tile, e, (*float64)(hot), d, a, r, (*float64)(c), s, (*float64)(f), w, (*float64)(b), h, k, v, o, j, m, g, nil, nil)
	} else {
		halvesF32((*float32)(own), (*float32)(x), (*float32)(y), (*float32)(next), p, n, t.Depth*tile, e, (*float32)(hot), d, a, r, (*float32)(c), s, (*float32)(f), w, (*float32)(b), h, k, v, o, j, m, g, nil, nil)
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
