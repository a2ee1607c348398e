package fuzz

import (
	"math/bits"

	"github.com/samebits/samebits/reduce"
)

// random deals the values of SplitMix64 (Steele, Lea and Flood, 2014, Fast
// splittable pseudorandom number generators): the same on every architecture and
// in every version of Go.
type random struct{ state uint64 }

func newRandom(seed uint64) *random { return &random{seed} }

func (r *random) uint64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := (r.state ^ r.state>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// intn returns a number in [0, n).
func (r *random) intn(n int) int {
	hi, _ := bits.Mul64(r.uint64(), uint64(n))
	return int(hi)
}

// unit returns a number in [0, 1), a multiple of 2^-53.
func (r *random) unit() float64 { return float64(r.uint64()>>11) / (1 << 53) }

// bytes returns n bytes.
func (r *random) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.uint64())
	}
	return b
}

// shuffledIndices returns 0 to n-1, in that order if r is nil.
func shuffledIndices(r *random, n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0 && r != nil; i-- {
		j := r.intn(i + 1)
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// shuffle permutes x in place and returns it.
func shuffle[T any](r *random, x []T) []T {
	for i := len(x) - 1; i > 0; i-- {
		j := r.intn(i + 1)
		x[i], x[j] = x[j], x[i]
	}
	return x
}

// binade returns a number of random sign in [2^e, 2^(e+1)), all bits of its
// significand random; below the normal numbers it is rounded.
func binade[T reduce.Float](r *random, e int) T {
	precision := formatOf[T]().precision
	m := float64(r.uint64()>>(64-precision) | 1<<(precision-1))
	return ldexp[T](m*r.sign(), e-precision+1)
}

// sign returns 1 or -1.
func (r *random) sign() float64 { return 1 - 2*float64(r.uint64()>>63) }
