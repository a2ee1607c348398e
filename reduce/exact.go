package reduce

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// The superaccumulator is a fixed-point number wide enough for any sum of
// float64 products: digits of 32 bits in signed 64-bit limbs, so that carries
// wait in the upper half (Neal, 2015, "Fast exact summation using small and large
// superaccumulators"; the digits of a product reach lower than those of a sum).
//
// The lowest bit of a product of two subnormals is 2^-2148, the highest of any
// product is below 2^2048. The limbs span 2^-2176 to 2^2144: 96 bits of headroom,
// so the capacity is that of the counter, 2^63-1 terms.
const (
	limbBits   = 32
	limbMask   = 1<<limbBits - 1
	exponent0  = -2176 // the weight of bit 0 of limb 0
	limbCount  = (2144 - exponent0) / limbBits
	maxPending = 1 << 29 // additions of up to 2^33 that a limb takes before it must carry
)

// Superaccumulator is an exact sum of float32 and float64 numbers and of their
// products, with one rounding at the end. The zero value is the empty sum. Its
// state depends only on the terms, not on their order, and terms may be removed
// again. Infinities and NaN are counted aside and decide the result as IEEE 754
// additions of the same terms in any order would.
//
// It holds up to 2^63-1 terms at a time, however they came together, and panics
// where more are added or merged. Adding does not allocate. Rounding costs as much
// as the sum has digits of 32 bits. It is not safe for concurrent use: rounding and
// marshalling, too, bring the state into canonical form.
type Superaccumulator struct {
	limb    [limbCount]int64
	lo, hi  int             // limbs outside [lo, hi) are zero
	pending int             // additions since the last carry
	count   int64           // terms
	aside   [ordinary]int64 // terms of each kind that is not ordinary
}

// A kind of terms. The limbs hold the ordinary ones. The others are counted, -0
// among them, which the limbs cannot tell from +0.
type kind int

const (
	posInf kind = iota
	negInf
	nan
	negZero
	ordinary
)

func (k kind) String() string {
	return [...]string{"+Inf", "-Inf", "NaN", "-0", "other numbers"}[k]
}

// kindOf returns the kind of the exact product x*y.
func kindOf(x, y float64) kind {
	p := x * y
	switch {
	case kernel.IsFinite(x) && kernel.IsFinite(y):
		if (x == 0 || y == 0) && math.Signbit(p) {
			return negZero
		}
		return ordinary
	case p > 0:
		return posInf
	case p < 0:
		return negInf
	}
	return nan
}

// Add adds x.
func (a *Superaccumulator) Add(x float64) {
	m, e := significand(x)
	if m == 0 || e > maxExponent {
		a.addKind(kindOf(x, 1))
		return
	}
	a.reserve(1)
	a.addBits(0, m, e, math.Signbit(x))
}

// AddProduct adds x*y, exactly.
func (a *Superaccumulator) AddProduct(x, y float64) {
	mx, ex := significand(x)
	my, ey := significand(y)
	if mx == 0 || my == 0 || ex > maxExponent || ey > maxExponent {
		a.addKind(kindOf(x, y))
		return
	}
	a.reserve(1)
	hi, lo := bits.Mul64(mx, my)
	a.addBits(hi, lo, ex+ey, math.Signbit(x) != math.Signbit(y))
}

// Sub removes x: what was added and is removed leaves the state of the sum
// without it (see Equal). It panics if no term of the kind of x is left: the same
// infinity, a NaN, -0, or any other number.
func (a *Superaccumulator) Sub(x float64) { a.SubProduct(x, 1) }

// SubProduct removes x*y, as Sub removes x.
func (a *Superaccumulator) SubProduct(x, y float64) {
	k := kindOf(x, y)
	if a.countOf(k) == 0 {
		panic(fmt.Sprintf("reduce: removing %v from an exact sum of %s, 0 of which are %v", x*y, plural.Of(a.count, "term"), k))
	}
	a.count--
	if k != ordinary {
		a.aside[k]--
		return
	}
	mx, ex := significand(x)
	my, ey := significand(y)
	hi, lo := bits.Mul64(mx, my)
	a.addBits(hi, lo, ex+ey, math.Signbit(x) == math.Signbit(y))
}

