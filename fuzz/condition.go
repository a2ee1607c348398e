package fuzz

import (
	"fmt"
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// MaxCondition is the largest condition number that IllConditioned and
// IllConditionedDot reach in T: 1e300 in float64 and 1e60 in float32, whose
// exponents do not span more.
func MaxCondition[T reduce.Float]() float64 {
	if formatOf[T]().width == 64 {
		return 1e300
	}
	return 1e60
}

// IllConditioned returns n numbers in random order whose sum has the given
// condition number, to one percent (see Exact.Condition): 1 gives numbers of one
// sign. It panics unless condition lies in [1, MaxCondition] and n in
// [LeastTerms(condition), 2^20].
//
// The scheme is algorithm 6.1 of Ogita, Rump and Oishi, 2005, Accurate sum and dot
// product: random numbers over the whole range of exponents, then numbers that
// each cancel what the exact sum so far has too much. The condition number is
// nearer to the given one than theirs since the target follows the magnitudes. The
// cost is about 1 µs a number.
func IllConditioned[T reduce.Float](seed uint64, n int, condition float64) []T {
	checkCondition[T]("IllConditioned", n, condition, 1)
	r := newRandom(seed)
	return illConditioned(r, n, condition, false, func(int) T { return 1 }).permuted(shuffledIndices(r, n)).x
}

// IllConditionedDot returns the factors of n products in random order whose dot
// product has the given condition number, to one percent, as IllConditioned does
// for a sum. It panics unless condition lies in [2, MaxCondition]: no dot product
// has a condition number below 2.
func IllConditionedDot[T reduce.Float](seed uint64, n int, condition float64) (x, y []T) {
	checkCondition[T]("IllConditionedDot", n, condition, 2)
	r := newRandom(seed)
	t := illConditioned(r, n, condition/2, true, func(e int) T { return binade[T](r, e/2) })
	t = t.permuted(shuffledIndices(r, n))
	return t.x, t.y
}

// LeastTerms is the least number of terms that IllConditioned and
// IllConditionedDot need for that condition number in T.
func LeastTerms[T reduce.Float](condition float64) int {
	return 1 + corrections[T](condition)
}

func checkCondition[T reduce.Float](name string, n int, condition, least float64) {
	if !(condition >= least && condition <= MaxCondition[T]()) {
		panic(fmt.Sprintf("fuzz: %s of condition number %g: want %g to %g", name, condition, least, MaxCondition[T]()))
	}
	if terms := LeastTerms[T](condition); n < terms || n > 1<<20 {
		panic(fmt.Sprintf("fuzz: %s of %s: want %d to %d for condition number %g", name, plural.Of(n, "term"), terms, 1<<20, condition))
	}
}

// corrections is how many terms lead to the target: each leaves 2^-precision of
// what the sum had too much, and 2^-10 of the target may be left.
func corrections[T reduce.Float](ratio float64) int {
	if ratio == 1 {
		return 0
	}
	_, e := math.Frexp(ratio)
	precision := formatOf[T]().precision
	return (e+10+precision-1)/precision + 1
}

// illConditioned returns products of a factor and a number, magnitude and sum being
// in that ratio. factor returns the factor for a product of about 2^e.
func illConditioned[T reduce.Float](r *random, n int, ratio float64, products bool, factor func(e int) T) terms[T] {
	t := terms[T]{products: products}
	sum, magnitude := bigFloat(0), bigFloat(0)
	add := func(y, x T) {
		p := product(x, y)
		sum.Add(sum, p)
		magnitude.Add(magnitude, p.Abs(p))
		if products {
			t.append(x, y)
		} else {
			t.append(y, 1)
		}
	}
	_, span := math.Frexp(ratio)
	for e := span / 2; t.len() < n-corrections[T](ratio); e = span/2 - r.intn(span+1) {
		x := factor(e)
		y := binade[T](r, e-exponentOf(x))
		if ratio < 2 { // products of one sign
			y = T(math.Copysign(float64(y), float64(x)))
		}
		add(y, x)
	}
	for t.len() < n {
		excess := new(big.Float).Sub(target(sum, magnitude, ratio), sum)
		x := factor(excess.MantExp(nil))
		excess.Quo(excess, product(x, 1))
		add(roundBig[T](excess), x)
	}
	return t
}

// target returns the sum s' for which magnitude + |s' - s| is ratio times |s'|, of
// the sign of s. With a the magnitude and s not negative it is (a + s) / (ratio + 1)
// where that is not more than s, and else (a - s) / (ratio - 1).
func target(s, a *big.Float, ratio float64) *big.Float {
	positive := new(big.Float).Abs(s)
	t := new(big.Float).Add(a, positive)
	t.Quo(t, bigFloat(ratio+1))
	if t.Cmp(positive) > 0 {
		t.Sub(a, positive)
		t.Quo(t, new(big.Float).Sub(bigFloat(ratio), bigFloat(1)))
	}
	if s.Signbit() {
		t.Neg(t)
	}
	return t
}
