package reduce

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// The superaccumulator is a fixed-point number wide enough for any sum of
// float64 products: digits of 32 bits in signed 64-bit limbs, so that carries
// wait in the upper half (Neal, 2015, "Fast exact summation using small and large
// superaccumulators"; the digits of a product reach lower than those of a sum).
//
// The lowest bit of a product of two subnormals is 2^-2148, the highest of any
// product is below 2^2048. The limbs span 2^-2176 to 2^2144: 96 bits of headroom,
// so the capacity is that of the counter, 2^63 terms.
const (
	limbBits   = 32
	limbMask   = 1<<limbBits - 1
	exponent0  = -2176 // the weight of bit 0 of limb 0
	limbCount  = (2144 - exponent0) / limbBits
	maxPending = 1 << 29 // additions of up to 2^33 that a limb takes before it must carry
)

// Superaccumulator is an exact sum of float32 and float64 numbers and of their
// products, with one rounding at the end. The zero value is the empty sum. Its
// state depends only on what was added, not on the order, and takes up to 2^63
// terms. Infinities and NaN are kept aside and decide the result as IEEE 754
// additions of the same terms in any order would.
type Superaccumulator struct {
	limb    [limbCount]int64
	pending int   // additions since the last carry
	count   int64 // terms
	special special
	notNeg0 bool // some term was not -0
}

// special records terms that have no place in the limbs.
type special uint8

const (
	posInf special = 1 << iota
	negInf
	nan
)

// Add adds x.
func (a *Superaccumulator) Add(x float64) {
	a.count++
	m, e, finite := significand(x)
	switch {
	case !finite:
		a.addSpecial(x)
	case m == 0:
		a.notNeg0 = a.notNeg0 || !math.Signbit(x)
	default:
		a.addBits(0, m, e, math.Signbit(x))
	}
}

// AddProduct adds x*y, exactly.
func (a *Superaccumulator) AddProduct(x, y float64) {
	a.count++
	mx, ex, finiteX := significand(x)
	my, ey, finiteY := significand(y)
	hi, lo := bits.Mul64(mx, my)
	switch {
	case !finiteX || !finiteY:
		a.addSpecial(x * y)
	case hi|lo == 0:
		a.notNeg0 = a.notNeg0 || math.Signbit(x) == math.Signbit(y)
	default:
		a.addBits(hi, lo, ex+ey, math.Signbit(x) != math.Signbit(y))
	}
}

// significand returns |x| = m * 2^e with an integer m < 2^53.
func significand(x float64) (m uint64, e int, finite bool) {
	b := math.Float64bits(x)
	m, e = b&(1<<52-1), int(b>>52&0x7ff)
	if e == 0 {
		return m, -1074, true
	}
	return m | 1<<52, e - 1075, e != 0x7ff
}

func (a *Superaccumulator) addSpecial(x float64) {
	a.notNeg0 = true
	switch {
	case x != x:
		a.special |= nan
	case x > 0:
		a.special |= posInf
	default:
		a.special |= negInf
	}
}

// addBits adds (hi*2^64 + lo) * 2^e, with hi < 2^42, or subtracts it.
func (a *Superaccumulator) addBits(hi, lo uint64, e int, negative bool) {
	a.notNeg0 = true
	if a.pending++; a.pending > maxPending {
		a.carry()
	}
	at, shift := uint(e-exponent0)/limbBits, uint(e-exponent0)%limbBits
	limb := a.limb[at : at+5 : at+5]
	// The number shifted up by less than a limb, in three words.
	w0 := lo << shift
	w1 := hi<<shift | lo>>1>>(63-shift)
	w2 := hi >> 1 >> (63 - shift)
	// Two's complement of each digit: (d ^ -1) + 1 = -d.
	s := int64(0)
	if negative {
		s = -1
	}
	limb[0] += (int64(w0&limbMask) ^ s) - s
	limb[1] += (int64(w0>>limbBits) ^ s) - s
	if w1|w2 != 0 {
		limb[2] += (int64(w1&limbMask) ^ s) - s
		limb[3] += (int64(w1>>limbBits) ^ s) - s
		limb[4] += (int64(w2) ^ s) - s
	}
}

// carry brings every limb but the highest into [0, 2^32): the canonical form, in
// which equal sums have equal limbs. The highest limb carries the sign.
func (a *Superaccumulator) carry() {
	c := int64(0)
	for i := range a.limb[:limbCount-1] {
		v := a.limb[i] + c
		a.limb[i], c = v&limbMask, v>>limbBits
	}
	a.limb[limbCount-1] += c
	a.pending = 0
}

// Merge adds what b has summed, and leaves b as it was. It brings a into canonical
// form.
func (a *Superaccumulator) Merge(b *Superaccumulator) {
	a.carry() // limbs below 2^32: those of b, below 2^62 + 2^32 even with carries pending, fit on top
	for i := range a.limb {
		a.limb[i] += b.limb[i]
	}
	a.count += b.count
	a.special |= b.special
	a.notNeg0 = a.notNeg0 || b.notNeg0
	a.carry()
}

// Count returns the number of terms.
func (a *Superaccumulator) Count() int64 { return a.count }

// Reset makes a the empty sum.
func (a *Superaccumulator) Reset() { *a = Superaccumulator{} }

// EncodedLen returns the bytes that the canonical state takes on the way to
// another rank: a header and the limbs that are not zero, of 4 bytes each.
func (a *Superaccumulator) EncodedLen() int {
	lo, hi := a.used()
	return 16 + 4*(hi-lo)
}

// used returns the range of limbs outside of which all digits are zero, or all
// are those of a negative number's sign.
func (a *Superaccumulator) used() (lo, hi int) {
	a.carry()
	hi = limbCount
	top := a.limb[limbCount-1]
	if top == 0 || top == -1 {
		for hi--; hi > 0 && a.limb[hi-1] == top&limbMask; hi-- {
		}
	}
	for lo < hi && a.limb[lo] == 0 {
		lo++
	}
	return lo, hi
}

// Int returns the sum as an integer multiple of 2^ExactExponent, or an error if
// an infinity or a NaN was added.
func (a *Superaccumulator) Int() (*big.Int, error) {
	if v, ok := a.specialValue(); ok {
		return nil, fmt.Errorf("reduce: an exact sum of %v is no integer", v)
	}
	a.carry()
	digits, negative := a.magnitude()
	sum := new(big.Int)
	for i := limbCount - 1; i >= 0; i-- {
		sum.Lsh(sum, limbBits).Add(sum, new(big.Int).SetUint64(digits[i]))
	}
	if negative {
		sum.Neg(sum)
	}
	return sum, nil
}

// ExactExponent is the exponent of the unit of Superaccumulator.Int.
const ExactExponent = exponent0
