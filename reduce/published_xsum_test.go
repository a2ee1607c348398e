package reduce_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// What xsum's checker does with its terms beyond adding them.

// Two terms times powers of two, alone and between numbers that cancel. The sum
// is the ordinary one, as the checker has it.
func TestExactPassesTwoScaledTermsOfXsum(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Len(t, p.Factors, 20)
	require.Len(t, p.Extras, 4)
	sum := exactSummers["Sum"]
	for _, c := range p.TwoTerm {
		for _, factor := range p.Factors {
			a, b := float64(factor*c.Terms[0]), float64(factor*c.Terms[1]) // not fused with a + b
			name := fmt.Sprintf("%s times %v", c.Name, factor)
			require.NoError(t, adds(sum, []float64{a, b}, a+b, name))
			require.NoError(t, adds(sum, []float64{p.Extras[0], p.Extras[1], a, b, p.Extras[2], p.Extras[3]}, a+b, name+" with extras"))
		}
	}
}

// Each single term 2^23 times: 23 doublings of the state.
func TestExactPassesManyEqualTermsOfXsum(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Equal(t, 1<<23, p.RepeatOneTerm)
	for _, c := range p.OneTerm {
		doubled := func(x []float64) float64 {
			var a reduce.Superaccumulator
			a.Add(x[0])
			for a.Count() < int64(p.RepeatOneTerm) {
				b := a
				a.Merge(&b)
			}
			return reduce.Round[float64](&a)
		}
		require.NoError(t, adds(doubled, c.Terms, float64(c.Sum)*float64(p.RepeatOneTerm), c.Name))
	}
}

// The ten terms 2^13 times over, in one sum and with a cut behind the ninth term.
func TestExactPassesRepeatedTermsOfXsum(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Equal(t, 1<<13, p.RepeatTenTerm)
	for _, c := range p.TenTerm {
		x := slices.Repeat([]float64(c.Terms), p.RepeatTenTerm)
		want := withZeroOf(float64(c.Sum)*float64(p.RepeatTenTerm), x)
		requireBits(t, want, reduce.Sum(reduce.Exact, x), "%s", c.Name)
		requireBits(t, want, finish(cutAt(t, 9, x)), "%s, cut", c.Name)
		requireBits(t, withZeroOf(-want, negate(x)), reduce.Sum(reduce.Exact, negate(x)), "%s, negated", c.Name)
	}
}

// meansOf are ways to an exact mean.
var meansOf = map[string]summer{
	"Mean":                    func(x []float64) float64 { return reduce.Mean(reduce.Exact, x) },
	"A vector of increment 2": func(x []float64) float64 { return strided(x, 2, 1).Mean(reduce.Exact) },
}

// ofMany puts as many -0 behind x as make it n terms, so that its mean is its sum
// divided by n. Fewer terms than those of x are made of more: times 2^k, n times 2^k.
func ofMany(x []float64, n int) []float64 {
	x = slices.Clone(x)
	for ; n < len(x); n *= 2 {
		for i := range x {
			x[i] *= 2
		}
	}
	return append(x, slices.Repeat([]float64{math.Copysign(0, -1)}, n-len(x))...)
}

// xsum divides sums by integers, with one rounding: the mean of as many terms.
func TestExactMeansPassTheDivisionsOfXsum(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Len(t, p.Divisors, 21)
	require.Len(t, p.PowerDivisors, 6)
	require.Len(t, p.ThreeTermDiv, 29)
	for way, mean := range meansOf {
		require.NoError(t, dividesAsXsum(p, mean), way)
	}
}

// dividesAsXsum compares with the quotients, and those of the negated terms. A mean
// has the sign of a zero that its terms and their quotient have.
func dividesAsXsum(p published, mean summer) (found error) {
	check := func(x []float64, n int, want float64, name string) {
		x = ofMany(x, n)
		for _, x := range [][]float64{x, reversed(x)} {
			found = errors.Join(found, same(kernel.Canonical(want), mean(x), fmt.Sprintf("%s, divided by %d", name, n)))
		}
	}
	for _, sign := range []float64{1, -1} {
		for _, c := range p.OneTerm {
			for _, n := range p.Divisors {
				check([]float64{sign * c.Terms[0]}, n, sign*c.Terms[0]/float64(n), c.Name)
			}
		}
		for _, c := range p.TwoTerm {
			for _, n := range p.PowerDivisors[1:] { // the first is 1: the sum itself
				d := sign * float64(n)
				a, b := float64(d*c.Terms[0]), float64(d*c.Terms[1])
				check([]float64{a, b}, n, (a+b)/float64(n), c.Name)
			}
		}
		for _, c := range p.ThreeTermDiv {
			check([]float64{sign * c.Terms[0], sign * c.Terms[1], sign * c.Terms[2]}, c.Divisor, sign*float64(c.Sum), c.Name)
		}
	}
	return found
}

