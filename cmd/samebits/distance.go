package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reference"
)

// digest is the SHA-256 over the representations of the results, in order, 4 or 8
// bytes each, little-endian.
func digest[T kernel.Float](values []T) string {
	b := make([]byte, 0, 8*len(values))
	for _, v := range values {
		if kernel.Is64[T]() {
			b = binary.LittleEndian.AppendUint64(b, kernel.Bits(v))
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(kernel.Bits(v)))
		}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// digests is a set of digests.
type digests map[string]bool

func (d digests) add(digest string) { d[digest] = true }

// distance returns the largest distance of a result from the truth, absolute and
// in units in the last place.
func distance[T kernel.Float](values []T, truth []*big.Float) (abs, ulps number) {
	for i, v := range values {
		abs = max(abs, number(reference.AbsError(v, truth[i])))
		ulps = max(ulps, number(reference.Ulps(v, truth[i])))
	}
	return abs, ulps
}

// notFinite counts infinities and NaN.
func notFinite[T kernel.Float](values []T) (n int) {
	for _, v := range values {
		if !kernel.IsFinite(v) {
			n++
		}
	}
	return n
}

// spread follows the least and the largest value of each result over many runs.
type spread[T kernel.Float] struct{ lo, hi []T }

func (s *spread[T]) add(values []T) {
	if s.lo == nil {
		s.lo, s.hi = append(s.lo, values...), append(s.hi, values...)
	}
	for i, v := range values {
		s.lo[i], s.hi[i] = min(s.lo[i], v), max(s.hi[i], v)
	}
}

// widest returns the largest difference between two runs in one result.
func (s *spread[T]) widest() float64 {
	w := 0.0
	for i := range s.lo {
		w = math.Max(w, float64(s.hi[i])-float64(s.lo[i]))
	}
	return w
}
