package fuzz

import (
	"cmp"
	"slices"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/reduce"
)

// Uniform returns n numbers uniform over (-1, 1).
func Uniform[T reduce.Float](seed uint64, n int) []T {
	atLeast("Uniform", n, 0)
	return uniform[T](newRandom(seed), n)
}

func uniform[T reduce.Float](r *random, n int) []T {
	return generate(n, func(int) T { return symmetric[T](r.uint64()) })
}

// symmetric maps 64 bits to a number in (-1, 1).
func symmetric[T reduce.Float](bits uint64) T { return T(float64(int64(bits)>>11) / (1 << 52)) }

// Normal returns n numbers that are normally distributed with mean 0 and variance
// 1, to the approximation of Irwin and Hall: each is a sum of twelve uniform
// numbers, less 6. It needs no elementary function, and no number exceeds 6.
func Normal[T reduce.Float](seed uint64, n int) []T {
	atLeast("Normal", n, 0)
	r := newRandom(seed)
	return generate(n, func(int) T { return T(r.normal()) })
}

func (r *random) normal() float64 {
	s := -6.0
	for range 12 {
		s += r.unit()
	}
	return s
}

// LogNormal returns n positive numbers whose natural logarithms are 3 times a
// Normal: from e^-18 to e^18.
func LogNormal[T reduce.Float](seed uint64, n int) []T {
	atLeast("LogNormal", n, 0)
	r := newRandom(seed)
	return generate(n, func(int) T { return elementary.Exp(T(3 * r.normal())) })
}

// Ascending returns x sorted by value, NaN first.
func Ascending[T reduce.Float](x []T) []T {
	return sortedBy(x, func(v T) T { return v })
}

// Descending returns x sorted by value from the largest, NaN last.
func Descending[T reduce.Float](x []T) []T {
	y := Ascending(x)
	slices.Reverse(y)
	return y
}

// AscendingMagnitude returns x sorted by absolute value, NaN first.
func AscendingMagnitude[T reduce.Float](x []T) []T { return sortedBy(x, abs[T]) }

// DescendingMagnitude returns x sorted by absolute value from the largest, NaN last.
func DescendingMagnitude[T reduce.Float](x []T) []T {
	y := AscendingMagnitude(x)
	slices.Reverse(y)
	return y
}

func sortedBy[T reduce.Float](x []T, key func(T) T) []T {
	y := slices.Clone(x)
	slices.SortStableFunc(y, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return y
}
