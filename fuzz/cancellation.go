package fuzz

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// atLeast panics unless n is that many terms.
func atLeast(name string, n, least int) {
	if n < least {
		panic(fmt.Sprintf("fuzz: %s of %s: want %d or more", name, plural.Of(n, "term"), least))
	}
}

// Cancelling returns n numbers over 100 binades, in random order, whose exact sum
// is zero: each with its negative, and for odd n a number with two negative halves.
// One number is zero.
func Cancelling[T reduce.Float](seed uint64, n int) []T {
	atLeast("Cancelling", n, 0)
	return shuffle(newRandom(seed), cancelling[T](newRandom(seed+1), n, 50))
}

// cancelling returns n numbers of exponents from -span to span-1, which cancel.
func cancelling[T reduce.Float](r *random, n, span int) []T {
	var x []T
	if n%2 == 1 && n > 1 {
		half := binade[T](r, r.intn(2*span)-span-1)
		x = append(x, 2*half, -half, -half)
	}
	for len(x) < n-1 {
		v := binade[T](r, r.intn(2*span)-span)
		x = append(x, v, -v)
	}
	if n == 1 {
		x = append(x, 0)
	}
	return x
}

// AlmostCancelling returns n numbers in random order, n at least 1, whose exact sum
// is the smallest subnormal of T or its negative: one term is that, and the others
// cancel.
func AlmostCancelling[T reduce.Float](seed uint64, n int) []T {
	atLeast("AlmostCancelling", n, 1)
	r := newRandom(seed)
	x := cancelling[T](r, n-1, 50)
	return shuffle(r, append(x, ldexp[T](r.sign(), formatOf[T]().minExponent)))
}

// Tie returns n numbers in random order, n at least 2, whose exact sum is halfway
// between two neighbouring numbers of T; with nudge 1 or -1 (n at least 3) it is
// above or below that by less than 2^-30 of their distance. Another nudge panics.
func Tie[T reduce.Float](seed uint64, n, nudge int) []T {
	if nudge < -1 || nudge > 1 {
		panic(fmt.Sprintf("fuzz: tie with a nudge of %d: want -1, 0 or 1", nudge))
	}
	least := 2 + nudge*nudge
	atLeast("Tie", n, least)
	r := newRandom(seed)
	v := binade[T](r, r.intn(40)-20)
	half := formatOf[T]().ulp(float64(v)) / 2
	x := []T{v, T(math.Copysign(half, float64(v)))}
	if nudge != 0 {
		x = append(x, ldexp[T](float64(nudge)*half, -30-r.intn(30)))
	}
	if rest := n - least; rest == 1 { // too few to cancel: the half in two
		x[1] /= 2
		x = append(x, x[1])
	} else {
		x = append(x, cancelling[T](r, rest, 20)...)
	}
	return shuffle(r, x)
}

// KahanKillers returns n numbers: as often as there is room s, B, s, -B, and then
// s, with s a small integer and B = 1e100, or 1e30 in float32. Kahan's algorithm
// loses every s of a block, since its correction is lost where the next term is
// larger than the sum; Neumaier's does not.
func KahanKillers[T reduce.Float](seed uint64, n int) []T {
	atLeast("KahanKillers", n, 0)
	large := 1e100
	if formatOf[T]().width == 32 {
		large = 1e30
	}
	s, b := T(1+newRandom(seed).intn(9)), T(large)
	x := make([]T, n)
	for i := range x {
		x[i] = s
		if whole := n / 4 * 4; i < whole && i%2 == 1 {
			x[i] = b * T(2-i%4)
		}
	}
	return x
}
