package reduce

import (
	"math"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
)

// magnitude returns the representation of the largest |x|, or that there are zeros
// among the x. Representations of magnitudes are in the order of the numbers, infinity
// and NaN above all.
func magnitude[T Float](x []T) (largest uint64, zeros bool) {
	if kernel.Is64[T]() {
		high := highest(representations[uint64](x))
		return high>>1 + high&1, high == math.MaxUint64
	}
	high := highest(representations[uint32](x))
	return uint64(high>>1 + high&1), high == math.MaxUint32
}

// highest returns the largest of 2u - 1 modulo the size of U: the sign drops out, and
// zeros of either sign become the largest number of all. It is 0 for no u.
func highest[U uint32 | uint64](u []U) U {
	var a, b, c, d U
	for ; len(u) >= 4; u = u[4:] {
		a = max(a, u[0]<<1-1)
		b = max(b, u[1]<<1-1)
		c = max(c, u[2]<<1-1)
		d = max(d, u[3]<<1-1)
	}
	for _, v := range u {
		a = max(a, v<<1-1)
	}
	return max(a, b, c, d)
}

// representations returns the memory of x as integers of the same size.
func representations[U uint32 | uint64, T Float](x []T) []U {
	return unsafe.Slice((*U)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// magnitudeBesideZeros returns the representation of the largest |x|, and how many x
// are -0.
func magnitudeBesideZeros[T Float](x []T) (largest uint64, neg0 int64) {
	for _, v := range x {
		magnitude := kernel.Bits(abs(v))
		if v == 0 {
			magnitude = 0
			if math.Signbit(float64(v)) {
				neg0++
			}
		}
		largest = max(largest, magnitude)
	}
	return largest, neg0
}
