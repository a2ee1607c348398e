package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// One core does not have all of the bandwidth of the memory from one stream: a processor looks ahead within a page of 4 KiB and begins anew in each.
// So kernels of terms that may be taken in any order read long ones as Places interleaved streams, a stretch of 1 KiB of each, and prefetch 256 bytes ahead in
// each, bypassing L2. On a Zen 4 processor sums take 0.8 of the time so. Two of the streams must not be a large power of two bytes from
// each other, as they are in the same banks of the memory then (1.5 times the time of one stream); and the further they are, the less often all of them
// move on to what has not been prefetched.

// Places is how many streams terms are read as; a place is where one is.
const Places = 4

// stretchBytes is how much is read in a place at a time, as the generator has it.
const stretchBytes = 1 << 10

// apartBytes is how far a place is from the next, a multiple of a stretch, and apartFrom the bytes of terms from which they are read so: more than
// caches hold. They are written where the processor is known to gain by it, and by SetApart.
var apartBytes, apartFrom = 4<<20 + 101<<10, math.MaxInt

// SetApart has long sums of so many bytes read in places that are so many bytes apart, for tests. It returns a function that restores what was before.
func SetApart(bytes, from int) (restore func()) {
	if bytes < MaxSliced*8/Places || bytes%stretchBytes != 0 {
		panic(fmt.Sprintf("kernel: places %d bytes apart", bytes))
	}
	before, beforeFrom := apartBytes, apartFrom
	apartBytes, apartFrom = bytes, from
	return func() { apartBytes, apartFrom = before, beforeFrom }
}

// Apart returns how many terms a place is from the next, if so many terms are to be read in several, or 0. Products of float64 are not: two arrays are
// two places, and four of each are slower than one.
func Apart[T Float](of Terms, n int) int {
	size := int(unsafe.Sizeof(T(0)))
	if active < AVX2 || of != Plain && Is64[T]() || n < apartFrom/size || n < Places*apartBytes/size {
		return 0
	}
	return apartBytes / size
}

// CutApart is Cut of MaxSliced plain terms of float64, of which as many lie in each of Places places, the first at x[0], that many terms from one to
// the next; x ends where the last do, or later.
func CutApart[T Float](out *Slices, g *Grid, x []T, apart int) bool {
	if apart < MaxSliced/Places || len(x) < (Places-1)*apart+MaxSliced/Places {
		panic(fmt.Sprintf("kernel: %d terms in places %d apart of %d", MaxSliced, apart, len(x)))
	}
	if !Is64[T]() || !apartF64(g.mode, g.bins(), &out.vectors[0], unsafe.SliceData(As[float64](x)), 8*apart, &g.anchor[0]) {
		return false
	}
	g.evaluate(out, MaxSliced)
	return true
}
