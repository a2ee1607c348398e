package kernel

import "math"

const (
	minNormal32     = 0x1p-126 // the smallest normal float32
	low29           = 1<<29 - 1
	minNormal32Bits = (1023 - 126) << 52 // the bits of minNormal32
	midpoint32      = 1 << 28            // the low 29 bits of a float64 halfway between two normal float32
)

// FMA returns x*y + z rounded once, on every architecture.
//
// For float32, the product of two 24-bit significands is exact in float64, so
// s = RN64(x*y + z) is one rounding from the truth. Rounding s again to float32
// errs only if s lies on the midpoint of two neighbouring float32, which its low
// bits show, or below the normal range, where the midpoints lie elsewhere. Both
// are rare, and go to AddOdd.
func FMA[T Float](x, y, z T) T {
	if Is64[T]() {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	s := float64(x)*float64(y) + float64(z) // the product is exact: fusing changes nothing
	if RoundsTwice(s) {
		s = AddOdd(float64(x)*float64(y), float64(z))
	}
	return T(s)
}

// RoundsTwice tells whether rounding s to float32 may differ from rounding what s
// was itself rounded from.
func RoundsTwice(s float64) bool {
	u := math.Float64bits(s)
	return uint32(u)<<3 == midpoint32<<3 || 2*u-1 < 2*minNormal32Bits-1 // without its sign, and 0 the largest
}

// AddOdd returns p + z rounded to odd: truncated, with the last bit set where
// anything was lost. A value rounded to odd with at least two spare bits rounds
// to any shorter format as the exact value does (Boldo and Melquiond, 2008,
// "Emulation of FMA and correctly rounded sums").
func AddOdd(p, z float64) float64 {
	s := p + z
	b := s - p
	e := (p - (s - b)) + (z - b) // TwoSum: p + z = s + e exactly
	bits := math.Float64bits(s)
	if e == 0 || e != e || bits&1 == 1 {
		return s
	}
	// s is even and inexact: the odd neighbour on the side of e. Both neighbours of
	// an even significand are odd.
	if (e > 0) == (s > 0) {
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}
