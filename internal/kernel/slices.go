package kernel

import "math"

// Mode says what becomes of what is left of a term when all slices are cut.
type Mode uint8

const (
	Whole   Mode = iota // it is reported: an exact sum must have nothing left
	Dropped             // a binned sum does without it
)

// sliceKey selects a kernel.
type sliceKey struct {
	backend Backend
	mode    Mode
	terms   Terms
	bins    int
}

// Slices are the sums of the slices of a block of terms.
type Slices struct {
	Sum [4]int64 // of slice k, in units of q[k]
	Max float64  // the largest |term|; not meaningful if a term is not finite
	// Left tells in mode Whole that something is left of a term, in both modes that a
	// term is not finite. In mode Whole, it is also set if a product of float64 may be
	// subnormal or have an error that is: it may then not be a sum of two float64.
	Left bool
}

// MaxSliced is the length that a block may have, so that no sum of slices, of up to
// 2^51 units each, overflows.
const MaxSliced = 2048

// ExactWidth is the distance of the anchors of exact slices, in bits. A remainder of
// up to q/2 is in the range of the next anchor, 2^51 of its units, if those are q/2^52.
const ExactWidth = 52

// tiny is the least product of float64 of which the error is representable: its last
// place is 2^-1074 or more, and 2^-1022 * 2^53 is far above.
const tiny = 0x1p-968

// Cut cuts each term of a block of 1 to MaxSliced into slices: multiples of q[0] =
// 2^exponent, q[1] = 2^(exponent-width) and so on, as many as bins, each the multiple
// nearest to what the slices before it left, ties to even:
//
//	for k ascending: slice = (x + M[k]) - M[k]; x = x - slice    M[k] = 1.5 * 2^(p-1) * q[k]
//
// p is the precision of the arithmetic: 24 for float32 terms in mode Dropped, else 53.
// No |term| may exceed 2^(p-2) q[0] (the caller looks at Max afterwards and, if one did,
// discards the result). Terms are as in Tree, but that in mode Whole products are exact, those of float64 as two
// terms, the product rounded and its error.
// With no bins, it finds Max alone. It returns false, and does nothing, where the
// active backend has no such kernel.
func Cut[T Float](out *Slices, m Mode, of Terms, bins, exponent, width int, x, y []T) bool {
	if Is64[T]() {
		return cutF64(out, m, of, bins, exponent, width, as[float64](x), as[float64](y))
	}
	if m == Whole {
		return cutWide(out, of, bins, exponent, width, as[float32](x), as[float32](y))
	}
	return cutF32(out, of, bins, exponent, width, as[float32](x), as[float32](y))
}

// slots is the room for a kernel's vectors, 64 bytes each.
const slots = 8

func cutF64(out *Slices, m Mode, of Terms, bins, exponent, width int, x, y []float64) bool {
	var vectors [slots * 8]float64
	var anchors [5]float64
	setAnchors64(anchors[:bins], exponent, width)
	anchors[bins] = math.Inf(1)
	if !slicesF64(m, of, bins, vectors[:], anchors[:], x, y) {
		return false
	}
	pairs := m == Whole && of == Product
	collect64(out, vectors[:], anchors[:bins], pairs, len(x), 16)
	if m == Whole && of == Product && bins > 0 && !out.Left {
		out.Left = underflows(vectors[8*(bins+2):], x, y)
	}
	return true
}

// underflows tells whether the product of some x[i] and y[i], neither of them zero, is
// tiny. least are the smallest products of whole rows.
func underflows(least, x, y []float64) bool {
	whole := len(x) &^ 15
	for _, p := range least[:vectorLanes(8)] {
		if p < tiny {
			whole = 0
		}
	}
	for i := whole; i < len(x); i++ {
		if p := math.Abs(x[i] * y[i]); p < tiny && x[i] != 0 && y[i] != 0 {
			return true
		}
	}
	return false
}

func cutWide(out *Slices, of Terms, bins, exponent, width int, x, y []float32) bool {
	var vectors [slots * 8]float64
	var anchors [5]float64
	setAnchors64(anchors[:bins], exponent, width)
	if !slicesWide(Whole, of, bins, vectors[:], anchors[:], x, y) {
		return false
	}
	collect64(out, vectors[:], anchors[:bins], false, len(x), 32)
	return true
}

func setAnchors64(anchors []float64, exponent, width int) {
	for k := range anchors {
		anchors[k] = math.Float64frombits(uint64(exponent-k*width+52+1023)<<52 | 1<<51)
	}
}

// vectorLanes returns the lanes of that many bytes in a vector of the active backend.
func vectorLanes(bytes int) int {
	return vectorBytes[active] / bytes
}

var vectorBytes = [...]int{Portable: 0, NEON: 16, AVX2: 32, AVX512: 64}

// collect64 adds up the lanes. Every row of the given number of elements, whole or
// not, added each anchor as often as it has elements, and pairs added those after the
// first a second time.
func collect64(out *Slices, vectors, anchors []float64, pairs bool, n, row int) {
	lanes, bins := vectorLanes(8), len(anchors)
	added := uint64((n + row - 1) / row * row)
	for k, anchor := range anchors {
		if pairs && k == 1 {
			added *= 2
		}
		sum := -added * math.Float64bits(anchor)
		for _, v := range vectors[8*k : 8*k+lanes] {
			sum += math.Float64bits(v)
		}
		out.Sum[k] = int64(sum)
	}
	out.Max = 0
	for _, v := range vectors[8*bins : 8*bins+lanes] {
		out.Max = max(out.Max, v)
	}
	out.Left = false
	for _, v := range vectors[8*(bins+1) : 8*(bins+1)+lanes] {
		out.Left = out.Left || v != 0 // also a NaN
	}
}

func cutF32(out *Slices, of Terms, bins, exponent, width int, x, y []float32) bool {
	var vectors [slots * 16]float32
	var anchors [5]float32
	for k := range bins {
		anchors[k] = math.Float32frombits(uint32(exponent-k*width+23+127)<<23 | 1<<22)
	}
	mode := Dropped
	if bins == 0 {
		mode = Whole
	}
	if !slicesF32(mode, of, bins, vectors[:], anchors[:], x, y) {
		return false
	}
	lanes := vectorLanes(4)
	added := uint32((len(x) + 31) / 32 * (32 / lanes)) // to each lane
	for k, anchor := range anchors[:bins] {
		out.Sum[k] = 0
		for _, v := range vectors[16*k : 16*k+lanes] {
			out.Sum[k] += int64(int32(math.Float32bits(v) - added*math.Float32bits(anchor)))
		}
	}
	out.Max, out.Left = 0, false
	for i := range lanes {
		out.Max = max(out.Max, float64(vectors[16*bins+i]))
		out.Left = out.Left || vectors[16*(bins+1)+i] != 0
	}
	return true
}
