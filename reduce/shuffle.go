package reduce

import (
	"fmt"
	"math/bits"
)

// splitMix is the counter-based generator SplitMix64 (Steele, Lea and Flood,
// 2014, "Fast splittable pseudorandom number generators").
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Permutation returns the permutation of n indices that Shuffled(seed) folds
// over: Fisher and Yates' shuffle of 0, 1, ..., n-1 from the top,
//
//	for i = n-1 down to 1: j = floor(r*(i+1) / 2^64); swap p[i], p[j]
//
// with r the successive values of SplitMix64 started at the seed.
func Permutation(seed uint64, n int) []int {
	mustPermute(n)
	return AppendPermutation(make([]int, 0, n), seed, n)
}

func mustPermute(n int) {
	if n < 0 {
		panic(fmt.Sprintf("reduce: permutation of %d indices: want 0 or more", n))
	}
}

// AppendPermutation appends the permutation to the slice. It panics if n is negative.
func AppendPermutation(to []int, seed uint64, n int) []int {
	mustPermute(n)
	for i := range n {
		to = append(to, i)
	}
	p := to[len(to)-n:]
	rng := splitMix(seed)
	for i := n - 1; i > 0; i-- {
		j, _ := bits.Mul64(rng.next(), uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return to
}

// shuffledFold is the left fold over the permuted terms.
func shuffledFold[T Float](seed uint64, t terms[T]) T {
	var f folder[T]
	for _, i := range Permutation(seed, len(t.x)) {
		x := t.x[i]
		if t.y != nil {
			x = T(x * t.y[i])
		}
		f.add(x)
	}
	return f.value(KindShuffled)
}
