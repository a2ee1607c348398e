package fuzz

import (
	"math"

	"github.com/samebits/samebits/reduce"
)

// A Generator makes terms that are hard to sum.
type Generator[T reduce.Float] struct {
	Name  string
	Least int // New panics for fewer terms
	New   func(seed uint64, n int) []T
}

// A DotGenerator makes factors whose products are hard to sum.
type DotGenerator[T reduce.Float] struct {
	Name  string
	Least int // New panics for fewer products
	New   func(seed uint64, n int) (x, y []T)
}

// conditions are those of the lists below, as far as T reaches.
var conditions = []struct {
	name  string
	value float64
}{
	{"1", 1}, {"2", 2}, {"1e4", 1e4}, {"1e8", 1e8}, {"1e16", 1e16}, {"1e32", 1e32}, {"1e60", 1e60}, {"1e100", 1e100}, {"1e300", 1e300},
}

// Generators lists every generator of terms, from the plain to the special. Equal
// seeds give equal numbers, on every architecture. What a generator claims of its
// numbers stands with the function of its name.
func Generators[T reduce.Float]() []Generator[T] {
	list := []Generator[T]{
		{"uniform", 0, Uniform[T]},
		{"normal", 0, Normal[T]},
		{"lognormal", 0, LogNormal[T]},
		{"ascending", 0, sortedAs(Normal[T], Ascending[T])},
		{"descending", 0, sortedAs(Normal[T], Descending[T])},
		{"ascending-magnitude", 0, sortedAs(narrow[T], AscendingMagnitude[T])},
		{"descending-magnitude", 0, sortedAs(narrow[T], DescendingMagnitude[T])},
	}
	for _, c := range conditions {
		if c.value <= MaxCondition[T]() {
			list = append(list, Generator[T]{"condition=" + c.name, LeastTerms[T](c.value), func(seed uint64, n int) []T {
				return IllConditioned[T](seed, n, c.value)
			}})
		}
	}
	list = append(list, []Generator[T]{
		{"cancelling", 0, Cancelling[T]},
		{"almost-cancelling", 1, AlmostCancelling[T]},
		{"kahan-killers", 0, KahanKillers[T]},
		{"tie", 2, tie[T](0)},
		{"above-tie", 3, tie[T](1)},
		{"below-tie", 3, tie[T](-1)},
		{"span=100", 0, narrow[T]},
	}...)
	if formatOf[T]().width == 64 {
		list = append(list, Generator[T]{"span=600", 0, func(seed uint64, n int) []T { return WideSpan[T](seed, n, 600) }})
	}
	return append(list, []Generator[T]{
		{"span=all", 0, func(seed uint64, n int) []T { return WideSpan[T](seed, n, MaxSpan[T](n)) }},
		{"edges", 0, Edges[T]},
		{"edges-cancelling", 0, CancellingEdges[T]},
		{"subnormals", 0, Subnormals[T]},
		{"overflow-on-the-way", 3, OverflowOnTheWay[T]},
		{"negative-zeros", 0, NegativeZeros[T]},
		{"signed-zeros", 0, SignedZeros[T]},
		{"infinity", 1, nonFinite(infinity[T](1))},
		{"negative-infinity", 1, nonFinite(infinity[T](-1))},
		{"infinities", 2, nonFinite(infinity[T](1), infinity[T](-1))},
		{"nan", 1, nonFinite(nan[T]())},
	}...)
}

func narrow[T reduce.Float](seed uint64, n int) []T { return WideSpan[T](seed, n, 100) }

func tie[T reduce.Float](nudge int) func(seed uint64, n int) []T {
	return func(seed uint64, n int) []T { return Tie[T](seed, n, nudge) }
}

func nonFinite[T reduce.Float](special ...T) func(seed uint64, n int) []T {
	return func(seed uint64, n int) []T { return NonFinite(seed, n, special...) }
}

func sortedAs[T reduce.Float](numbers func(seed uint64, n int) []T, sorted func([]T) []T) func(seed uint64, n int) []T {
	return func(seed uint64, n int) []T { return sorted(numbers(seed, n)) }
}

// DotGenerators lists the generators of factors: the condition numbers of dot
// products, products of Edges, products that underflow and overflow, zeros times infinities, and each
// of Generators as x, with y of ones or, its name with "*normal", normal numbers.
func DotGenerators[T reduce.Float]() []DotGenerator[T] {
	var list []DotGenerator[T]
	for _, c := range conditions {
		if c.value >= 2 && c.value <= MaxCondition[T]() {
			list = append(list, DotGenerator[T]{"dot-condition=" + c.name, LeastTerms[T](c.value), func(seed uint64, n int) (x, y []T) {
				return IllConditionedDot[T](seed, n, c.value)
			}})
		}
	}
	list = append(list,
		DotGenerator[T]{"edges*edges", 0, EdgeProducts[T]},
		DotGenerator[T]{"underflowing", 0, underflowing[T]},
		DotGenerator[T]{"overflowing", 2, overflowing[T]},
		DotGenerator[T]{"zero-times-infinity", 1, zeroTimesInfinity[T]},
	)
	for _, g := range Generators[T]() {
		list = append(list,
			DotGenerator[T]{g.Name, g.Least, func(seed uint64, n int) (x, y []T) {
				return g.New(seed, n), generate(n, func(int) T { return 1 })
			}},
			DotGenerator[T]{g.Name + "*normal", g.Least, func(seed uint64, n int) (x, y []T) {
				return g.New(seed, n), Normal[T](^seed, n)
			}})
	}
	return list
}

// underflowing makes products about the smallest subnormal: inexact, or zero.
func underflowing[T reduce.Float](seed uint64, n int) (x, y []T) {
	atLeast("underflowing products", n, 0)
	r, middle := newRandom(seed), formatOf[T]().minExponent/2
	factor := func(int) T { return binade[T](r, middle-4+r.intn(16)) }
	return generate(n, factor), generate(n, factor)
}

// overflowing makes two products at random places that are too large for T, and
// cancel, among others in (-1, 1).
func overflowing[T reduce.Float](seed uint64, n int) (x, y []T) {
	atLeast("overflowing products", n, 2)
	r := newRandom(seed)
	t := terms[T]{uniform[T](r, n-2), uniform[T](r, n-2), true}
	large := ldexp[T](1.5, formatOf[T]().maxExponent/2)
	t.append(large, large)
	t.append(large, -large)
	t = t.permuted(shuffledIndices(r, n))
	return t.x, t.y
}

// zeroTimesInfinity makes one such product at a random place.
func zeroTimesInfinity[T reduce.Float](seed uint64, n int) (x, y []T) {
	atLeast("zero times infinity", n, 1)
	r := newRandom(seed)
	x, y = uniform[T](r, n), uniform[T](r, n)
	i := r.intn(n)
	x[i], y[i] = 0, T(math.Inf(1))
	return x, y
}
