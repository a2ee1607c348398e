package kernel

import (
	"math"
	"unsafe"
)

// sweepBytes is the bytes of columns that the kernel of Sweep takes at a time.
const sweepBytes = 128

// SweepColumns returns of how many columns Sweep takes a multiple: 0 where there is no kernel for it.
func SweepColumns[T Float]() int {
	if active == NEON || active == Portable {
		return 0
	}
	var v T
	return sweepBytes / int(unsafe.Sizeof(v))
}

// Rows of sweepShort bytes and more, but of sweepLong at most, are gone along by four at a time, not eight, where L3
// holds the matrix: that is known to be better on processors of AMD. Eight lines that lie a multiple of 4 KiB apart fill
// all ways of their set in L1.
var sweepShort, sweepLong = math.MaxInt, 0

// SweepPiece returns how many bytes of rows Sweep is to be given at a time, where L3 holds the matrix and rows
// begin a multiple of as many apart: 0 where whole rows do.
func SweepPiece() int { return sweepLong }

// UseShortSweeps selects whether Sweep takes all rows by four at a time, or none, for tests. It returns a function that
// restores what was before. It is not safe while kernels run elsewhere.
func UseShortSweeps(on bool) (restore func()) {
	short, long := sweepShort, sweepLong
	if sweepShort, sweepLong = math.MaxInt, 0; on {
		sweepShort, sweepLong = 0, math.MaxInt
	}
	return func() { sweepShort, sweepLong = short, long }
}

// Sweep is Micro of a tile of one row and so many columns, a multiple of SweepColumns, over factors that lie row by
// row, stride apart. It goes along eight rows at a time from end to end, or four, and takes a stack in one place, of cols
// numbers for each node that the program has at a time. The caller sees to that. Far says that the matrix comes from memory.
func Sweep[T Float](stack, x, b []T, stride, cols int, program []uint64, far bool) {
	size := int(unsafe.Sizeof(x[0]))
	_, _ = b[(len(x)-1)*stride+cols-1], stack[cols-1]
	dst, p, q := unsafe.Pointer(&stack[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	row := cols * size
	short := !far && sweepShort <= row && row <= sweepLong
	switch {
	case Is64[T]() && short:
		sweep4F64((*float64)(dst), (*float64)(p), (*float64)(q), size*stride, &program[0], len(program), row/sweepBytes, row)
	case Is64[T]():
		sweep8F64((*float64)(dst), (*float64)(p), (*float64)(q), size*stride, &program[0], len(program), row/sweepBytes, row)
	case short:
		sweep4F32((*float32)(dst), (*float32)(p), (*float32)(q), size*stride, &program[0], len(program), row/sweepBytes, row)
	default:
		sweep8F32((*float32)(dst), (*float32)(p), (*float32)(q), size*stride, &program[0], len(program), row/sweepBytes, row)
	}
}
