package kernel

import "unsafe"

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

// productsByEntries sums up to MaxEntries products. It has Refused where a factor is not finite, and where entries below the highest three may decide.
func productsByEntries(x, y []float64) (v float64, s Leading, state int) {
	v, s.Hi, s.Lo, s.Exponent, state = entriesDotF64AVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(x), NearOrSpread)
	return v, s, state
}
