package kernel

import "unsafe"

// Tile is the shape of the tile of a product that the microkernel evaluates.
type Tile struct{ Rows, Cols int }

// Size returns the elements of a tile.
func (t Tile) Size() int { return t.Rows * t.Cols }

// MicroTile returns the largest tile of the active backend, whose columns are those of a
// panel.
func MicroTile[T Float]() Tile {
	switch {
	case active == Portable && emulates[T]():
		return emulatedTile
	case active == Portable:
		return Tile{2, Panel}
	}
	t := [...]Tile{NEON: {8, 6}, AVX2: {6, 8}, AVX512: {12, 16}}[active]
	if !Is64[T]() {
		t.Cols *= 2
	}
	return t
}

// tileRows lists the rows of the tiles of the panels' columns: those up to the largest's.
var tileRows = [...][]int{Portable: {1, 2, 4, 6, 8, 12, 16}, NEON: {1, 2, 4, 8}, AVX2: {1, 2, 4, 6}, AVX512: {1, 2, 4, 8, 12}}

// RowTile returns the smallest tile of the active backend that has so many rows, or the
// largest.
func RowTile[T Float](rows int) Tile {
	t := MicroTile[T]()
	for _, r := range tileRows[active] {
		if r >= rows && r <= t.Rows {
			return Tile{r, t.Cols}
		}
	}
	return t
}

// WideTile returns the tile of one row for factors that lie row by row, as a matrix does, where there is no kernel
// for Sweep.
func WideTile[T Float]() Tile {
	t := MicroTile[T]()
	if active == NEON {
		return Tile{1, t.Cols / 3 * 8}
	}
	return Tile{1, t.Cols * 4}
}

// SpreadPanels is the number of panels that the SpreadTile goes over.
const SpreadPanels = 4

// SpreadTile returns the tile of one row over several panels: more streams of memory.
func SpreadTile[T Float]() Tile { return Tile{1, SpreadPanels * MicroTile[T]().Cols} }

// Storage is the type of the factors of the columns in memory.
type Storage uint8

const (
	Working  Storage = iota // that of the arithmetic
	BFloat16                // the upper half of a float32
	Float16                 // IEEE 754 binary16

	runs    Storage = 8   // added for Factors that are spread where spreadRuns says so
	spread  Storage = 16  // added for Factors that are spread
	across  Storage = 32  // added for Factors that lie across
	summed  Storage = 64  // added where there are sums of leaves instead of Factors
	strided Storage = 128 // added for Factors that lie as a matrix does
)

// StreamRows is the most rows of a tile for which there is a kernel of stored factors.
const StreamRows = 8

// AcrossColumns is the number of columns that the AcrossTile takes.
const AcrossColumns = 16

// AcrossTile is the tile of one row over columns whose terms lie one after the other, as the
// rows of a matrix do. Its leaves hold a multiple of AcrossTerms.
var AcrossTile = Tile{1, AcrossColumns}

// AcrossTerms is how many terms the kernel of the AcrossTile takes at a time.
const AcrossTerms = 4

// spreadRuns tells whether the kernel of the SpreadTile takes some terms of one panel, then of the next, and leaves prefetching
// to the hardware, as suits processors of AMD.
var spreadRuns bool

// Leaf is a word of the microkernel's program: a leaf of so many terms, and how many
// nodes it completes.
func Leaf(terms, nodes int) uint64 { return uint64(nodes)<<32 | uint64(terms) }

// Factors are the factors of the columns: those of term k begin at k*Stride, which is as much as the tile has columns
// but for the WideTile, and where InMatrix.
type Factors[B any] struct {
	Data   []B
	Stride int
	Ahead  int  // how far from those in use memory is prefetched, in elements
	Spread bool // over panels, of which each begins Stride after the one before
	Across bool // those of a column lie one after the other, and each column begins Stride after the one before
}

// storage is what microkernels are chosen by.
func (f Factors[B]) storage(of Storage) Storage {
	switch {
	case f.Spread && spreadRuns:
		return of | spread | runs
	case f.Spread:
		return of | spread
	case f.Across:
		return of | across
	}
	return of
}

// place returns where the factors of term k and column j are, in a tile of so many columns.
func (f Factors[B]) place(k, j, cols int) int {
	switch {
	case f.Spread:
		cols /= SpreadPanels
		return j/cols*f.Stride + k*cols + j%cols
	case f.Across:
		return j*f.Stride + k
	}
	return k*f.Stride + j
}

// from returns the factors from term k on, for a tile of so many columns.
func (f Factors[B]) from(k, cols int) Factors[B] {
	f.Data = f.Data[min(f.place(k, 0, cols), len(f.Data)):]
	return f
}

// Stack holds a tile, row by row, for each node that waits, and in the end for each node
// that no leaf completed. Its lowest tiles are in Own, what is above them is in Hot. It
// begins with so many waiting nodes (Depth), at most as many as Own holds.
type Stack[T Float] struct {
	Own, Hot []T
	Depth    int
}

// Micro evaluates nodes of a summation tree for all elements of a tile, from a panel that
// holds, for each term k in turn, the factors of the tile's rows, and the factors of its columns:
//
//	for each leaf:  c = +0; for its k ascending: c = FMA(a[k*Rows+i], b[k*Stride+j], c)
//	                as often as it completes a node: c = pop() + c
//	                push(c)
//
// The caller sees to the lengths. A tile that is not one of the active backend's is
// evaluated in Go.
func Micro[T Float](t Tile, stack Stack[T], a []T, b Factors[T], program []uint64) {
	if !microKernel(t, b.storage(Working), stack, a, unsafe.Pointer(&b.Data[0]), int(unsafe.Sizeof(a[0])), b.Stride, b.Ahead, program) {
		microPortable(t, stack, a, b, program)
	}
}

