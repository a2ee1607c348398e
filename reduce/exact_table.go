package reduce

import (
	"math"
	"math/bits"
)

// Long slices go through a table of wide integers before they reach the limbs (the idea of
// Neal, 2015, section 4). An entry stands for 32 neighbouring exponents and a sign. The
// significand, moved up by the exponent's low five bits, is an integer below 2^84, a product of
// two of them one below 2^137: words added with carries, and no branch.
const (
	tableMin   = 512     // terms that make up for the table's folding
	tableMax   = 1 << 24 // terms that fit before it must be folded
	tableGroup = 32      // exponents of an entry
)

// numberTable has an entry for the upper seven bits of a number: sign and exponent.
type numberTable [128][2]uint64

// productTable has one for the sign and the sum of two biased exponents.
type productTable [256][3]uint64

// add adds the number of that representation, which is normal.
func (t *numberTable) add(b uint64) {
	m, shift := b&(1<<52-1)|1<<52, b>>52%tableGroup
	e := &t[b>>57]
	lo, carry := bits.Add64(e[0], m<<shift, 0)
	e[0] = lo
	e[1], _ = bits.Add64(e[1], m>>1>>(63-shift), carry)
}

// add adds the product of the numbers of those representations, which are normal.
func (t *productTable) add(b, c uint64) {
	hi, lo := bits.Mul64(b&(1<<52-1)|1<<52, c&(1<<52-1)|1<<52)
	exponent := b>>52&0x7ff + c>>52&0x7ff
	shift := exponent % tableGroup
	e := &t[(exponent/tableGroup|(b^c)>>63<<7)&0xff]
	var carry uint64
	e[0], carry = bits.Add64(e[0], lo<<shift, 0)
	e[1], carry = bits.Add64(e[1], hi<<shift|lo>>1>>(63-shift), carry)
	e[2], _ = bits.Add64(e[2], hi>>1>>(63-shift), carry)
}

// fold adds the table to the limbs of a.
func (t *numberTable) fold(a *Superaccumulator) {
	for i := range len(t) / 2 {
		p, n := &t[i], &t[i+len(t)/2]
		if p[0]|p[1]|n[0]|n[1] != 0 {
			lo, borrow := bits.Sub64(p[0], n[0], 0)
			hi, _ := bits.Sub64(p[1], n[1], borrow)
			a.addWide(lo, hi, uint64(int64(hi)>>63), tableGroup*i-1075)
		}
	}
}

// fold adds the table to the limbs of a.
func (t *productTable) fold(a *Superaccumulator) {
	for i := range len(t) / 2 {
		p, n := &t[i], &t[i+len(t)/2]
		if p[0]|p[1]|p[2]|n[0]|n[1]|n[2] != 0 {
			w0, borrow := bits.Sub64(p[0], n[0], 0)
			w1, borrow := bits.Sub64(p[1], n[1], borrow)
			w2, _ := bits.Sub64(p[2], n[2], borrow)
			a.addWide(w0, w1, w2, tableGroup*i-2*1075)
		}
	}
}

// addWide adds (w2*2^128 + w1*2^64 + w0) * 2^e to the limbs, w2 being signed, of 34 bits. It
// counts no term.
func (a *Superaccumulator) addWide(w0, w1, w2 uint64, e int) {
	if a.pending++; a.pending > maxPending {
		a.carry()
	}
	at, shift := uint(e-exponent0)/limbBits, uint(e-exponent0)%limbBits
	top := int64(w2) >> (63 - shift) >> 1
	w2 = w2<<shift | w1>>1>>(63-shift)
	w1 = w1<<shift | w0>>1>>(63-shift)
	w0 <<= shift
	limb := a.limb[at : at+6 : at+6]
	limb[0] += int64(w0 & limbMask)
	limb[1] += int64(w0 >> limbBits)
	limb[2] += int64(w1 & limbMask)
	limb[3] += int64(w1 >> limbBits)
	limb[4] += int64(w2 & limbMask)
	limb[5] += int64(w2>>limbBits) + top<<limbBits
	a.widen(int(at), int(at)+6)
}

// isNormal tells whether the number of that representation is normal.
func isNormal(b uint64) bool { return b>>52&0x7ff-1 < 0x7fe }

// addLong adds up to tableMax terms that are numbers: elements, or products of float32.
func addLong[T Float](a *Superaccumulator, v terms[T]) {
	var t numberTable
	others := 0
	for i, x := range v.x {
		b := v.number(i, x)
		if !isNormal(b) {
			addTerm(a, v, i)
			others++
			continue
		}
		t.add(b)
	}
	a.reserve(int64(len(v.x) - others))
	t.fold(a)
}

// addLongProducts adds up to tableMax products of float64.
func addLongProducts[T Float](a *Superaccumulator, v terms[T]) {
	var t productTable
	others := 0
	for i, x := range v.x {
		b, c := math.Float64bits(float64(x)), math.Float64bits(float64(v.y[i]))
		if !isNormal(b) || !isNormal(c) {
			addTerm(a, v, i)
			others++
			continue
		}
		t.add(b, c)
	}
	a.reserve(int64(len(v.x) - others))
	t.fold(a)
}
