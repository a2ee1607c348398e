package kernel

import (
	"math"
	"unsafe"
)

// AlongLeaf is the number of terms of the leaves of Along.
const AlongLeaf = 32

// alongColumns is the number of columns that the kernel goes along abreast.
const alongColumns = 8

// alongLanes returns the lanes of a vector: 0 where the active backend has no kernel for Along.
func alongLanes[T Float]() int {
	var v T
	return [...]int{AVX2: 32, AVX512: 64, NEON: 0, Portable: 0}[active] / int(unsafe.Sizeof(v))
}

// AlongLeaves returns how many leaves of a column Along takes at a time: 0 where there is no kernel for it.
func AlongLeaves[T Float]() int {
	if alongLanes[T]() == 0 {
		return 0
	}
	return max(1, alongLanes[T]()/alongColumns)
}

// ArrangeAlong puts the factors of the row of so many leaves, a multiple of AlongLeaves, in the order in which
// Along takes them: for as many leaves at a time, and each term of a leaf, those of all.
func ArrangeAlong[T Float](dst, a []T, leaves int) {
	if AlongLeaves[T]() == 1 {
		copy(dst, a[:leaves*AlongLeaf])
		return
	}
	for i := 0; i < leaves; i += 2 {
		pairs, two := (*[2 * AlongLeaf]T)(dst[i*AlongLeaf:]), (*[2 * AlongLeaf]T)(a[i*AlongLeaf:])
		for k := range AlongLeaf {
			pairs[2*k], pairs[2*k+1] = two[k], two[k+AlongLeaf]
		}
	}
}

// AlongTile returns the tile of one row that Along and Join evaluate.
func AlongTile[T Float]() Tile { return Tile{1, 4 * alongLanes[T]()} }

// Along is Micro of the AlongTile over columns whose terms lie one after the other, for a program of a multiple of
// AlongLeaves leaves of AlongLeaf terms. It takes x as ArrangeAlong arranges it, and a stack in one place; far as
// AlongFar says, which is a matter of speed alone.
func Along[T Float](stack, x, b []T, stride int, program []uint64, far bool) {
	cols, leaves := AlongTile[T]().Cols, len(program)
	_, _ = b[(cols-1)*stride+leaves*AlongLeaf-1], x[leaves*AlongLeaf-1]
	dst, p, q := unsafe.Pointer(&stack[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	blocks, groups := leaves/AlongLeaves[T](), cols/alongColumns
	if Is64[T]() {
		alongF64(far, (*float64)(dst), (*float64)(p), (*float64)(q), 8*stride, &program[0], blocks, groups)
	} else {
		alongF32(far, (*float32)(dst), (*float32)(p), (*float32)(q), 4*stride, &program[0], blocks, groups)
	}
}

// alongFarFrom is AlongFar's bound, which processors of AMD have. Of what L3 holds nothing is to be gained, or
// something lost: on a Zen 4 with 32 MiB of it products of 8 MiB of float64 were 1.3 times as fast near, of 24 to 200 MiB 1.0 to
// 1.3 times far.
var alongFarFrom = math.MaxInt

// AlongFar tells whether Along does best to prefetch columns of a matrix of so many bytes far ahead, into L2
// alone, and not near, into L1: whether it comes from memory.
func AlongFar(bytes int) bool { return bytes >= alongFarFrom }

// Join is Micro of the AlongTile where the leaves are summed already.
func Join[T Float](stack Stack[T], sums []T, program []uint64) {
	if !microKernel(AlongTile[T](), Working|summed, stack, sums, unsafe.Pointer(&sums[0]), int(unsafe.Sizeof(sums[0])), 0, 0, program) {
		panic(noKernel)
	}
}
