// Package pages makes memory that processors find their way in: huge pages, where the system has them.
package pages

import (
	"os"
	"unsafe"
)

// Many is the size in bytes from which huge pages are worth to be asked for: as large as two of most
// processors' are.
const Many = 4 << 20

// Make returns make([]T, n), having asked the system to back it by huge pages if it is large: it is
// then found by one entry of a processor's table where there were 512, and the system makes it in as
// many times fewer steps. T must hold no pointers. A system that does not follow leaves it as make
// returns it.
func Make[T any](n int) []T {
	x := make([]T, n)
	if size := n * int(unsafe.Sizeof(*new(T))); size >= Many {
		advise(whole(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), size), os.Getpagesize()))
	}
	return x
}

// Huge is the size in bytes of a huge page of most processors.
const Huge = 2 << 20

// Aligned is Make of memory that begins with a huge page and has capacity to the end of its last: for
// scratch, of which there is little, in huge pages altogether if it is half of one or more. What
// is not used of its first and last page is never touched.
func Aligned[T any](n int) []T {
	each := int(unsafe.Sizeof(*new(T)))
	if n*each < Huge/2 {
		return make([]T, n)
	}
	whole := (n*each + Huge - 1) / Huge * Huge / each
	x := make([]T, whole+Huge/each)
	first := (-int(uintptr(unsafe.Pointer(unsafe.SliceData(x)))) & (Huge - 1)) / each
	x = x[first:][:n:whole]
	advise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), whole*each))
	return x
}

// whole returns the pages, of that size, that lie in b as a whole: advice is for such.
func whole(b []byte, page int) []byte {
	before := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (page - 1)
	if len(b) < before {
		return nil
	}
	b = b[before:]
	return b[:len(b)&^(page-1)]
}
