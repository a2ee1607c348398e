package kernel

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"
)

// Where Go does not fuse, a multiply-add of float32 is rounded twice: as FMA does it, in
// float64 first. So few of them need FMA's care that the loop below only notices them. Two things
// are settled beforehand, once for every factor instead of in every step: that nothing happens
// at the end of float32's range where float64 does not follow, and the conversion to float64.
//
// A processor with words of 64 bits rounds float64 to float32's 24 bits by adding half to the word
// and clearing the last 29 bits: one test tells that it was no midpoint. Factors of rows, and sums, are
// in float64 with float32's bits: scaled by 2^-896, so that the range of either type ends at the
// same place, below, and its subnormal numbers are as far apart as the last bit that is kept. Above,
// float64 goes on where float32 ends: factors must not be so large that a sum could get there.
//
// Other processors convert to float32 and back. Then it is below that sums need care. They have no
// more digits than float32 has there if all products are multiples of its smallest number.
const shifts = bits.UintSize == 64

const (
	emulatedTerms = 32 // at a time: those of a leaf
	emulatedRows  = 16 // the most of a tile
	together      = 8  // interleaved chains: as many as hide the latency of a step

	smallFactor = 1 << 23 * (127 - 51) // the bits of 2^-51: products of two such are multiples of 2^-148
	largeFactor = 1 << 23 * (127 + 47) // of 2^47: products of two are lost beside 2^119 and more, infinities and NaN
)

// emulatedTile is the MicroTile where float32 is emulated: large, so that what is done to every factor
// beforehand matters little.
var emulatedTile = Tile{emulatedRows, 4 * together}

// emulates tells whether portable Go has to emulate the FMA.
func emulates[T Float]() bool { return !fuses && !Is64[T]() }

// emulator evaluates tiles of at most emulatedRows. It holds the factors of some terms, in float64: of
// every row, and of a few columns.
type emulator struct {
	terms   int
	rows    [emulatedRows][emulatedTerms]float64
	columns [emulatedTerms][together]float64
	numbers [together]uint32 // 0 of a column if all is +0
}

// chains continues the chains of a tile.
//
//	for k ascending: c[i*Cols+j] = FMA(a[k*Rows+i], b[k*Cols+j], c[i*Cols+j])
func (e *emulator) chains(t Tile, c, a, b []float32) {
	for len(b) > 0 {
		e.terms = min(emulatedTerms, len(b)/t.Cols)
		unfit, sums := uint32(0), anyBits(c)
		for i := range t.Rows {
			unfit |= loadRow(e.rows[i][:e.terms], a[i:], t.Rows)
		}
		for j := 0; j < t.Cols; j += together {
			n := min(together, t.Cols-j)
			fits := unfit|e.loadColumns(b[j:], t.Cols, n) == 0
			if shifts && fits && sums == 0 && e.numbers == [together]uint32{} {
				continue // padding
			}
			for i := range t.Rows {
				if part := c[i*t.Cols+j:][:n]; n == together {
					e.row((*[together]float32)(part), i, fits)
				} else {
					var whole [together]float32
					copy(whole[:], part)
					e.row(&whole, i, fits)
					copy(part, whole[:])
				}
			}
		}
		a, b = a[e.terms*t.Rows:], b[e.terms*t.Cols:]
	}
}

// anyBits returns 0 if all are +0.
func anyBits(c []float32) (bits uint32) {
	for _, v := range c {
		bits |= math.Float32bits(v)
	}
	return bits
}

// loadRow takes the factors of a row, each stride after the one before, and tells by another number than
// 0 that they do not fit. As words: Go moves numbers to registers of words by way of memory.
func loadRow(dst []float64, x []float32, stride int) (unfit uint32) {
	words := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
	for k := range dst {
		u := words[k*stride]
		unfit |= misfit(u)
		dst[k] = shiftedBits(u)
	}
	return unfit >> 31
}

