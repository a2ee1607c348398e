package gemm

import "unsafe"

// hugePage is the size of large pages of memory of most processors. Where scratch lies in them, fewer
// translations of addresses are looked up: panels of 4 KiB pages are more of them than the processor
// keeps at hand.
const hugePage = 2 << 20

// largeScratch is from where on scratch is asked to lie in large pages, in bytes.
const largeScratch = 1 << 20

// growLarge is grow for scratch that may be large. What is not used of the last page, and of the one
// before the first, is never touched.
func growLarge[T Float](s *[]T, n int) []T {
	size := sizeOf[T]()
	if cap(*s) >= n || n*size < largeScratch {
		return grow(s, n)
	}
	whole := ceil(n*size, hugePage) * hugePage / size
	all := make([]T, whole+hugePage/size)
	first := int(-uintptr(unsafe.Pointer(&all[0]))&(hugePage-1)) / size
	*s = all[first:][:n:whole]
	adviseHuge(unsafe.Slice((*byte)(unsafe.Pointer(&all[first])), whole*size))
	return *s
}
