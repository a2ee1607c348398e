package kernel

import (
	"math"
	"unsafe"
)

// LeftOutBits is how many binary places below the largest, at least, what SplitNear leaves out is.
const LeftOutBits = 99

// maxGrouped is the number of terms of LargestNear: groups of 32 have a mark of 64.
const maxGrouped = 64 * 32

// LargestNear is Largest of products of float64, and marks the groups of 32 that SplitNear needs: in one that is not marked all rounded
// products are less than 2^(E-LeftOutBits), the largest being less than 2^E. It returns false where there is no kernel, and of more than 2048 terms.
func LargestNear(x, y []float64) (most, marks uint64, ok bool) {
	if active != AVX512 || len(x) > maxGrouped {
		return 0, 0, false
	}
	most, marks = largestNearDotRoundedF64AVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(x))
	return most | math.MaxUint32, marks, true
}

// SplitNear is SplitTerms, of the scale 1, of products of LargestNear: those of marked groups and those behind the last whole group. As groups are multiples of
// SplitLanes, each stays in its lane. Terms are Product or RoundedProduct.
func SplitNear(of Terms, anchor float64, x, y []float64, marks uint64) (high int64, low float64) {
	p, q, a := unsafe.SliceData(x), unsafe.SliceData(y), (*uint64)(unsafe.Pointer(&anchor))
	var sum uint64
	if of == Product {
		sum, low = splitNearDotF64AVX512(p, q, len(x), a, marks)
	} else {
		sum, low = splitNearDotRoundedF64AVX512(p, q, len(x), a, marks)
	}
	return int64(sum - SplitLanes*math.Float64bits(anchor)), low
}