// loadColumns does so with those of n columns.
func (e *emulator) loadColumns(x []float32, stride, n int) (unfit uint32) {
	if n == together {
		return e.loadEight(x, stride)
	}
	clear(e.columns[:])
	clear(e.numbers[:])
	for k := range e.terms {
		for j, v := range x[k*stride : k*stride+n] {
			u := math.Float32bits(v)
			unfit |= misfit(u)
			e.numbers[j] |= u
			e.columns[k][j] = float64(v)
		}
	}
	return unfit >> 31
}

// loadEight is loadColumns of as many as there may be. It looks at the bits of two numbers at once.
func (e *emulator) loadEight(x []float32, stride int) uint32 {
	var unfit, n0, n1, n2, n3 uint64
	dst := e.columns[:e.terms]
	for k := range dst {
		v := (*[together]float32)(x[k*stride:])
		p := (*[4 * together]byte)(unsafe.Pointer(v))[:]
		p0, p1, p2, p3 := binary.NativeEndian.Uint64(p), binary.NativeEndian.Uint64(p[8:]), binary.NativeEndian.Uint64(p[16:]), binary.NativeEndian.Uint64(p[24:])
		n0, n1, n2, n3 = n0|p0, n1|p1, n2|p2, n3|p3
		unfit |= misfits(p0) | misfits(p1) | misfits(p2) | misfits(p3)
		q := &dst[k]
		q[0], q[1], q[2], q[3] = float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])
		q[4], q[5], q[6], q[7] = float64(v[4]), float64(v[5]), float64(v[6]), float64(v[7])
	}
	p := (*[4 * together]byte)(unsafe.Pointer(&e.numbers))[:]
	for i, n := range [...]uint64{n0, n1, n2, n3} {
		binary.NativeEndian.PutUint64(p[8*i:], n)
	}
	return uint32(unfit>>63) | uint32(unfit)>>31
}

// row continues the chains of a row and the columns that were loaded.
func (e *emulator) row(c *[together]float32, i int, fits bool) {
	a, b := e.rows[i][:e.terms], e.columns[:e.terms]
	s := [...]float64{shifted(c[0]), shifted(c[1]), shifted(c[2]), shifted(c[3]), shifted(c[4]), shifted(c[5]), shifted(c[6]), shifted(c[7])}
	for k := 0; k < len(a); k++ {
		step := 0
		if fits {
			n := 0
			if n, step = chainsNearest(&s, a[k:], b[k:]); n == len(a[k:]) {
				break
			}
			k += n
		}
		for ; step < together; step++ {
			s[step] = shifted(FMA(unshifted(a[k]), float32(b[k][step]), unshifted(s[step])))
		}
	}
	if fits && (s[0] == 0 || s[1] == 0 || s[2] == 0 || s[3] == 0 || s[4] == 0 || s[5] == 0 || s[6] == 0 || s[7] == 0) {
		e.signZeros(&s, c, i)
	}
	*c = [...]float32{unshifted(s[0]), unshifted(s[1]), unshifted(s[2]), unshifted(s[3]), unshifted(s[4]), unshifted(s[5]), unshifted(s[6]), unshifted(s[7])}
}

// signZeros evaluates chains from c to 0 anew if a product of theirs is 0 in float64 only. Their sums are
// right but for the sign of zeros.
func (e *emulator) signZeros(s *[together]float64, c *[together]float32, i int) {
	a, b := e.rows[i][:e.terms], e.columns[:e.terms]
	for j := range s {
		if s[j] != 0 || e.numbers[j] == 0 || !vanishes(a, b, j) {
			continue
		}
		sum := c[j]
		for k, x := range a {
			sum = FMA(unshifted(x), float32(b[k][j]), sum)
		}
		s[j] = shifted(sum)
	}
}

// vanishes tells whether any product of a chain is 0 in float64 only.
func vanishes(a []float64, b [][together]float64, j int) bool {
	for k, x := range a {
		if y := b[k][j]; y != 0 && x*y == 0 && x != 0 {
			return true
		}
	}
	return false
}

