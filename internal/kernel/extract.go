package kernel

import (
	"math"
	"unsafe"
)

// Largest returns the bits of the largest magnitude of the terms, which are Plain or rounded
// products: those of T, but that the low 32 bits of float64 are ones. What is not
// finite is larger than what is.
func Largest[T Float](of Terms, x, y []T) uint64 {
	if of == Product {
		of = RoundedProduct
	}
	n := len(x)
	if active == Portable || n == 0 {
		return largestPortable(of, x, y)
	}
	p, q := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	if Is64[T]() {
		return largestF64(of, (*float64)(p), (*float64)(q), n) | math.MaxUint32
	}
	return largestF32(of, (*float32)(p), (*float32)(q), n) & math.MaxUint32
}

// largestPortable compares as integers: for numbers without a sign that is the same.
func largestPortable[T Float](of Terms, x, y []T) uint64 {
	most := uint64(0)
	for i, v := range x {
		if of != Plain {
			v = T(v * y[i])
		}
		most = max(most, Bits(Abs(v)))
	}
	if Is64[T]() {
		most |= math.MaxUint32
	}
	return most
}

// ExtentOf is Largest of 1 or more terms of float64, and the bits of a magnitude that no term but zeros is below, 0 or near to it where terms are zero. The
// low 32 bits of both are zeros in least, and ones in most.
func ExtentOf(of Terms, x, y []float64) (least, most uint64) {
	if of == Product {
		of = RoundedProduct
	}
	if active == Portable || len(x) == 0 {
		return 0, largestPortable(of, x, y)
	}
	most, least = extentF64(of, unsafe.SliceData(x), unsafe.SliceData(y), len(x))
	return least &^ math.MaxUint32, most | math.MaxUint32
}

// NoneBelow tells that no term but zeros is less than that in magnitude, or returns false if it does not
// see that: where terms are zero or nearly so small, and without vectors.
func NoneBelow[T Float](low T, x []T) bool {
	n := len(x)
	if active == Portable || n == 0 {
		return false
	}
	p := unsafe.Pointer(unsafe.SliceData(x))
	if Is64[T]() {
		return leastF64(Plain, (*float64)(p), nil, n)&^math.MaxUint32 >= Bits(low)
	}
	return leastF32(Plain, (*float32)(p), nil, n)&math.MaxUint32 >= Bits(low)
}

// Anchor is 1.5 * 2^52 units of 2^exponent: added to x, |x| < 2^51 units, it leaves the
// multiple of the unit that is nearest to x, ties to even, in its last bits. The exponent is
// -1074 to 971.
func Anchor(exponent int) float64 {
	if exponent < -1074 || exponent > 971 {
		panic("kernel: no anchor for that unit")
	}
	return math.Float64frombits(uint64(exponent+52+1023)<<52 | 1<<51)
}

// SplitTerms splits terms at a unit and sums what is above and below: in high the multiples of
// the unit nearest to the terms, counted in units; in low what these leave. Terms are Plain,
// RoundedProduct or Product.
//
// Plain terms are multiplied by the scale, a power of two, without being rounded; that of others is 1.
//
//	element i belongs to lane i mod 16; at first h = anchor, low = 0
//	t = x + h; d = t - h; h = t; low = low + (x - d)
//	of an exact product of a and b, whose p is x: low = low + (a*b - d), rounded once
//	high = the sum of all bits of h - bits of anchor
//	low = the lanes' sums, i joined with i+8, then i+4, i+2, i+1
//
// All additions but those to low are exact if the terms of a lane, each rounded up to a unit, are
// no more than 2^51 units together.
func SplitTerms(of Terms, anchor, scale float64, x, y []float64) (high int64, low float64) {
	if active == Portable {
		return splitPortable(of, anchor, scale, x, y)
	}
	numbers := [...]float64{anchor, scale}
	p, q, n := unsafe.SliceData(x), unsafe.SliceData(y), len(x)
	var sum uint64
	if scale == 1 {
		sum, low = splitF64(of, p, q, n, (*uint64)(unsafe.Pointer(&numbers)))
	} else {
		sum, low = scaledF64(of, p, q, n, (*uint64)(unsafe.Pointer(&numbers)))
	}
	return int64(sum - SplitLanes*math.Float64bits(anchor)), low
}

// SplitWatched is SplitTerms, of the scale 1, and Largest of the same terms.
func SplitWatched(of Terms, anchor float64, x, y []float64) (high int64, low float64, most uint64) {
	if active == Portable || len(x) == 0 {
		high, low = splitPortable(of, anchor, 1, x, y)
		return high, low, Largest(of, x, y)
	}
	sum, low, most := watchedF64(of, unsafe.SliceData(x), unsafe.SliceData(y), len(x), (*uint64)(unsafe.Pointer(&anchor)))
	return int64(sum - SplitLanes*math.Float64bits(anchor)), low, most | math.MaxUint32
}

