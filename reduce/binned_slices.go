package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// Slices are cut by additions in float64. M(k) = 1.5 * 2^52 * q(k) has the last place
// q(k), and so has all of [2^52 * q(k), 2^53 * q(k)]. Where |x| <= 2^51 * q(k), M(k) + x
// lies there, and t = RN64(M(k) + x) = M(k) + RN(k, x): ties go to even multiples of
// q(k) either way, M(k)/q(k) being even. Representations of neighbours are neighbours,
// so bits(t) - bits(M(k)) is the integer RN(k, x)/q(k), and sums of bits(t), modulo 2^64,
// give the sum of these integers: below 2^63, as a block has 2^10 terms of 2^51 at most.

// slicesOf returns the sums of the slices of x, at most binBlock finite terms of the
// current top or below, from that on down, in units of the grids. More than fold of
// them have no meaning.
func slicesOf[T Float](b *Bins[T], x []T) [maxFold]int64 {
	switch {
	case !kernel.Is64[T]():
		return directSlices(x, b.top, b.fold)
	case b.top == maxTop[T]():
		return scaledSlices(x, b.top, b.fold)
	}
	return chainedSlices(x, b.top, b.fold)
}

// offset returns M(k). For float64 it is finite for k below maxTop.
func offset[T Float](k int) float64 {
	field := gridExponent[T](k) + 52 + 1023
	return math.Float64frombits(uint64(field)<<52 | 1<<51)
}

// multiples returns the sum of RN(k, x)/q(k) from the sum of bits(t) over n terms.
func multiples(sum int64, m float64, n int) int64 {
	return sum - int64(n)*int64(math.Float64bits(m))
}

// chainedSlices cuts float64: the slice of bin k is that of r = x - RN(k+1, x), which
// an addition and a subtraction of M(k+1) leave. As RN(k+1, x) is an even multiple of
// q(k), RN(k, x) = RN(k+1, x) + RN(k, r): the slice is RN(k, r). It begins with r = x, as
// RN(J+1, x) = 0. In range: |r| <= q(k+1)/2 = 2^39 * q(k). Exact: t - M(k) = RN(k, r) is of
// at most 40 bits; r - RN(k, r) is a multiple of the last place of r, and not larger
// than r, or r is below q(k)/2 and stays as it was.
func chainedSlices[T Float](x []T, top, fold int) (n [maxFold]int64) {
	m0, m1, m2 := offset[T](top), offset[T](top-1), offset[T](max(top-2, 0))
	var s0, s1, s2, s3 int64
	if fold < 4 {
		for _, v := range x {
			r := float64(v)
			t0 := m0 + r
			r -= t0 - m0
			t1 := m1 + r
			r -= t1 - m1
			t2 := m2 + r
			s0 += int64(math.Float64bits(t0))
			s1 += int64(math.Float64bits(t1))
			s2 += int64(math.Float64bits(t2))
		}
	} else {
		m3 := offset[T](top - 3)
		for _, v := range x {
			r := float64(v)
			t0 := m0 + r
			r -= t0 - m0
			t1 := m1 + r
			r -= t1 - m1
			t2 := m2 + r
			r -= t2 - m2
			t3 := m3 + r
			s0 += int64(math.Float64bits(t0))
			s1 += int64(math.Float64bits(t1))
			s2 += int64(math.Float64bits(t2))
			s3 += int64(math.Float64bits(t3))
		}
		s3 = multiples(s3, m3, len(x))
	}
	return [maxFold]int64{multiples(s0, m0, len(x)), multiples(s1, m1, len(x)), multiples(s2, m2, len(x)), s3}
}

// scaledSlices is chainedSlices where M(top) would overflow: cut one grid lower, after
// a product by q(top-1)/q(top). That is exact, but for terms that come out subnormal:
// far less than half of any grid that is left, they have zero slices all the same.
//
//go:noinline
func scaledSlices[T Float](x []T, top, fold int) [maxFold]int64 {
	var scaled [binBlock]T
	for i, v := range x {
		scaled[i] = T(v * 0x1p-40)
	}
	return chainedSlices(scaled[:len(x)], top-1, fold)
}

// directSlices cuts float32, for which M(k) takes all of x at once, for every bin: |x|
// <= q(J+1)/2 = 2^(13*fold-1) * q(J-fold+1), 2^51 for fold 4. The sum of the slices of bin
// k is the difference of those of RN(k, x) and RN(k+1, x).
func directSlices[T Float](x []T, top, fold int) [maxFold]int64 {
	m0, m1, m2 := offset[T](top), offset[T](top-1), offset[T](max(top-2, 0))
	var s0, s1, s2, s3 int64
	if fold < 4 {
		for _, v := range x {
			r := float64(v)
			s0 += int64(math.Float64bits(m0 + r))
			s1 += int64(math.Float64bits(m1 + r))
			s2 += int64(math.Float64bits(m2 + r))
		}
	} else {
		m3 := offset[T](top - 3)
		for _, v := range x {
			r := float64(v)
			s0 += int64(math.Float64bits(m0 + r))
			s1 += int64(math.Float64bits(m1 + r))
			s2 += int64(math.Float64bits(m2 + r))
			s3 += int64(math.Float64bits(m3 + r))
		}
		s3 = multiples(s3, m3, len(x))
	}
	s0, s1, s2 = multiples(s0, m0, len(x)), multiples(s1, m1, len(x)), multiples(s2, m2, len(x))
	w := binWidth[T]()
	return [maxFold]int64{s0, s1 - s0<<w, s2 - s1<<w, s3 - s2<<w}
}
