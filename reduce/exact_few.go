package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// exactSum returns the correctly rounded sum. Few terms are added as integers; of more, a certificate is tried first, as one in
// vain would make a sum of fewer take longer than a small superaccumulator.
func exactSum[T Float](of kernel.Terms, x, y []T) T {
	if kernel.Is64[T]() && of == kernel.Product && len(x) > 2 && len(x) < kernel.FewByVectors() {
		if kernel.Active() == kernel.AVX2 {
			v, s, state := kernel.DotByShortVectors(kernel.As[float64](x), kernel.As[float64](y))
			if state == kernel.Rounded {
				return T(v)
			}
			return finishFew(of, x, y, s, state)
		}
		v, s, state := kernel.DotByVectors(kernel.As[float64](x), kernel.As[float64](y))
		if state == kernel.Rounded {
			return T(v)
		}
		return finishFew(of, x, y, s, state)
	}
	if of == kernel.Product && len(x) == 2 {
		if v, ok := twoProducts(x, y); ok {
			return kernel.Canonical(v)
		}
	} else if len(x) <= 2 || of == kernel.Plain && len(x) <= 4 {
		if v, ok := fewest(of, x, y); ok {
			return kernel.Canonical(v)
		}
	}
	if len(x) >= kernel.CertifyFrom[T](of) {
		return exactMany(of, x, y)
	}
	v, s, state := kernel.SumFew(of, x, y, kernel.NearOrSpread)
	if state == kernel.Rounded {
		return v
	}
	return finishFew(of, x, y, s, state)
}

// finishFew rounds the sum s of the terms, if it is known.
//
//go:noinline
func finishFew[T Float](of kernel.Terms, x, y []T, s kernel.Leading, state int) T {
	if state == kernel.Refused {
		var v T
		if v, s, state = kernel.SumTiny(of, x, y); state == kernel.Rounded {
			return v
		}
	}
	switch {
	case state == kernel.Refused:
		return exactMany(of, x, y)
	case s.Hi == 0 && s.Lo == 0:
		return zeroSum(of, x, y)
	}
	return roundLeading[T](s)
}

// fewest returns the sum of up to four terms, or of one product, if floating point gets it right: an addition
// or a multiplication rounds correctly.
func fewest[T Float](of kernel.Terms, x, y []T) (T, bool) {
	switch {
	case len(x) == 0:
		return 0, true
	case of == kernel.Product && len(x) == 1:
		return T(x[0] * y[0]), true
	case len(x) == 1:
		return x[0], true
	case len(x) == 2:
		return x[0] + x[1], true
	case !kernel.Is64[T]():
		return 0, false
	}
	a, b, c := float64(x[0]), float64(x[1]), float64(x[2])
	if len(x) == 4 {
		var ok bool
		if a, b, c, ok = threeOfFour(a, b, c, float64(x[3])); !ok {
			return 0, false
		}
	}
	v := T(sumOfThree(a, b, c))
	if v == 0 {
		return zeroSum(of, x, y), true
	}
	return v, kernel.IsFinite(v)
}

// twoProducts returns the sum of two products of float64, each of which is two numbers, if it is certain.
//
// Its bound is safe at sight, and more than it takes: no test can see a smaller one, as what RoundCertain adds would do alone. Let t be l + m + k
// as rounded twice, g its last place, and M how far a middle of two numbers is from h. t and M are multiples of g, M an even one. If t is M,
// RoundCertain refuses. Else t is g from M or more. The roundings lose g/2 each at most, so that l + m + k is on the same side of M as t; if they lose g,
// both were ties, so t is an even multiple, too, 2g from M. There is one case more: l + m is rounded in the binade above that of t, and loses up to
// g. Then t is just below a power of two; an M within 3g/2 is that power, half a last place of h; and RoundCertain adds 2^-52 of it, 2g. (In a
// model of 4, 5 and 6 bits, tried with all numbers, RoundCertain with a bound of 0 errs nowhere, and often if it adds nothing.)
func twoProducts[T Float](x, y []T) (T, bool) {
	if !kernel.Is64[T]() {
		return 0, false
	}
	a, b, c, d := float64(x[0]), float64(y[0]), float64(x[1]), float64(y[1])
	if kernel.TinyProduct(a, b) || kernel.TinyProduct(c, d) {
		return 0, false
	}
	p, e := kernel.TwoProd(a, b)
	q, f := kernel.TwoProd(c, d)
	h, l := kernel.TwoSum(p, q)
	if h == 0 && p != 0 {
		return T(e + f), true // +0 if that is 0, as p is not; of an infinite p, h is no number
	}
	m, k := kernel.TwoSum(e, f)
	if l != 0 && k != 0 { // l + m + k has an error of less than 2^-51 of their magnitudes
		return kernel.RoundCertain[T](h, l+m+k, float64((math.Abs(l)+math.Abs(m))*0x1p-50))
	}
	v := T(sumOfThree(h, m, l+k))
	if v == 0 {
		return zeroSum(kernel.Product, x, y), true
	}
	return v, kernel.IsFinite(v)
}

// threeOfFour returns three numbers with the sum of four, if adding them by twos leaves no more and nothing overflows.
func threeOfFour(a, b, c, d float64) (h, m, l float64, ok bool) {
	h1, l1 := kernel.TwoSum(a, b)
	h2, l2 := kernel.TwoSum(c, d)
	h, e := kernel.TwoSum(h1, h2)
	m, l = kernel.TwoSum(l1, l2)
	if l == 0 {
		return h, m, e, true
	}
	return h, m, l, e == 0
}

// sumOfThree returns a + b + c, rounded once, and no number if something overflows (Boldo and Melquiond, 2008,
// "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", section 5).
func sumOfThree(a, b, c float64) float64 {
	h, l := kernel.TwoSum(b, c)
	top, middle := kernel.TwoSum(a, h)
	return top + addOdd(middle, l)
}

// addOdd returns a + b rounded to odd: if it is no number, that of the two beside it whose last bit is 1.
func addOdd(a, b float64) float64 {
	s, e := kernel.TwoSum(a, b)
	if w := math.Float64bits(s); e != 0 && w&1 == 0 {
		if (e > 0) == (s > 0) {
			return math.Float64frombits(w + 1)
		}
		return math.Float64frombits(w - 1)
	}
	return s
}

// zeroSum returns the sum of terms that add up to 0: -0 if there are some and all are -0.
func zeroSum[T Float](of kernel.Terms, x, y []T) T {
	for i, v := range x {
		negative := math.Signbit(float64(v))
		if of == kernel.Product {
			negative = negative != math.Signbit(float64(y[i]))
			if y[i] == 0 {
				v = 0
			}
		}
		if v != 0 || !negative {
			return 0
		}
	}
	return T(math.Copysign(0, 0.5-float64(len(x))))
}
