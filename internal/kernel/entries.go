package kernel

import (
	"math/bits"
	"unsafe"
)

// Entries hold exact products of float64 of any exponents, each 64 binary places above the one below: sum of V[i] * 2^(64i + EntriesExponent), V being lanes
// of EntryLane bits, signed ones of less than 2^59 (see _asm/entries.go). Up to MaxEntries products have |V| < 2^11 * 2^106 * 2^63 = 2^180.
type Entries [64][4]int64

const (
	MaxEntries      = 2047
	EntriesExponent = -2150
	EntryLane       = 48

	minEntries = 9 // of a table
)

// SumEntries sets those entries of e that the marks it returns have bits of to the sum of up to MaxEntries products; others it leaves as they are. It
// tells whether a factor is 0. It returns false if one is not finite, if there are too few products, and where there is no kernel.
func SumEntries(e *Entries, x, y []float64) (marks uint64, zeros, ok bool) {
	if active != AVX512 || !hasEntries || len(x) < minEntries {
		return 0, false, false
	}
	marks, zero, state := entriesTableF64AVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(x), e)
	return marks, zero != 0, state != Refused
}

// productsByEntries sums up to MaxEntries products. It has Refused where a factor is not finite, and where what the kernel returns leaves two roundings.
//
//go:noinline
func productsByEntries(x, y []float64) (s Leading, state int) {
	var top [3][4]int64
	place, below, state := entriesDotF64AVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(x), &top)
	if state == Refused {
		return s, state
	}
	return leadingEntries(&top, place, below != 0)
}

// leadingEntries returns a number that rounds as the sum of entries does, of which the highest three, and whether there are others below, are given. It has Refused
// if those may decide.
//
// The three are S * 2^u, u = 64(place-2) - 2150, |S| < 2^309; the others less than 2^117 * 2^u together, as 2^180 2^-64 (1 + 2^-64 + ...) is. From S are taken the 64
// bits from its sign on, a multiple M of 2^q; what follows, S - M, is from 0 to 2^q. If the sum is between M and M + 2^q for sure, it rounds as any other number between those, as
// 64 bits are more than roundings depend on: as M + 2^(q-1). That is so if of the bits of S - M from 118 on some are 0 and some are 1.
func leadingEntries(top *[3][4]int64, place int, below bool) (Leading, int) {
	var w [6]uint64 // S, of two's complement
	hi, lo := int64(0), uint64(0)
	a, b, c := &top[0], &top[1], &top[2]
	hi, lo = addShifted(hi, lo, c[0], 0)
	hi, lo = addShifted(hi, lo, c[1], 48)
	w[0], lo, hi = lo, uint64(hi), hi>>63
	hi, lo = addShifted(hi, lo, c[2], 32)
	hi, lo = addShifted(hi, lo, b[0], 0)
	hi, lo = addShifted(hi, lo, b[1], 48)
	w[1], lo, hi = lo, uint64(hi), hi>>63
	hi, lo = addShifted(hi, lo, c[3], 16)
	hi, lo = addShifted(hi, lo, b[2], 32)
	hi, lo = addShifted(hi, lo, a[0], 0)
	hi, lo = addShifted(hi, lo, a[1], 48)
	w[2], lo, hi = lo, uint64(hi), hi>>63
	hi, lo = addShifted(hi, lo, b[3], 16)
	hi, lo = addShifted(hi, lo, a[2], 32)
	w[3], lo, hi = lo, uint64(hi), hi>>63
	hi, lo = addShifted(hi, lo, a[3], 16)
	w[4], w[5] = lo, uint64(hi)

	unit := 64*(place-2) + EntriesExponent
	sign := uint64(hi >> 63)
	h := 5
	for h > 0 && w[h] == sign {
		h--
	}
	zeros := uint(bits.LeadingZeros64(w[h] ^ sign))
	q := 64*h + 1 - int(zeros)
	if h == 0 && q <= 0 { // all of S is in a word
		if below {
			return Leading{}, Refused
		}
		return Leading{int64(sign), w[0], unit}, NotRounded
	}
	m, rest := sign<<63|w[h]>>1, w[h]<<63
	if zeros > 0 {
		m = w[h] << (zeros - 1)
		rest = 0
		if h > 0 {
			m |= w[h-1] >> 1 >> (64 - zeros)
			rest = w[h-1] << (zeros - 1)
		}
	} else if h > 0 {
		rest |= w[h-1]
	}
	if below {
		if !certainBelow(&w, q) {
			return Leading{}, Refused
		}
		return Leading{int64(m) >> 63, m<<1 | 1, unit + q - 1}, NotRounded
	}
	for i := h - 2; i >= 0; i-- {
		rest |= w[i]
	}
	if rest != 0 {
		rest = 1
	}
	return Leading{int64(m) >> 63, m<<1 | rest, unit + q - 1}, NotRounded
}

// certainBelow tells whether of the bits from 118 to q-1 some are 0 and some are 1.
func certainBelow(w *[6]uint64, q int) bool {
	const from = 118
	if q <= from {
		return false
	}
	some, all := uint64(0), ^uint64(0)
	for i := from >> 6; i<<6 < q; i++ {
		mask := ^uint64(0)
		if i == from>>6 {
			mask <<= from & 63
		}
		if q-i<<6 < 64 {
			mask &= 1<<uint(q&63) - 1
		}
		some |= w[i] & mask
		all &= w[i] | ^mask
	}
	return some != 0 && all != ^uint64(0)
}

// addShifted returns hi*2^64 + lo + v*2^shift, shift being less than 64.
func addShifted(hi int64, lo uint64, v int64, shift uint) (int64, uint64) {
	lo, carry := bits.Add64(lo, uint64(v)<<(shift&63), 0)
	return hi + v>>1>>(^shift&63) + int64(carry), lo
}
