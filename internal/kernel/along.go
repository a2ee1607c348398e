package kernel

import "unsafe"

// AlongLeaf is the number of terms of the leaves that Along sums.
const AlongLeaf = 32

// alongColumns is the number of columns that the kernel goes along abreast.
const alongColumns = 8

// AlongLeaves returns how many leaves of a column are lanes of one vector: 0 where the active backend has no kernel
// for it.
func AlongLeaves[T Float]() int {
	var v T
	if active != AVX512 {
		return 0
	}
	return 64 / int(unsafe.Sizeof(v)) / alongColumns
}

// AlongBlocks returns how many blocks, of AlongLeaves each, cover so many leaves: the last holds the last ones, of
// which the one before may hold some as well.
func AlongBlocks[T Float](leaves int) int {
	each := AlongLeaves[T]()
	return (leaves + each - 1) / each
}

// ArrangeAlong puts the factors of the row of so many leaves, at least AlongLeaves, in the order in which
// Along takes them: for each block, and each term of a leaf, those of all its leaves.
func ArrangeAlong[T Float](dst, a []T, leaves int) {
	each := AlongLeaves[T]()
	for i := range AlongBlocks[T](leaves) {
		first := min(i*each, leaves-each)
		Gather(dst[i*each*AlongLeaf:], each, a[first*AlongLeaf:], AlongLeaf, each, AlongLeaf)
	}
}

// AlongTile returns the tile of one row whose leaves Along sums and Join joins.
func AlongTile[T Float]() Tile { return Tile{1, 4 * alongColumns * AlongLeaves[T]()} }

// Along sums leaves of the AlongTile: for each leaf l that sums has room for, and column j,
//
//	c = +0; for k < AlongLeaf ascending: c = FMA(a[l*AlongLeaf+k], b[j*stride+l*AlongLeaf+k], c)
//	sums[l*Cols+j] = c
//
// where x is a as ArrangeAlong arranges it.
func Along[T Float](sums, x, b []T, stride int) {
	cols := AlongTile[T]().Cols
	leaves, each := len(sums)/cols, AlongLeaves[T]()
	whole := leaves / each
	_, _ = b[(cols-1)*stride+leaves*AlongLeaf-1], x[AlongBlocks[T](leaves)*each*AlongLeaf-1]
	for j := 0; j < cols; j += alongColumns {
		along(sums[j:], x, b[j*stride:], stride, whole)
		if last := leaves - each; whole*each < leaves {
			along(sums[last*cols+j:], x[whole*each*AlongLeaf:], b[j*stride+last*AlongLeaf:], stride, 1)
		}
	}
}

func along[T Float](sums, x, b []T, stride, blocks int) {
	dst, p, q := unsafe.Pointer(&sums[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	row := AlongTile[T]().Cols
	if Is64[T]() {
		alongF64((*float64)(dst), (*float64)(p), (*float64)(q), 8*stride, blocks, 8*row)
	} else {
		alongF32((*float32)(dst), (*float32)(p), (*float32)(q), 4*stride, blocks, 4*row)
	}
}

// Join is Micro of the AlongTile where the leaves are summed already, as by Along.
func Join[T Float](stack Stack[T], sums []T, program []uint64) {
	if !microKernel(AlongTile[T](), Working|summed, stack, sums, unsafe.Pointer(&sums[0]), int(unsafe.Sizeof(sums[0])), 0, 0, program) {
		panic(noKernel)
	}
}