// maxExponent is the exponent e of the largest numbers in significand.
const maxExponent = 2046 - 1075

// significand returns |x| = m * 2^e with an integer m < 2^53. Of infinities and
// NaN, e is above maxExponent.
func significand(x float64) (m uint64, e int) {
	b := math.Float64bits(x)
	m, e = b&(1<<52-1), int(b>>52&0x7ff)
	if e == 0 {
		return m, -1074
	}
	return m | 1<<52, e - 1075
}

// reserve counts n more terms. It panics if they are too many.
func (a *Superaccumulator) reserve(n int64) {
	if n > math.MaxInt64-a.count {
		tooMany(n, "an exact", a.count)
	}
	a.count += n
}

// tooMany panics, as n more terms than a sum has are more than it holds.
func tooMany(n int64, sum string, count int64) {
	panic(fmt.Sprintf("reduce: %s in %s sum of %d: it holds %d", plural.Of(n, "more term"), sum, count, int64(math.MaxInt64)))
}

// addKind adds a term that the limbs need not know of: +0, or no ordinary one.
func (a *Superaccumulator) addKind(k kind) {
	a.reserve(1)
	if k != ordinary {
		a.aside[k]++
	}
}

// countOf returns the number of terms of kind k.
func (a *Superaccumulator) countOf(k kind) int64 {
	if k != ordinary {
		return a.aside[k]
	}
	n := a.count
	for _, other := range a.aside {
		n -= other
	}
	return n
}

