package kernel

import "unsafe"

// BesideRows is the number of rows that Beside takes: fewer are filled up.
const BesideRows = 8

// besideSums is the bytes of the sums of the columns that the kernel goes along abreast, in vectors, and besideLine those of a line of
// each.
const besideSums, besideLine = 8, 64

// besideFits is whether Beside suits the processor: it is known to suit those of AMD.
var besideFits = false

// HasBeside tells whether the active backend has a kernel for Beside.
func HasBeside() bool { return active == AVX512 || active == AVX2 }

// TakesBeside tells whether Beside does best for so many rows over columns whose terms lie one after the other. Its time is that of eight rows.
// A Zen 4 does two FMAs of 32 bytes a cycle, with a lane of memory each, and not more of 64 bytes; other processors lose half of their
// speed with vectors of 32 bytes, and transpose columns, for which they have other ports.
func TakesBeside[T Float](rows int) bool {
	least := 3
	if active == AVX512 && !Is64[T]() { // transposing takes 66 to 103 cycles a KiB, and 16 each row, where this takes 128
		least = 5
	}
	return besideFits && HasBeside() && least <= rows && rows <= BesideRows
}

// UseBeside selects whether Beside is taken where there is a kernel for it, for tests. It returns a function that restores
// what was before. It is not safe while kernels run elsewhere.
func UseBeside(on bool) (restore func()) {
	before := besideFits
	besideFits = on
	return func() { besideFits = before }
}

// BesideTile returns the tile that Beside evaluates.
func BesideTile[T Float]() Tile { return Tile{BesideRows, 2 * alongLanes[T]()} }

// Beside is Micro of the BesideTile over columns whose terms lie one after the other, each column stride after the one before. Its
// stack, in one place, holds tiles column by column: element (i, j) is at j*BesideRows + i. What x holds of rows that are absent
// is of no matter.
func Beside[T Float](stack, x, b []T, stride int, program []uint64) {
	tile, size := BesideTile[T](), int(unsafe.Sizeof(x[0]))
	vector := min(alongLanes[T](), BesideRows)
	terms, lines := 0, 0
	for _, w := range program {
		n := int(uint32(w))
		terms += n
		lines += n * size / besideLine
	}
	_, _, _ = b[(tile.Cols-1)*stride+terms-1], x[terms*BesideRows-1], stack[tile.Size()-1]
	lines = max(lines, 1)
	cols := besideSums * vector / BesideRows
	next := cols * stride * size // from some columns to the next
	dst, p, q := unsafe.Pointer(&stack[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	if Is64[T]() {
		besideF64((*float64)(dst), (*float64)(p), (*float64)(q), size*stride, &program[0], len(program), tile.Cols/cols, next-terms*size, lines, next-lines*besideLine)
	} else {
		besideF32((*float32)(dst), (*float32)(p), (*float32)(q), size*stride, &program[0], len(program), tile.Cols/cols, next-terms*size, lines, next-lines*besideLine)
	}
}
