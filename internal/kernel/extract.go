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

// Anchor is 1.5 * 2^52 units of 2^exponent: added to x, |x| < 2^51 units, it leaves the
// multiple of the unit that is nearest to x, ties to even, in its last bits. The exponent is
// -1074 to 971.
func Anchor(exponent int) float64 {
	if exponent < -1074 || exponent > 971 {
		panic("kernel: no anchor for that unit")
	}
	return math.Float64frombits(uint64(exponent+52+1023)<<52 | 1<<51)
}

// SplitTerms splits terms at a unit and sums what is above and below: in high, modulo 2^64,
// the multiples of the unit nearest to the terms, counted in units; in low what these leave.
// Terms are Plain, RoundedProduct or Product: p and e of TwoProd, of which p is split, and e is
// left out where t = anchor, |p| being half a unit at most. So few e are subnormal, each of which
// would take an Intel processor as long as dozens of terms.
//
//	element i belongs to lane i mod 16
//	t = x + anchor; high += bits of t - bits of anchor
//	lane: low = low + (x - (t - anchor)); low = low + e
//	low = the lanes' sums, i joined with i+8, then i+4, i+2, i+1
//
// All additions but those to low are exact if every |x| < 2^51 units.
func SplitTerms(of Terms, anchor float64, x, y []float64) (high int64, low float64) {
	if active == Portable {
		return splitPortable(of, anchor, x, y)
	}
	n := len(x)
	sum, low := splitF64(of, unsafe.SliceData(x), unsafe.SliceData(y), n, (*uint64)(unsafe.Pointer(&anchor)))
	return int64(sum - uint64(inVectors(n, false))*math.Float64bits(anchor)), low
}

// splitLanes is the number of lanes of low.
const splitLanes = 16

func splitPortable(of Terms, anchor float64, x, y []float64) (high int64, low float64) {
	var terms, lanes [splitLanes]float64
	sum := uint64(0)
	for lo := 0; lo < len(x); lo += splitLanes {
		n := min(splitLanes, len(x)-lo)
		splitRow(of, terms[:n], lo, x, y)
		for i, v := range terms[:n] {
			t := v + anchor
			sum += math.Float64bits(t)
			lanes[i] += v - (t - anchor)
			if of == Product && t != anchor {
				lanes[i] += math.FMA(x[lo+i], y[lo+i], -v)
			}
		}
	}
	for n := splitLanes / 2; n > 0; n /= 2 {
		for i := range n {
			lanes[i] += lanes[i+n]
		}
	}
	return int64(sum - uint64(len(x))*math.Float64bits(anchor)), lanes[0]
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
