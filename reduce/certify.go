package reduce

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// A certified sum is a sum s + t in more precision than T with a bound on its error that
// leaves one rounding to T only: that is the correctly rounded sum, at the cost of a
// compensated one. Where the bound leaves two, the sum is in the middle of two numbers of
// T or near it, or nearly all cancels, and exact arithmetic must decide (the filters of
// Shewchuk, 1997, "Adaptive precision floating-point arithmetic", section 3; Ziv, 1991).
//
// With u the unit roundoff of the arithmetic, d the depth of the canonical tree (of a
// product, its own rounding included) and A the sum of the magnitudes of the terms:
//
//   - Of float64 s + t is the DoubleDouble sum (h, l). TwoSum and TwoProd are exact,
//     so the sum is h and the errors e of all joins (and products) together. Those on one
//     level are at most u(1+u)^d A together, all of them E = d u(1+u)^d A, and each passes
//     2d roundings in l: |l - sum of e| <= ((1+u)^(2d) - 1) E < 2.1 d² u² A. A product that
//     underflows has an error that is no number, and may lose 2^-1074 of it.
//   - Of float32 s is the Widened sum, t = 0: |s - sum| <= ((1+u)^d - 1) A < 1.1 d u A.
//
// Blocks are joined by TwoSum, too: k joins make the tree of pairs as much deeper; of
// float32 their errors are in t but for 2 k² u² A, far below what is left for it.
type certified struct {
	s, t   float64 // the sum
	a      float64 // at least the sum of magnitudes
	d      float64 // depth of a block
	joins  float64
	losses float64 // of products that underflow
}

// Few terms are summed sooner one by one. certifiedBlock is the number of terms that are
// summed before their magnitudes are: few enough to stay in the nearest cache meanwhile.
const (
	certifiedMin   = 32
	certifiedBlock = 1 << 12
)

// certify returns the sum of the terms, rounded once, if it is certain and also that of
// all sums no more than spread times the sum of magnitudes away. It returns false otherwise,
// and where something overflows, is no number, or the sum rounds to zero. Products are
// exact terms; those of float64, if so asked, rounded ones.
func certify[T Float](t terms[T], rounded bool, spread float64) (T, bool) {
	n := len(t.x)
	if n < certifiedMin {
		return 0, false
	}
	c := certifyBlock(t.slice(0, min(n, certifiedBlock)), rounded)
	for lo := certifiedBlock; lo < n; lo += certifiedBlock {
		c.join(certifyBlock(t.slice(lo, min(n, lo+certifiedBlock)), rounded))
	}
	return kernel.RoundCertain[T](c.s, c.t, c.bound(kernel.Is64[T]())+float64(spread*c.a))
}

// certifyBlock sums a block. The magnitudes of float32, whose additions and products lose
// less than 2^-16 of their sum and 2^-149 each, are raised by as much.
func certifyBlock[T Float](t terms[T], rounded bool) certified {
	n := float64(len(t.x))
	kind, magnitude := t.kind(), kernel.Absolute
	if kind == kernel.Product {
		magnitude = kernel.AbsoluteProduct
	}
	c := certified{a: float64(kernel.Tree[T](magnitude, nil, t.x, t.y)), d: float64(bits.Len(uint(len(t.x))) + 2)}
	if !kernel.Is64[T]() {
		c.a = float64(c.a*(1+0x1p-16)) + float64(n*0x1p-149)
		c.s = kernel.Tree[float64](kind, nil, t.x, t.y)
		return c
	}
	switch {
	case kind == kernel.Product && rounded:
		kind = kernel.RoundedProduct
	case kind == kernel.Product:
		c.losses = float64(n * 0x1p-1074)
	}
	h, l := kernel.Pairs(kind, nil, t.x, t.y)
	c.s, c.t = float64(h), float64(l)
	return c
}

// join adds the sum of another block, of which d is not more than c's.
func (c *certified) join(b certified) {
	h, e := kernel.TwoSum(c.s, b.s)
	*c = certified{h, (c.t + b.t) + e, c.a + b.a, c.d, c.joins + 1, c.losses + b.losses}
}

// bound bounds the error of s + t by nearly twice what it is by the formula above, for the
// roundings of a and of itself; what those lose that underflow is below 2^-1070.
func (c *certified) bound(pairs bool) float64 {
	if pairs {
		d := c.d + c.joins
		return (float64(float64(4*d*d)*0x1p-106*c.a) + 0x1p-1070) + c.losses
	}
	return float64(float64(2*c.d) * 0x1p-53 * c.a)
}