// chainsNearest continues the chains of a row, whose factors and sums fit, up to where the nearest
// float32 is not to be told from a sum in float64: it returns the term, and how many of its steps are done.
//
//	for k ascending: for j ascending: c[j] = FMA(a[k], b[k][j], c[j])
//
// What is told is right. Let m be a midpoint of two neighbouring float32, scaled as sums are, c a sum, p
// the exact product, and p + c < m. The product in float64, P, is p, or if that is subnormal, p
// rounded to a multiple of 2^-1074, which m and c are, too: so p < m - c implies P <= m - c. And
// P + c <= m implies that the sum in float64 is at most m, which has few enough digits. So it is on
// m's side that p + c is on, or is m, and that is noticed. Likewise for p + c > m.
func chainsNearest(c *[together]float64, a []float64, b [][together]float64) (k, step int) {
	c0, c1, c2, c3, c4, c5, c6, c7 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
	b = b[:len(a)]
	for k = 0; k < len(a); k++ {
		x, p := a[k], &b[k]
		s, sure := round24(x*p[0] + c0)
		if !sure {
			step = 0
			break
		}
		c0 = s
		if s, sure = round24(x*p[1] + c1); !sure {
			step = 1
			break
		}
		c1 = s
		if s, sure = round24(x*p[2] + c2); !sure {
			step = 2
			break
		}
		c2 = s
		if s, sure = round24(x*p[3] + c3); !sure {
			step = 3
			break
		}
		c3 = s
		if s, sure = round24(x*p[4] + c4); !sure {
			step = 4
			break
		}
		c4 = s
		if s, sure = round24(x*p[5] + c5); !sure {
			step = 5
			break
		}
		c5 = s
		if s, sure = round24(x*p[6] + c6); !sure {
			step = 6
			break
		}
		c6 = s
		if s, sure = round24(x*p[7] + c7); !sure {
			step = 7
			break
		}
		c7 = s
	}
	c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7] = c0, c1, c2, c3, c4, c5, c6, c7
	return k, step
}

// round24 rounds a sum to float32's digits. It is not sure at a midpoint.
func round24(s float64) (r float64, sure bool) {
	u := math.Float64bits(s)
	if shifts {
		u += midpoint32
		return math.Float64frombits(u &^ low29), u&low29 != 0
	}
	return float64(float32(s)), uint32(u)<<3 != midpoint32<<3
}

// shifted returns v*2^-896, whatever its exponent, or v on processors of 32 bits.
func shifted(v float32) float64 { return shiftedBits(math.Float32bits(v)) }

// shiftedBits is shifted of the number of these bits.
func shiftedBits(u uint32) float64 {
	if !shifts {
		return float64(math.Float32frombits(u))
	}
	const kept = 1<<63 | 1<<60 - 1<<29 // sign, and all digits
	return math.Float64frombits(uint64(int64(int32(u))<<29) & kept)
}

// unshifted undoes it.
func unshifted(x float64) float32 {
	if !shifts {
		return float32(x)
	}
	u := math.Float64bits(x)
	return math.Float32frombits(uint32(u>>32)&(1<<31) | uint32(u>>29)&(1<<31-1))
}

// misfits has the highest bit of either half set if that half is the bits of a factor too large, or an
// infinity or NaN, or on processors of 32 bits too small, but not 0.
func misfits(halves uint64) uint64 {
	const ones = 1<<32 | 1 // both halves
	if shifts {
		return halves&^(ones<<31) + ones*(1<<31-largeFactor)
	}
	return uint64(tooSmall(uint32(halves>>32)))<<32 | uint64(tooSmall(uint32(halves)))
}

func tooSmall(u uint32) uint32 { return (2*u-1)>>1 - (smallFactor - 1) }

// misfit is misfits of one factor.
func misfit(u uint32) uint32 { return uint32(misfits(uint64(u))) }
