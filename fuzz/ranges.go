package fuzz

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// MaxSpan is the most binades that WideSpan spans in T: all, from the smallest
// subnormal to the numbers of which n, with their absolute values, do not overflow.
func MaxSpan[T reduce.Float](n int) int {
	f := formatOf[T]()
	return f.maxExponent - 1 - bits.Len(uint(n)) - f.minExponent
}

// WideSpan returns n numbers of random sign whose exponents are uniform over that
// many binades, the lowest and the highest among them if n is 2 or more. The
// binades lie about 1 where they can. It panics unless span lies in [1,
// MaxSpan(n)].
func WideSpan[T reduce.Float](seed uint64, n, span int) []T {
	atLeast("WideSpan", n, 0)
	if span < 1 || span > MaxSpan[T](n) {
		panic(fmt.Sprintf("fuzz: %d numbers over %d binades: want 1 to %d", n, span, MaxSpan[T](n)))
	}
	r, f := newRandom(seed), formatOf[T]()
	lowest := max(f.minExponent, min(-span/2, f.minExponent+MaxSpan[T](n)-span))
	x := make([]T, n)
	for i := range x {
		e := lowest + r.intn(span)
		switch i {
		case 0:
			e = lowest
		case 1:
			e = lowest + span - 1
		}
		x[i] = binade[T](r, e)
		if e < f.minNormalExponent() { // rounding might go up to the next binade
			x[i] = ldexp[T](math.Copysign(1, float64(x[i])), e)
		}
	}
	return shuffle(r, x)
}

// Subnormals returns n subnormal numbers of random sign, none of them zero.
func Subnormals[T reduce.Float](seed uint64, n int) []T {
	atLeast("Subnormals", n, 0)
	r, f := newRandom(seed), formatOf[T]()
	return generate(n, func(int) T {
		m := max(1, r.uint64()>>(65-f.precision))
		return ldexp[T](r.sign()*float64(m), f.minExponent)
	})
}

// OverflowOnTheWay returns n numbers, n at least 3, whose exact sum is finite and
// whose left fold overflows: large positive ones, then their negatives; for odd n
// one positive number is left.
func OverflowOnTheWay[T reduce.Float](seed uint64, n int) []T {
	atLeast("OverflowOnTheWay", n, 3)
	r, f := newRandom(seed), formatOf[T]()
	x := generate((n+1)/2, func(int) T { return abs(binade[T](r, f.maxExponent-1)) })
	for i := range n / 2 {
		x = append(x, -x[i])
	}
	return x
}

// NegativeZeros returns n times -0.
func NegativeZeros[T reduce.Float](_ uint64, n int) []T {
	atLeast("NegativeZeros", n, 0)
	return generate(n, func(int) T { return T(math.Copysign(0, -1)) })
}

// SignedZeros returns n zeros of random signs, at least one of them +0 if n is not
// zero.
func SignedZeros[T reduce.Float](seed uint64, n int) []T {
	atLeast("SignedZeros", n, 0)
	r := newRandom(seed)
	x := generate(n, func(int) T { return T(math.Copysign(0, r.sign())) })
	if n > 0 {
		x[r.intn(n)] = 0
	}
	return x
}

// NonFinite returns n numbers in (-1, 1) in which each of the given infinities and
// NaN stands once, at a random place. It panics if there are more of them than n.
func NonFinite[T reduce.Float](seed uint64, n int, special ...T) []T {
	atLeast("NonFinite", n, len(special))
	r := newRandom(seed)
	x := append(uniform[T](r, n-len(special)), special...)
	return shuffle(r, x)
}

// nan is a NaN with a payload, which is not canonical.
func nan[T reduce.Float]() T { return fromBits[T](kernel.Bits(kernel.NaN[T]()) | 5) }

func infinity[T reduce.Float](sign int) T { return T(math.Inf(sign)) }

func generate[T reduce.Float](n int, number func(i int) T) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = number(i)
	}
	return x
}
