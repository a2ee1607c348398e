package pages

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestMakeGivesZerosOfItsOwn(t *testing.T) {
	for _, n := range []int{0, 1, Many/4 - 1, Many / 4, Many/4 + 5000} {
		x, y := Make[uint32](n), Make[uint32](n)
		require.Len(t, x, n)
		for i := range x {
			x[i]++
			if x[i] != 1 || y[i] != 0 {
				t.Fatalf("element %d of %d: %d, and beside it %d", i, n, x[i], y[i])
			}
		}
	}
}

func TestAlignedBeginsWithAHugePage(t *testing.T) {
	for _, n := range []int{0, 1, Huge/8 - 1, Huge / 8, Huge / 4, Huge/4 + 1, 3*Huge/4 + 77} {
		x := Aligned[uint32](n)
		require.Len(t, x, n)
		if n < Huge/8 {
			continue
		}
		require.Zero(t, uintptr(unsafe.Pointer(unsafe.SliceData(x)))%Huge, n)
		require.Zero(t, 4*cap(x)%Huge, n)
		for i := range x[:cap(x)] { // all of it may be used
			x[:cap(x)][i]++
		}
	}
}

// All pages that lie in the slice, and no others, wherever it begins.
func TestWholePages(t *testing.T) {
	const page = 4096
	x := make([]byte, 6*page)
	at := func(b []byte) int { return int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
	for lo := 0; lo < 2*page; lo += 511 {
		for hi := lo; hi <= len(x); hi += 511 {
			b := x[lo:hi]
			first := (at(b) + page - 1) / page * page
			last := (at(b) + len(b)) / page * page
			w := whole(b, page)
			if last <= first {
				require.Empty(t, w, "[%d, %d)", lo, hi)
				continue
			}
			require.Equal(t, first, at(w), "[%d, %d)", lo, hi)
			require.Len(t, w, last-first)
		}
	}
}