// MicroStored is Micro over factors of 16 bits, each widened to float32, exactly. It panics
// unless the tile is one of the active backend's of at most StreamRows rows.
func MicroStored(t Tile, of Storage, stack Stack[float32], a []float32, b Factors[uint16], program []uint64) {
	if !microKernel(t, b.storage(of), stack, a, unsafe.Pointer(&b.Data[0]), 2, b.Stride, b.Ahead, program) {
		panic(noKernel)
	}
}

func microKernel[T Float](t Tile, of Storage, stack Stack[T], a []T, b unsafe.Pointer, bytes, stride, ahead int, program []uint64) bool {
	if active == Portable {
		return false
	}
	if of&(spread|across|summed) == 0 && stride != t.Cols && t != WideTile[T]() {
		of |= strided // there may be no such kernel
	}
	own, hot := unsafe.Pointer(unsafe.SliceData(stack.Own)), unsafe.Pointer(unsafe.SliceData(stack.Hot))
	size := int(unsafe.Sizeof(a[0]))
	depth, end := stack.Depth*t.Size()*size, len(stack.Own)*size
	x, n := unsafe.Pointer(&a[0]), len(program)
	if Is64[T]() {
		return microF64(t, of, (*float64)(own), (*float64)(x), b, bytes*stride, bytes*ahead, &program[0], n, depth, end, (*float64)(hot))
	}
	return microF32(t, of, (*float32)(own), (*float32)(x), b, bytes*stride, bytes*ahead, &program[0], n, depth, end, (*float32)(hot))
}

// panelAhead is PanelAhead of up to twoRows rows, which are bound by memory: processors of AMD have it shorter.
var panelAhead = panelsAhead

const (
	panelsAhead = 2048
	twoRows     = 2
)

// PanelAhead returns how many bytes ahead Micro best prefetches the columns of a panel, for so many rows.
func PanelAhead(rows int) int {
	if rows <= twoRows {
		return panelAhead
	}
	return panelsAhead
}

// InMatrix tells whether there are kernels of the tiles of RowTile, but that of one row, whose factors of columns lie as in a matrix,
// row by row, any Stride apart.
func InMatrix() bool { return active == AVX512 || active == AVX2 }

func tileKey(b Backend, t Tile, of Storage) key {
	return key(b)<<24 | key(of)<<16 | key(t.Rows)<<8 | key(t.Cols)
}

// at returns the tile of that depth, of so many elements.
func (s *Stack[T]) at(depth, size int) []T {
	if at := depth * size; at < len(s.Own) {
		return s.Own[at : at+size]
	} else {
		return s.Hot[at-len(s.Own):][:size]
	}
}

// microTwoRows is Micro for the tile of two rows of portable Go.
func microTwoRows[T Float](stack Stack[T], a, b []T, program []uint64) {
	depth := stack.Depth
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		var c [2 * Panel]T
		Chains2x4(&c, a[:terms*2], b[:terms*Panel])
		a, b = a[terms*2:], b[terms*Panel:]
		for range nodes {
			depth--
			for i, left := range (*[2 * Panel]T)(stack.at(depth, len(c))) {
				c[i] = left + c[i]
			}
		}
		*(*[2 * Panel]T)(stack.at(depth, len(c))) = c
		depth++
	}
}

func microPortable[T Float](t Tile, stack Stack[T], a []T, b Factors[T], program []uint64) {
	if t == (Tile{2, Panel}) && b.Stride == Panel && !b.Spread && !b.Across {
		microTwoRows(stack, a, b.Data, program)
		return
	}
	depth, size := stack.Depth, t.Size()
	at := func(depth int) []T { return stack.at(depth, size) }
	var e *emulator
	if emulates[T]() && t.Rows <= emulatedRows && b.Stride == t.Cols && !b.Spread && !b.Across {
		e = new(emulator)
	}
	for _, word := range program {
		terms, nodes := int(uint32(word)), int(word>>32)
		if e == nil {
			leafPortable(t, at(depth), a, b, terms)
		} else {
			c := As[float32](at(depth))
			clear(c)
			e.chains(t, c, As[float32](a[:terms*t.Rows]), As[float32](b.Data[:terms*t.Cols]))
		}
		a, b = a[terms*t.Rows:], b.from(terms, t.Cols)
		for range nodes {
			depth--
			left := at(depth)
			for i, v := range at(depth + 1) {
				left[i] += v
			}
		}
		depth++
	}
}

// leafPortable sets c to the chains of a leaf.
func leafPortable[T Float](t Tile, c, a []T, b Factors[T], terms int) {
	clear(c)
	if t == (Tile{1, Panel}) && b.Stride == Panel && !b.Spread && !b.Across {
		Chain4((*[Panel]T)(c), a[:terms], b.Data[:terms*Panel])
		return
	}
	for k := range terms {
		for i := range c {
			c[i] = FMA(a[k*t.Rows+i/t.Cols], b.Data[b.place(k, i%t.Cols, t.Cols)], c[i])
		}
	}
}