// addBits adds (hi*2^64 + lo) * 2^e to the limbs, with hi < 2^42, or subtracts it.
func (a *Superaccumulator) addBits(hi, lo uint64, e int, negative bool) {
	if a.pending++; a.pending > maxPending {
		a.carry()
	}
	at, shift := uint(e-exponent0)/limbBits, uint(e-exponent0)%limbBits
	a.widen(int(at), int(at)+5)
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

// addInt adds m * 2^e to the limbs, -2176 <= e < 2080. It counts no term.
func (a *Superaccumulator) addInt(m int64, e int) {
	if a.pending++; a.pending > maxPending {
		a.carry()
	}
	at, shift := uint(e-exponent0)/limbBits, uint(e-exponent0)%limbBits
	a.widen(int(at), int(at)+3)
	limb := a.limb[at : at+3 : at+3]
	s := m >> 63
	u := uint64((m ^ s) - s) // |m|, of -2^63 as well
	w0, w1 := u<<shift, u>>1>>(63-shift)
	limb[0] += (int64(w0&limbMask) ^ s) - s
	limb[1] += (int64(w0>>limbBits) ^ s) - s
	limb[2] += (int64(w1) ^ s) - s
}

// widen brings the limbs [lo, hi) into the range in use.
func (a *Superaccumulator) widen(lo, hi int) {
	if a.hi == 0 {
		a.lo = lo
	}
	a.lo, a.hi = min(a.lo, lo), max(a.hi, hi)
}

// carry brings the limbs into canonical form, in which equal sums have equal
// limbs: the magnitude's digits of 32 bits, each with the sign of the sum, from
// the lowest that is not zero, at lo, to the highest, at hi-1. It panics if the
// sum is beyond the limbs. No sum of terms is; one can get there by removing, over
// and over, what was never added.
func (a *Superaccumulator) carry() {
	c, limb := int64(0), a.limb[a.lo:a.hi]
	for i := range limb {
		v := limb[i] + c
		limb[i], c = v&limbMask, v>>limbBits
	}
	for ; c != 0 && c != -1; c >>= limbBits {
		a.extend(c & limbMask)
	}
	if c == -1 { // the digits less 2^(32*hi)
		a.negate()
	}
	a.trim()
	a.pending = 0
}

// extend sets the limb above the range in use.
func (a *Superaccumulator) extend(digit int64) {
	if a.hi == limbCount {
		panic(fmt.Sprintf("reduce: exact sum of %s is beyond 2^%d: others were removed than had been added", plural.Of(a.count, "term"), exponent0+limbBits*limbCount))
	}
	a.limb[a.hi] = digit
	a.hi++
}

// negate makes of the digits D, in limbs lo to hi-1, the digits of D - 2^(32*hi),
// which is negative: with ones for zeros and zeros for ones, D becomes 2^(32*hi) -
// 2^(32*lo) - D, the magnitude but for one in the lowest place.
func (a *Superaccumulator) negate() {
	c := int64(1)
	for i := a.lo; i < a.hi; i++ {
		v := a.limb[i] ^ limbMask + c
		a.limb[i], c = -(v & limbMask), v>>limbBits
	}
	if c != 0 {
		a.extend(-1)
	}
}

// trim leaves zero limbs out of the range in use.
func (a *Superaccumulator) trim() {
	lo, limb := a.lo, a.limb[a.lo:a.hi]
	for len(limb) > 0 && limb[len(limb)-1] == 0 {
		limb = limb[:len(limb)-1]
	}
	for len(limb) > 0 && limb[0] == 0 {
		lo, limb = lo+1, limb[1:]
	}
	if a.lo, a.hi = lo, lo+len(limb); len(limb) == 0 {
		a.lo, a.hi = 0, 0
	}
}

// Merge adds the terms of b, and leaves b as it was. It brings a into canonical
// form. It panics if b is nil.
func (a *Superaccumulator) Merge(b *Superaccumulator) {
	if b == nil {
		panic(fmt.Sprintf("reduce: nil merged with an exact sum of %s", plural.Of(a.count, "term")))
	}
	a.reserve(b.count)
	for k := range a.aside {
		a.aside[k] += b.aside[k]
	}
	a.addLimbs(b, 1)
}

// Unmerge removes the terms of b, which a has summed, and leaves b as it was: it
// undoes a Merge. It is an error, and a stays as it is, if b is nil or has more terms of
// some kind than a; that b's terms are a's cannot be seen otherwise.
func (a *Superaccumulator) Unmerge(b *Superaccumulator) error {
	if b == nil {
		return fmt.Errorf("reduce: nil removed from an exact sum of %s", plural.Of(a.count, "term"))
	}
	for k := posInf; k <= ordinary; k++ {
		if have, want := a.countOf(k), b.countOf(k); have < want {
			return fmt.Errorf("reduce: removing %s from an exact sum of %d: %d of them are %v, but %d of those", plural.Of(b.count, "term"), a.count, want, k, have)
		}
	}
	a.count -= b.count
	for k := range a.aside {
		a.aside[k] -= b.aside[k]
	}
	a.addLimbs(b, -1)
	return nil
}

// addLimbs adds the limbs of b, times sign.
func (a *Superaccumulator) addLimbs(b *Superaccumulator, sign int64) {
	a.carry() // limbs below 2^32: those of b, below 2^62 + 2^32 even with carries pending, fit on top
	lo, hi := b.lo, b.hi
	if lo == hi {
		return
	}
	a.widen(lo, hi)
	for i := lo; i < hi; i++ {
		a.limb[i] += sign * b.limb[i]
	}
	a.carry()
}

// Equal tells whether a and b are states of the same sum: equal exact values and
// equal counts of terms and of infinities, NaN and -0 among them. It panics if b is nil.
func (a *Superaccumulator) Equal(b *Superaccumulator) bool {
	if b == nil {
		panic(fmt.Sprintf("reduce: nil compared with an exact sum of %s", plural.Of(a.count, "term")))
	}
	x, y := *a, *b
	x.carry()
	y.carry()
	return x == y
}

// Count returns the number of terms.
func (a *Superaccumulator) Count() int64 { return a.count }

// Reset makes a the empty sum.
func (a *Superaccumulator) Reset() { *a = Superaccumulator{} }

// Int returns the sum as an integer multiple of 2^ExactExponent, or an error if
// an infinity or a NaN was added.
func (a *Superaccumulator) Int() (*big.Int, error) {
	if v, ok := a.specialValue(); ok {
		return nil, fmt.Errorf("reduce: an exact sum of %v is no integer", v)
	}
	a.carry()
	sum := new(big.Int)
	for i := a.hi - 1; i >= a.lo; i-- {
		sum.Lsh(sum, limbBits).Add(sum, big.NewInt(a.limb[i]))
	}
	return sum.Lsh(sum, uint(limbBits*a.lo)), nil
}

// ExactExponent is the exponent of the unit of Superaccumulator.Int.
const ExactExponent = exponent0
