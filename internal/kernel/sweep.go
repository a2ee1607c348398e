package kernel

import "unsafe"

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

// Sweep is Micro of a tile of one row and so many columns, a multiple of SweepColumns, over factors that lie row by
// row, stride apart. It goes along eight rows at a time from end to end, and takes a stack in one place, of cols numbers
// for each node that the program has at a time. The caller sees to that.
func Sweep[T Float](stack, x, b []T, stride, cols int, program []uint64) {
	size := int(unsafe.Sizeof(x[0]))
	_, _ = b[(len(x)-1)*stride+cols-1], stack[cols-1]
	dst, p, q := unsafe.Pointer(&stack[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	if Is64[T]() {
		sweepF64((*float64)(dst), (*float64)(p), (*float64)(q), size*stride, &program[0], len(program), cols*size/sweepBytes, cols*size)
	} else {
		sweepF32((*float32)(dst), (*float32)(p), (*float32)(q), size*stride, &program[0], len(program), cols*size/sweepBytes, cols*size)
	}
}