// SumLooked returns the sum of rounded products of float64 in float64, however it is rounded, and Largest of them. It returns false where there is
// no kernel.
//
//	element i belongs to lane i mod 16; at first lane = 0
//	lane = lane + x
//	sum = the lanes' sums, i joined with i+8, then i+4, i+2, i+1
func SumLooked(x, y []float64) (sum float64, most uint64, ok bool) {
	if active == Portable || len(x) == 0 {
		return 0, 0, false
	}
	sum, most = summedF64(RoundedProduct, unsafe.SliceData(x), unsafe.SliceData(y), len(x))
	return sum, most | math.MaxUint32, true
}

// SplitLanes is the number of lanes of SplitTerms.
const SplitLanes = 16

func splitPortable(of Terms, anchor, scale float64, x, y []float64) (high int64, low float64) {
	var terms, above, lanes [SplitLanes]float64
	for i := range above {
		above[i] = anchor
	}
	for lo := 0; lo < len(x); lo += SplitLanes {
		n := min(SplitLanes, len(x)-lo)
		splitRow(of, terms[:n], lo, x, y)
		for i, v := range terms[:n] {
			t := v + above[i]
			if scale != 1 {
				t = math.FMA(v, scale, above[i])
			}
			d := t - above[i]
			above[i] = t
			switch {
			case scale != 1:
				lanes[i] += math.FMA(v, scale, -d)
			case of == Product && d != 0: // else it is v
				lanes[i] += math.FMA(x[lo+i], y[lo+i], -d)
			default:
				lanes[i] += v - d
			}
		}
	}
	for n := SplitLanes / 2; n > 0; n /= 2 {
		for i := range n {
			lanes[i] += lanes[i+n]
		}
	}
	sum := uint64(0)
	for _, t := range above {
		sum += math.Float64bits(t)
	}
	return int64(sum - SplitLanes*math.Float64bits(anchor)), lanes[0]
}

// splitRow writes the terms from index lo on, products rounded.
func splitRow(of Terms, terms []float64, lo int, x, y []float64) {
	x = x[lo : lo+len(terms)]
	if of == Plain {
		copy(terms, x)
	} else {
		Row(Product, terms, x, y[lo:])
	}
}

// RoundedSum returns the sum of the terms of float32, each rounded to the nearest multiple
// of a unit, ties to even, in units and modulo 2^64, if each is less than 2^51 units. Terms
// are Plain or RoundedProduct.
func RoundedSum(of Terms, anchor float64, x, y []float32) int64 {
	if active == Portable {
		sum := int64(0)
		for i, v := range x {
			if of != Plain {
				v = float32(v * y[i])
			}
			sum += int64(math.Float64bits(float64(v)+anchor) - math.Float64bits(anchor))
		}
		return sum
	}
	sum := roundedWide(of, unsafe.SliceData(x), unsafe.SliceData(y), len(x), (*uint64)(unsafe.Pointer(&anchor)))
	return int64(sum - uint64(inVectors(len(x), false))*math.Float64bits(anchor))
}

// SumWatched returns the sum of 1 or more terms of float32 in float64, and the bits of the largest magnitude,
// of terms rounded to float32: what is not finite is larger than what is. Terms are Plain or Product.
//
//	element i belongs to lane i mod 32; at first lane = 0
//	lane = lane + x, or of an exact product lane + a*b, rounded once
//	sum = the lanes' sums, i joined with i+16, then i+8, i+4, i+2, i+1
func SumWatched(of Terms, x, y []float32) (sum float64, most uint64) {
	if active == Portable || len(x) == 0 {
		return sumWatchedPortable(of, x, y), largestPortable(of, x, y)
	}
	sum, most = summedWide(of, unsafe.SliceData(x), unsafe.SliceData(y), len(x))
	return sum, most & math.MaxUint32
}

// WatchedLanes is the number of lanes of SumWatched.
const WatchedLanes = 32

func sumWatchedPortable(of Terms, x, y []float32) float64 {
	var lanes [WatchedLanes]float64
	for i, v := range x {
		term := float64(v)
		if of != Plain {
			term *= float64(y[i]) // exact
		}
		lanes[i%WatchedLanes] += float64(term)
	}
	for n := WatchedLanes / 2; n > 0; n /= 2 {
		for i := range n {
			lanes[i] += lanes[i+n]
		}
	}
	return lanes[0]
}
