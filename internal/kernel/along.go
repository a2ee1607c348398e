package kernel

import "unsafe"

// AlongLeaf is the number of terms of the leaves that Along sums.
const AlongLeaf = 32

// AlongLanes returns how many leaves of a column Along sums side by side: 0 where the active backend has
// no kernel for it.
func AlongLanes[T Float]() int {
	var v T
	if active != AVX512 {
		return 0
	}
	return 64 / int(unsafe.Sizeof(v))
}

// AlongBlocks returns how many blocks, of as many leaves as there are lanes, cover so many leaves: the last
// holds the last ones, of which the one before may hold some as well.
func AlongBlocks[T Float](leaves int) int {
	lanes := AlongLanes[T]()
	return (leaves + lanes - 1) / lanes
}

// ArrangeAlong puts the factors of the row of so many leaves, at least AlongLanes, in the order in which
// Along takes them: for each block, and each term of a leaf, those of all its leaves.
func ArrangeAlong[T Float](dst, a []T, leaves int) {
	lanes := AlongLanes[T]()
	for i := range AlongBlocks[T](leaves) {
		first := min(i*lanes, leaves-lanes)
		Gather(dst[i*lanes*AlongLeaf:], lanes, a[first*AlongLeaf:], AlongLeaf, lanes, AlongLeaf)
	}
}

// AlongTile returns the tile of one row whose leaves Along sums and Join joins.
func AlongTile[T Float]() Tile { return Tile{1, 4 * AlongLanes[T]()} }

// Along sums leaves of the AlongTile: for each leaf l that sums has room for, and column j,
//
//	c = +0; for k < AlongLeaf ascending: c = FMA(a[l*AlongLeaf+k], b[j*stride+l*AlongLeaf+k], c)
//	sums[l*Cols+j] = c
//
// where x is a as ArrangeAlong arranges it, and scratch is for AcrossColumns sums of each leaf.
func Along[T Float](sums, x, b []T, stride int, scratch []T) {
	cols := AlongTile[T]().Cols
	leaves, lanes := len(sums)/cols, AlongLanes[T]()
	whole := leaves / lanes
	_, _, _ = b[(cols-1)*stride+leaves*AlongLeaf-1], x[AlongBlocks[T](leaves)*lanes*AlongLeaf-1], scratch[leaves*AcrossColumns-1]
	for j := 0; j < cols; j += AcrossColumns {
		along(sums[j:], x, b[j*stride:], stride, whole, scratch)
		if last := leaves - lanes; whole*lanes < leaves {
			along(sums[last*cols+j:], x[whole*lanes*AlongLeaf:], b[j*stride+last*AlongLeaf:], stride, 1, scratch)
		}
	}
}

func along[T Float](sums, x, b []T, stride, blocks int, scratch []T) {
	dst, u := unsafe.Pointer(&sums[0]), unsafe.Pointer(&scratch[0])
	p, q := unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0])
	row := AlongTile[T]().Cols
	if Is64[T]() {
		alongF64((*float64)(dst), (*float64)(p), (*float64)(q), 8*stride, blocks, (*float64)(u), 8*row)
	} else {
		alongF32((*float32)(dst), (*float32)(p), (*float32)(q), 4*stride, blocks, (*float32)(u), 4*row)
	}
}

// Join is Micro of the AlongTile where the leaves are summed already, as by Along.
func Join[T Float](stack Stack[T], sums []T, program []uint64) {
	if !microKernel(AlongTile[T](), Working|summed, stack, sums, unsafe.Pointer(&sums[0]), int(unsafe.Sizeof(sums[0])), 0, 0, program) {
		panic(noKernel)
	}
}
