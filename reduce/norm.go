package reduce

import (
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
)

// Norm2 returns the Euclidean norm of x, the square root of the sum of x[i]², in
// the given order, without overflow or underflow on the way: the result overflows
// only where the norm does. It is +0 for no elements, the canonical NaN if any
// element is a NaN, and else +Inf if any is infinite.
//
// Exact gives the correctly rounded norm: one rounding of the exact value. The
// other orders scale x by a power of two where its largest magnitude is extreme,
// and take the rounded square root of SumSquares. With B the bound of SumSquares
// relative to the sum, the relative error is at most B/2 + u to first order, and a
// subnormal result is wrong by half the smallest subnormal more.
//
// Its cost is that of SumSquares, and where that is extreme of another pass to find
// the largest magnitude, and of one through a buffer if it scales; Exact ends in a
// square root of a big.Int, some 10 µs. It panics if the order does not apply to T
// (see Check).
func Norm2[T Float](order Order, x []T) T {
	if order.kind == KindPairwise { // at once: see Sum
		if s := SumSquares(order, x); surelyUnscaled(s, len(x)) {
			return root(s)
		}
	}
	return whole(x).Norm2(order)
}

// Norm2 is the function Norm2 over the elements of v.
func (v Vector[T]) Norm2(order Order) T {
	mustCheck[T](order)
	v.mustFit()
	if order.kind == KindExact {
		return rootExact[T](stream[T]{x: v, kind: squareTerms}.exact())
	}
	if v.N == 0 {
		return 0
	}
	s, e := v.SumSquares(order), 0
	if !surelyUnscaled(s, v.N) {
		m := stream[T]{x: v, f: mapping[T]{kind: absolute}}.max()
		if !kernel.IsFinite(m) {
			return kernel.Canonical(m)
		}
		if e = normExponent(m); e != 0 {
			s = stream[T]{x: v, f: scaling[T](-e), kind: squareTerms}.sum(order)
		}
	}
	return T(root(s) * T(math.Ldexp(1, e)))
}

// normRange returns the k of normExponent.
func normRange[T Float]() int {
	if kernel.Is64[T]() {
		return 450
	}
	return 32
}

// surelyUnscaled tells from the rounded sum of n squares, where it can, that the
// largest magnitude M is within [2^-k, 2^k). A rounded sum of squares is neither
// below M²/2 nor above 4 n M²: of the folds that hold n terms' worth of rounding
// errors, those over n <= 1/u terms grow by (1+u)^n < e, and those over more stop
// growing at M²/u (see normExponent); the other orders err by less than half.
func surelyUnscaled[T Float](s T, n int) bool {
	square := powerOfTwo(2 * normRange[T]())
	return float64(s) >= 4*float64(n)/square && float64(s) < square/4
}

// normExponent returns e such that Norm2 scales x by 2^-e, m being the largest
// magnitude: 0 where m is 0 or within [2^-k, 2^k), k = 450 (float64) or 32
// (float32), and else that with 2^e <= m < 2^(e+1).
//
// Let y be x scaled, M its largest magnitude and n its length, at most 2^40.
//
// Nothing overflows. M < 2^450 (2^32), so the squares are below b = 2^900 (2^64),
// and their sum below 2^40 b. A rounded left fold of terms below b never exceeds
// 2^53 b (2^24 b), where half an ulp is b and it stops growing; the correction of
// Neumaier, whose terms are rounding errors and hence below b too, is another such
// fold. Kahan and the trees, 40 additions deep, stay below 2 * 2^40 b.
//
// Nothing underflows with effect. Scaling up is exact. Scaling down and squaring
// err by less than s, the smallest subnormal, for each y that is affected, and the
// low parts of DoubleDouble by less than 5s: together by less than 5ns. Additions
// never underflow. The sum is at least M², and M >= 2^-450 (2^-32). For float64
// 5ns is below 2^-1031, and u² M² is at least 2^-1006. For float32 5ns is below
// 2^-106, and u M² at least 2^-88; for n up to 2^31 it is below 2^-115, and u² M²
// at least 2^-112.
func normExponent[T Float](m T) int {
	k := normRange[T]()
	_, e := math.Frexp(float64(m)) // m < 2^e <= 2m
	if m == 0 || -k < e && e <= k {
		return 0
	}
	return e - 1
}

// scaling is the multiplication by 2^e, rounded once. Up to 2^1074 (2^149) is
// asked for, which T does not hold: that is two multiplications, both exact.
func scaling[T Float](e int) mapping[T] {
	if e < 0 {
		return mapping[T]{kind: scaled, a: T(math.Ldexp(1, e)), b: 1}
	}
	return mapping[T]{kind: scaled, a: T(math.Ldexp(1, e/2)), b: T(math.Ldexp(1, e-e/2))}
}

// root is the correctly rounded square root: rounding that of binary64 again to
// binary32 is harmless, as 53 >= 2*24 + 2 (Figueroa, 1995, "When is double
// rounding innocuous?").
func root[T Float](x T) T { return T(math.Sqrt(float64(x))) }

// rootExact returns the correctly rounded square root of a sum of squares: of the
// integer i in units of 2^ExactExponent. Twice its integer root, and 1 more if that
// is not exact, rounds as the root does: midpoints of two T are multiples of
// 2^-1075, hence even integers in the unit 2^(ExactExponent/2-1) = 2^-1089.
func rootExact[T Float](a *Superaccumulator) T {
	i, err := a.Int()
	if err != nil {
		return Round[T](a) // an infinity or a NaN
	}
	r := new(big.Int).Sqrt(i)
	inexact := new(big.Int).Mul(r, r).Cmp(i) != 0
	r.Lsh(r, 1)
	if inexact {
		r.SetBit(r, 0, 1)
	}
	return nearestRatio[T](r, big.NewInt(1), ExactExponent/2-1)
}
