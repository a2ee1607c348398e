package kernel

import "unsafe"

// setBytes is the terms of a set of LeafSums, in bytes. A row of longSets or more is taken two sets at a time by all columns: it
// would fill half of L1, and come from L2 for each column.
const (
	setBytes = 2048
	setSums  = setBytes / AlongLeaf // bytes of their sums
	longSets = 1 << 14
)

// leafSets is whether LeafSums is what is best for the processor: see LeafLanes.
var leafSets bool

// LeafLanes returns how many leaves of a column LeafSums sums at once, a set: 0 where there is no kernel for it, or Along alone
// is as good. It is for processors of AMD: those are slow to read columns that are a power of two apart, eight of
// which Along reads in turn.
func LeafLanes[T Float]() int {
	if active != AVX512 || !leafSets {
		return 0
	}
	return setLanes[T]()
}

func setLanes[T Float]() int {
	var v T
	return setBytes / AlongLeaf / int(unsafe.Sizeof(v))
}

// ArrangeSets puts the factors of the row of so many sets of leaves in the order in which LeafSums takes them: term by term of each
// set, those of all leaves.
func ArrangeSets[T Float](dst, a []T, sets int) {
	lanes := setLanes[T]()
	for i := 0; i < sets*lanes*AlongLeaf; i += lanes * AlongLeaf {
		Gather(dst[i:], lanes, a[i:], AlongLeaf, lanes, AlongLeaf)
	}
}

// pairOfSets returns how LeafSums takes so many sets of each column two at a time, two of a column or, if they are an odd number, one of two columns:
// how many bytes the second is from the first, its factors from the first's and its sums from the first's; how many the pair goes on by in a column; and
// of how many columns it is. A column is so many bytes from the next.
func pairOfSets(sets, column int) (apart, factors, next, step, columns int) {
	if sets%2 == 0 {
		return setBytes, setBytes, setSums, 2 * setBytes, 1
	}
	return column, 0, sets * setSums, setBytes, 2
}

// LeafSums sets dst to the sums of the first so many sets of leaves of each of so many columns, an even number if that of sets is odd, whose terms
// lie one after the other: those of the first column, then those of the next. It takes x as ArrangeSets arranges it.
func LeafSums[T Float](dst, x, b []T, stride, cols, sets int) {
	lanes := setLanes[T]()
	terms := sets * lanes * AlongLeaf
	_, _, _ = dst[cols*sets*lanes-1], x[terms-1], b[(cols-1)*stride+terms-1]
	size := setBytes / lanes / AlongLeaf
	apart, factors, next, step, columns := pairOfSets(sets, stride*size)
	each, ahead := sets, 2*setBytes
	if sets%2 == 0 && sets*setBytes >= longSets {
		each, ahead = 2, stride*size
	}
	place := each * setBytes / step
	for i := 0; i < sets; i += each {
		gap, skip := columns*stride*size-place*step, columns*sets*setSums-place*step/AlongLeaf
		p, q, r := unsafe.Pointer(&dst[i*lanes]), unsafe.Pointer(&x[i*lanes*AlongLeaf]), unsafe.Pointer(&b[i*lanes*AlongLeaf])
		if Is64[T]() {
			leafSumsF64((*float64)(p), (*float64)(q), (*float64)(r), apart, factors, next, step, gap, skip, ahead, place, cols/columns)
		} else {
			leafSumsF32((*float32)(p), (*float32)(q), (*float32)(r), apart, factors, next, step, gap, skip, ahead, place, cols/columns)
		}
	}
}

// JoinSets joins the sums that LeafSums leaves of sets of each of so many columns, a multiple of LeafLanes, for programs that halve a set, that is
// where a set is a node of its tree: the program is that of nodes of sets. What is left on the stack is that of Micro.
func JoinSets[T Float](stack, sums []T, cols int, program []uint64) {
	lanes, sets := setLanes[T](), len(program)
	_, _ = sums[cols*sets*lanes-1], stack[cols-1]
	p, q := unsafe.Pointer(&stack[0]), unsafe.Pointer(&sums[0])
	size := setBytes / lanes / AlongLeaf
	if Is64[T]() {
		joinSetsF64((*float64)(p), (*float64)(q), sets*lanes*size, cols*size, &program[0], sets, cols/lanes)
	} else {
		joinSetsF32((*float32)(p), (*float32)(q), sets*lanes*size, cols*size, &program[0], sets, cols/lanes)
	}
}
