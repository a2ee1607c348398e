package reference

import (
	"math"
	"math/big"
)

// vector holds the numbers n[i] * 2^exp. Over integers a dot product is exact,
// and takes no memory: one multiplication and one addition a term.
type vector struct {
	n   []big.Int
	exp int
}

// resize gives v length n, and keeps the memory of its integers.
func (v *vector) resize(n int) {
	if cap(v.n) < n {
		v.n = make([]big.Int, n)
	}
	v.n = v.n[:n]
}

// setFloats makes v exactly x: the unit is the lowest bit of any element.
func (v *vector) setFloats(x []float64) {
	v.resize(len(x))
	v.exp = math.MaxInt
	for _, f := range x {
		if m, e := split(f); m != 0 {
			v.exp = min(v.exp, e)
		}
	}
	for i, f := range x {
		m, e := split(f)
		v.n[i].SetInt64(m)
		if m != 0 {
			v.n[i].Lsh(&v.n[i], uint(e-v.exp))
		}
	}
	if v.exp == math.MaxInt { // all zero
		v.exp = 0
	}
}

// setBig makes v the elements of x, cut off below 2^-bits of the largest: small
// elements keep that absolute precision, not their own relative one, which no
// dot product could show.
func (v *vector) setBig(x []*big.Float, bits uint) {
	v.resize(len(x))
	v.exp = unit(x, bits)
	for i, f := range x {
		shifted := new(big.Float).SetMantExp(f, -v.exp)
		shifted.Int(&v.n[i])
	}
}

// unit returns the exponent of 2^-bits of the largest magnitude in x.
func unit(x []*big.Float, bits uint) int {
	largest := math.MinInt
	for _, f := range x {
		if f.Sign() != 0 {
			largest = max(largest, f.MantExp(nil))
		}
	}
	if largest == math.MinInt { // all zero
		return 0
	}
	return largest - int(bits)
}

// sum returns the sum of v, exactly.
func (s *scratch) sum(v *vector) *big.Float {
	s.acc.SetInt64(0)
	for i := range v.n {
		s.acc.Add(&s.acc, &v.n[i])
	}
	return scaled(&s.acc, v.exp)
}

// dot returns the dot product of v and w, which have the same length, exactly.
func (s *scratch) dot(v, w *vector) *big.Float {
	s.acc.SetInt64(0)
	for i := range v.n {
		s.acc.Add(&s.acc, s.term.Mul(&v.n[i], &w.n[i]))
	}
	return scaled(&s.acc, v.exp+w.exp)
}

// scratch is the memory that one goroutine works in.
type scratch struct {
	v, w      vector
	acc, term big.Int
}
