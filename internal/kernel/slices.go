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
	// NegZeros is the number of terms -0, a product in mode Whole being that only where
	// a factor is zero.
	NegZeros int
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

// Lanes of the vectors of a block: their places in a kernel's result.
type places struct{ max, left, min int }

func placesOf(bins int) places { return places{bins, bins + 1, bins + 2} }

func cutF64(out *Slices, m Mode, of Terms, bins, exponent, width int, x, y []float64) bool {
	var vectors [slots * 8]float64
	var anchors [5]float64
	setAnchors64(anchors[:], bins, exponent, width)
	if !slicesF64(m, of, bins, vectors[:], anchors[:], x, y) {
		return false
	}
	pairs := m == Whole && of == Product
	least := collect64(out, vectors[:], anchors[:bins], pairs, len(x), 16)
	whole := len(x) &^ 15
	switch {
	case pairs && least < tiny:
		whole = 0
		fallthrough
	case pairs:
		out.lookAtProducts(x[whole:], y[whole:])
	case least == 0:
		out.NegZeros = negZeros(x, y)
	default:
		out.NegZeros = negZeros(x[whole:], y[min(whole, len(y)):])
	}
	return true
}

// lookAtProducts counts those that are -0, and sets Left if the product of two numbers,
// neither of them zero, is tiny.
func (s *Slices) lookAtProducts(x, y []float64) {
	for i, v := range x {
		if p := v * y[i]; math.Abs(p) < tiny {
			if v != 0 && y[i] != 0 {
				s.Left = true
			} else if math.Signbit(p) {
				s.NegZeros++
			}
		}
	}
}

// negZeros returns the number of terms that are -0.
func negZeros[T Float](x, y []T) int {
	n := 0
	if len(y) == 0 {
		for _, v := range x {
			if isNegZero(v) {
				n++
			}
		}
		return n
	}
	for i, v := range x {
		if isNegZero(v * y[i]) {
			n++
		}
	}
	return n
}

func isNegZero[T Float](x T) bool {
	if Is64[T]() {
		return math.Float64bits(float64(x)) == 1<<63
	}
	return math.Float32bits(float32(x)) == 1<<31
}

func cutWide(out *Slices, of Terms, bins, exponent, width int, x, y []float32) bool {
	var vectors [slots * 8]float64
	var anchors [5]float64
	setAnchors64(anchors[:], bins, exponent, width)
	if !slicesWide(Whole, of, bins, vectors[:], anchors[:], x, y) {
		return false
	}
	least := collect64(out, vectors[:], anchors[:bins], false, len(x), 32)
	whole := len(x) &^ 31
	if least == 0 {
		whole = 0
	}
	out.NegZeros = negZerosWide(x[whole:], y[min(whole, len(y)):])
	return true
}

// negZerosWide is negZeros with products in float64, which do not underflow.
func negZerosWide(x, y []float32) int {
	if len(y) == 0 {
		return negZeros(x, nil)
	}
	n := 0
	for i, v := range x {
		if isNegZero(float64(v) * float64(y[i])) {
			n++
		}
	}
	return n
}

// setAnchors64 sets the anchors, followed by the infinity from which a minimum falls.
func setAnchors64(anchors []float64, bins, exponent, width int) {
	for k := range anchors[:bins] {
		anchors[k] = math.Float64frombits(uint64(exponent-k*width+52+1023)<<52 | 1<<51)
	}
	anchors[bins] = math.Inf(1)
}

// vectorLanes returns the lanes of that many bytes in a vector of the active backend.
func vectorLanes(bytes int) int { return vectorBytes[active] / bytes }

var vectorBytes = [...]int{Portable: 0, NEON: 16, AVX2: 32, AVX512: 64}

// collect64 adds up the lanes and returns the smallest |term| of whole rows. Every row
// of the given number of elements, whole or not, added each anchor as often as it has
// elements, and pairs added those after the first a second time.
func collect64(out *Slices, vectors, anchors []float64, pairs bool, n, row int) (least float64) {
	lanes, at := vectorLanes(8), placesOf(len(anchors))
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
	out.Max, out.Left, out.NegZeros = 0, false, 0
	least = math.Inf(1)
	for i := range lanes {
		out.Max = max(out.Max, vectors[8*at.max+i])
		out.Left = out.Left || vectors[8*at.left+i] != 0 // also a NaN
		least = min(least, vectors[8*at.min+i])
	}
	return least
}

func cutF32(out *Slices, of Terms, bins, exponent, width int, x, y []float32) bool {
	var vectors [slots * 16]float32
	var anchors [5]float32
	for k := range bins {
		anchors[k] = math.Float32frombits(uint32(exponent-k*width+23+127)<<23 | 1<<22)
	}
	anchors[bins] = float32(math.Inf(1))
	mode := Dropped
	if bins == 0 {
		mode = Whole
	}
	if !slicesF32(mode, of, bins, vectors[:], anchors[:], x, y) {
		return false
	}
	lanes, at := vectorLanes(4), placesOf(bins)
	added := uint32((len(x) + 31) / 32 * (32 / lanes)) // to each lane
	for k, anchor := range anchors[:bins] {
		out.Sum[k] = 0
		for _, v := range vectors[16*k : 16*k+lanes] {
			out.Sum[k] += int64(int32(math.Float32bits(v) - added*math.Float32bits(anchor)))
		}
	}
	out.Max, out.Left = 0, false
	least := float32(math.Inf(1))
	for i := range lanes {
		out.Max = max(out.Max, float64(vectors[16*at.max+i]))
		out.Left = out.Left || vectors[16*at.left+i] != 0
		least = min(least, vectors[16*at.min+i])
	}
	whole := len(x) &^ 31
	if least == 0 {
		whole = 0
	}
	out.NegZeros = negZeros(x[whole:], y[min(whole, len(y)):])
	return true
}