// A sum that is rounded before it is divided is seen, and one that is divided by
// another number.
func TestDivisionsOfXsumCatchFaults(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Error(t, dividesAsXsum(p, func(x []float64) float64 { return reduce.Sum(reduce.Exact, x) / float64(len(x)) }))
	require.Error(t, dividesAsXsum(p, func(x []float64) float64 { return reduce.Mean(reduce.Exact, append(x, 0)) }))
	require.Error(t, dividesAsXsum(p, func(x []float64) float64 { return reduce.Mean(reduce.DoubleDouble, x) }))
	one := published{OneTerm: p.OneTerm, Divisors: p.Divisors}
	require.Error(t, dividesAsXsum(one, func(x []float64) float64 { return reduce.Mean(reduce.Exact, x) + 0 }), "a zero without its sign")
}

func cutAt(t *testing.T, at int, x []float64) *reduce.Accumulator[float64] {
	t.Helper()
	a := accumulate(reduce.Exact, 0, x[:at])
	require.NoError(t, a.Merge(accumulate(reduce.Exact, at, x[at:])))
	return a
}

// A dotter adds products up.
type dotter func(x, y []float64) float64

// multiplies returns an error unless dot gives the bits of want for x and y,
// forwards and backwards, with x, with y and with both negated.
func multiplies(dot dotter, x, y []float64, want float64, name string) error {
	for k := range 8 {
		x, y, want := x, y, want
		if k&1 != 0 {
			x, want = negate(x), -want
		}
		if k&2 != 0 {
			y, want = negate(y), -want
		}
		if k&4 != 0 {
			x, y = reversed(x), reversed(y)
		}
		products := make([]float64, len(x))
		for i := range x {
			products[i] = x[i] * y[i]
		}
		if err := same(withZeroOf(want, products), dot(x, y), fmt.Sprintf("%s: %v . %v", name, x, y)); err != nil {
			return err
		}
	}
	return nil
}

// exactDotters are the ways to an exact sum of products.
var exactDotters = map[string]dotter{
	"Dot": func(x, y []float64) float64 { return reduce.Dot(reduce.Exact, x, y) },
	"Accumulators of halves": func(x, y []float64) float64 {
		h := len(x) / 2
		left, right := accumulate[float64](reduce.Exact, 0, nil), accumulate[float64](reduce.Exact, h, nil)
		left.AddProducts(x[:h], y[:h])
		right.AddProducts(x[h:], y[h:])
		if err := left.Merge(right); err != nil {
			panic(err)
		}
		return finish(left)
	},
	"Superaccumulators of one product": func(x, y []float64) float64 {
		var whole reduce.Superaccumulator
		for i := range x {
			var part reduce.Superaccumulator
			part.AddProduct(x[i], y[i])
			whole.Merge(&part)
		}
		return reduce.Round[float64](&whole)
	},
}

// leadingZero puts a zero before x, as the checker does to move the others to
// odd places.
func leadingZero(x []float64) []float64 { return append([]float64{0}, x...) }

// xsum rounds each product to float64 and sums those exactly (xsum.c of that
// commit, xsum_small_add_dot and xsum_large_add_dot). In its own cases the factors
// have 24 bits, so that the products are exact and its sums are ours.
func TestExactPassesTheDotsOfXsum(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Len(t, p.Dots, 52)
	for way, dot := range exactDotters {
		for _, c := range p.Dots {
			require.NoError(t, multiplies(dot, c.X, c.Y, float64(c.Sum), c.Name), way)
			require.NoError(t, multiplies(dot, leadingZero(c.X), leadingZero(c.Y), float64(c.Sum), c.Name), way)
		}
	}
}

// The pairs 2^13 times over.
func TestExactPassesTheRepeatedDotsOfXsum(t *testing.T) {
	p := readPublished(t, "xsum")
	require.Equal(t, 1<<13, p.RepeatDot)
	for _, c := range p.Dots {
		if len(c.X) != 2 {
			continue
		}
		repeated := func(x, y []float64) float64 {
			return reduce.Dot(reduce.Exact, slices.Repeat(x, p.RepeatDot), slices.Repeat(y, p.RepeatDot))
		}
		require.NoError(t, multiplies(repeated, c.X, c.Y, float64(c.Sum)*float64(p.RepeatDot), c.Name))
	}
}

// As float32, which the factors of the pairs are, with one rounding to float32.
func TestExactPassesTheDotsOfXsumInFloat32(t *testing.T) {
	for _, c := range readPublished(t, "xsum").Dots {
		x, exactX := narrow(c.X)
		y, exactY := narrow(c.Y)
		require.True(t, exactX && exactY, "%s: factors of 24 bits", c.Name)
		requireExactDot(t, x, y, c.Name)
	}
}

// Where products are not exact, xsum's dot product is not the exact one. Measured
// with xsum at that commit: both its accumulators give 0 here.
func TestExactDotsDoNotRoundProducts(t *testing.T) {
	x, y := []float64{1 + 0x1p-30, -1}, []float64{1 + 0x1p-30, 1 + 0x1p-29}
	for way, dot := range exactDotters {
		require.NoError(t, multiplies(dot, x, y, 0x1p-60, way))
	}
	roundsProducts := func(x, y []float64) float64 {
		var products []float64
		for i := range x {
			products = append(products, x[i]*y[i])
		}
		return reduce.Sum(reduce.Exact, products)
	}
	require.Zero(t, roundsProducts(x, y))
	require.Error(t, multiplies(roundsProducts, x, y, 0x1p-60, ""))
}
