package gemm

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// expansion is a sum of products held exactly as h + l + m, three float64 of
// falling magnitude (Shewchuk, 1997, "Adaptive precision floating-point arithmetic
// and fast robust geometric predicates"). It holds some 140 bits: enough for most
// contractions, and where it is not, it says so, and a superaccumulator, several
// times slower, takes its place. Both are exact, so the bits do not tell which it
// was.
type expansion struct{ h, l, m float64 }

// expand returns the sum of x[k]*y[k*stride], and whether nothing was lost: no
// bit of a term and no infinity or NaN.
func expand[T Float](x, y []T, stride int) (expansion, bool) {
	if kernel.Is64[T]() {
		return expandRounded(x, y, stride)
	}
	return expandExact(x, y, stride)
}

// expandExact is expand for float32, whose products are exact in float64.
func expandExact[T Float](x, y []T, stride int) (expansion, bool) {
	var h, l, m float64
	for k, v := range x {
		var e, f float64
		h, e = kernel.TwoSum(h, float64(float64(v)*float64(y[k*stride])))
		l, f = kernel.TwoSum(l, e)
		n := m + f
		if !isSum(n, m, f) {
			return expansion{}, false
		}
		m = n
	}
	return expansion{h, l, m}, true
}

// isSum tells whether n, which is RN(a+b), is a + b exactly: the larger of the two
// leaves n by an exact subtraction (Dekker, 1971), and what remains is the other.
// It says no of infinities and NaN.
func isSum(n, a, b float64) bool { return n-a == b && n-b == a }

// tinyProduct is 2 powers of two above the least product for which TwoProd is
// exact in float64: the last place of a product is 2^-105 of it or more, and must
// not lie below 2^-1074.
const tinyProduct = 0x1p-967

// expandRounded is expand for float64, whose products are pairs.
func expandRounded[T Float](x, y []T, stride int) (expansion, bool) {
	var h, l, m float64
	for k, v := range x {
		a, b := float64(v), float64(y[k*stride])
		p := float64(a * b)
		if math.Abs(p) < tinyProduct {
			if a == 0 || b == 0 {
				continue // adding a zero of either sign changes nothing: h, l and m are never -0
			}
			return expansion{}, false
		}
		q := math.FMA(a, b, -p)
		var e, f, g float64
		h, e = kernel.TwoSum(h, p)
		l, f = kernel.TwoSum(l, e)
		l, g = kernel.TwoSum(l, q)
		n := m + f
		r := n + g
		if !isSum(n, m, f) || !isSum(r, n, g) {
			return expansion{}, false
		}
		m = r
	}
	return expansion{h, l, m}, true
}

// affine returns alpha*e + beta*c, and whether nothing was lost.
func (e expansion) affine(alpha, beta, c float64) (expansion, bool) {
	return expandRounded([]float64{alpha, alpha, alpha, beta}, []float64{e.h, e.l, e.m, c}, 1)
}

// round returns h + l + m rounded once to T, +0 where it is exactly zero, and
// whether it is sure of that. In float64 it is the sum of three numbers of Boldo
// and Melquiond, 2008 ("Emulation of FMA and correctly rounded sums", section 5.2).
// Its second rounding, to float32, is right wherever kernel.FMA's is, and where the first was exact.
func round[T Float](e expansion) (T, bool) {
	uh, ul := kernel.TwoSum(e.l, e.m)
	th, tl := kernel.TwoSum(e.h, uh)
	s := th + kernel.AddOdd(tl, ul)
	exact := tl == 0 && ul == 0
	if !kernel.IsFinite(s) || !kernel.Is64[T]() && !exact && kernel.RoundsTwice(s) {
		return 0, false
	}
	return T(s), true
}
