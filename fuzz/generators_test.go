package fuzz

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// sizes are the numbers of terms at which claims are tested, from least on.
func sizes(least int) []int { return []int{least, least + 1, least + 2, 33, 64, 201} }

func asFloat(v *big.Float) float64 { f, _ := v.Float64(); return f }

func testConditions[T kernel.Float](t *testing.T) {
	for _, c := range []float64{1, 1.25, 2, 3.7, 1e3, 1e7, 1e12, 1e16, 1e20, 1e32, 1e47, 1e60, 1e100, 1e200, 1e300} {
		if c > MaxCondition[T]() {
			continue
		}
		for _, n := range sizes(LeastTerms[T](c)) {
			for seed := range uint64(2) {
				x := IllConditioned[T](seed, n, c)
				require.Len(t, x, n)
				require.InEpsilon(t, c, ExactSum(x).Condition(), 0.01, "sum of %d terms, seed %d", n, seed)
				require.False(t, Overflows[T](ExactSum(x)))
				if c >= 2 {
					x, y := IllConditionedDot[T](seed, n, c)
					require.Len(t, y, n)
					require.InEpsilon(t, c, ExactDot(x, y).Condition(), 0.01, "product of %d terms, seed %d", n, seed)
				}
			}
		}
	}
	x := IllConditioned[T](1, 40, 1)
	require.NotEqual(t, bitsOf(x), bitsOf(IllConditioned[T](2, 40, 1)))
}

func TestConditions(t *testing.T) {
	t.Run("float32", testConditions[float32])
	t.Run("float64", testConditions[float64])
	require.Equal(t, 1e300, MaxCondition[float64]())
	require.PanicsWithValue(t, "fuzz: IllConditioned of condition number 1e+100: want 1 to 1e+60", func() { IllConditioned[float32](1, 99, 1e100) })
	require.PanicsWithValue(t, "fuzz: IllConditioned of 3 terms: want 21 to 1048576 for condition number 1e+300", func() { IllConditioned[float64](1, 3, 1e300) })
	require.PanicsWithValue(t, "fuzz: IllConditionedDot of condition number 1: want 2 to 1e+300", func() { IllConditionedDot[float64](1, 3, 1) })
	require.Panics(t, func() { IllConditioned[float64](1, 3, math.NaN()) })
}

// claims of each generator by name: an error message, or nothing. The condition
// numbers have a test of their own.
func claims[T kernel.Float](name string, x []T) string {
	e, f := ExactSum(x), formatOf[T]()
	n := len(x)
	all := func(holds func(v T) bool) bool { return !slices.ContainsFunc(x, func(v T) bool { return !holds(v) }) }
	count := func(holds func(v T) bool) int { return n - len(slices.DeleteFunc(slices.Clone(x), holds)) }
	want := func(holds bool, claim string) string {
		if holds {
			return ""
		}
		return claim
	}
	magnitudes := func() []T { return terms[T]{x: x}.each(abs[T]).x }
	span := func() int {
		lo, hi := math.MaxInt, math.MinInt
		for _, v := range x {
			lo, hi = min(lo, exponentOf(v)), max(hi, exponentOf(v))
		}
		return hi - lo + 1
	}
	switch name {
	case "uniform":
		return want(all(func(v T) bool { return abs(v) <= 1 }), "in (-1, 1)")
	case "normal":
		return want(all(func(v T) bool { return abs(v) <= 6 }), "within 6")
	case "lognormal":
		return want(all(func(v T) bool { return v > 0 && v < 7e7 }), "positive")
	case "ascending":
		return want(slices.IsSorted(x), "sorted")
	case "descending":
		slices.Reverse(x)
		return want(slices.IsSorted(x), "sorted")
	case "ascending-magnitude":
		return want(slices.IsSorted(magnitudes()), "sorted")
	case "descending-magnitude":
		m := magnitudes()
		slices.Reverse(m)
		return want(slices.IsSorted(m), "sorted")
	case "cancelling":
		return want(e.Sum.Sign() == 0 && count(func(v T) bool { return v != 0 }) >= n-1 && (n < 2 || e.Magnitude.Sign() > 0), "zero sum of numbers that are not")
	case "almost-cancelling":
		return want(math.Abs(asFloat(e.Sum)) == math.Ldexp(1, f.minExponent), "smallest subnormal")
	case "kahan-killers":
		if n < 4 {
			return ""
		}
		s := float64(x[0])
		blocks, rest := float64(n/4), float64(n%4)
		return want(asFloat(e.Sum) == s*(2*blocks+rest) && float64(reduce.Sum(reduce.Kahan, x)) == s*rest && float64(reduce.Sum(reduce.Neumaier, x)) == asFloat(e.Sum),
			"Kahan loses every block, Neumaier none")
	case "tie", "above-tie", "below-tie":
		got := RoundExact[T](e)
		for _, side := range []struct {
			name string
			to   T
		}{{"above-tie", infinity[T](1)}, {"below-tie", infinity[T](-1)}} {
			// The neighbour on the other side of the halfway point, and the distance to both.
			next := neighbour(got, side.to)
			near, far := distance(e, got), distance(e, next)
			relation := far.Cmp(near)
			switch {
			case name == "tie" && relation == 0:
				return want(kernel.Bits(got)&1 == 0, "rounded to even")
			case name != "tie" && relation > 0:
				gap := new(big.Float).Sub(far, near)
				if asFloat(gap) < math.Ldexp(1, -29)*asFloat(new(big.Float).Add(far, near)) {
					return want(name != side.name, "on its side of the halfway point")
				}
			}
		}
		return "halfway"
	case "span=100":
		return want(n < 2 || span() == 100, "100 binades")
	case "span=600":
		return want(n < 2 || span() == 600, "600 binades")
	case "span=all":
		return want((n < 2 || span() == MaxSpan[T](n)) && kernel.IsFinite(RoundExact[T](Exact{Sum: e.Magnitude})), "all binades, no overflow")
	case "edges":
		return want(all(kernel.IsFinite[T]) && (n < 33 || 5*count(fewBits[T]) >= n), "finite, every fifth of few bits")
	case "edges-cancelling":
		rest := terms[T]{x: x}.each(abs[T]).x
		slices.Sort(rest)
		alone := 0
		for len(rest) > 0 {
			if len(rest) > 1 && rest[0] == rest[1] {
				rest = rest[2:]
				continue
			}
			alone, rest = alone+1, rest[1:]
		}
		return want(all(kernel.IsFinite[T]) && alone <= 3, "in pairs but for three")
	case "subnormals":
		return want(all(func(v T) bool { return v != 0 && abs(v) < ldexp[T](1, f.minNormalExponent()) }), "subnormal")
	case "overflow-on-the-way":
		return want(kernel.IsFinite(RoundExact[T](e)) && !kernel.IsFinite(reduce.Sum(reduce.Sequential, x)), "finite, but not its left fold")
	case "negative-zeros":
		return want(all(func(v T) bool { return v == 0 && signbit(v) }), "-0")
	case "signed-zeros":
		return want(all(func(v T) bool { return v == 0 }) && (n == 0 || count(func(v T) bool { return !signbit(v) }) > 0), "zeros, one +0")
	case "infinity":
		return want(e.Special > 0 && count(kernel.IsFinite[T]) == n-1, "+Inf once")
	case "negative-infinity":
		return want(e.Special < 0 && count(kernel.IsFinite[T]) == n-1, "-Inf once")
	case "infinities":
		return want(e.Special != e.Special && count(kernel.IsFinite[T]) == n-2 && all(func(v T) bool { return v == v }), "+Inf and -Inf")
	case "nan":
		return want(count(func(v T) bool { return v != v && kernel.Bits(v) != kernel.Bits(kernel.NaN[T]()) }) == 1, "a NaN with a payload")
	}
	if strings.HasPrefix(name, "condition=") {
		return ""
	}
	return "a claim in this test"
}

// fewBits tells whether a significand ends in many zeros or ones.
func fewBits[T kernel.Float](v T) bool {
	const some = 1<<12 - 1
	low := kernel.Bits(v) & some
	return low == 0 || low == some
}

// neighbour is the number next to v on the way to another.
func neighbour[T kernel.Float](v, to T) T {
	if kernel.Is64[T]() {
		return T(math.Nextafter(float64(v), float64(to)))
	}
	return T(math.Nextafter32(float32(v), float32(to)))
}

func testGenerators[T kernel.Float](t *testing.T) {
	names := map[string]bool{}
	for _, g := range Generators[T]() {
		require.False(t, names[g.Name], "two generators named %s", g.Name)
		names[g.Name] = true
		for _, n := range sizes(g.Least) {
			for seed := range uint64(3) {
				x := g.New(seed, n)
				require.Len(t, x, n, "%s", g.Name)
				require.Equal(t, bitsOf(x), bitsOf(g.New(seed, n)), "%s: equal seeds, equal numbers", g.Name)
				require.Empty(t, claims(g.Name, x), "%s of %d terms, seed %d: %s", g.Name, n, seed, Literal(x[:min(n, 10)]))
			}
		}
		if g.Least > 0 {
			require.Panics(t, func() { g.New(1, g.Least-1) }, "%s", g.Name)
		}
	}
	for _, g := range DotGenerators[T]() {
		for _, n := range sizes(g.Least) {
			x, y := g.New(7, n)
			require.Len(t, x, n, "%s", g.Name)
			require.Len(t, y, n, "%s", g.Name)
			x2, y2 := g.New(7, n)
			require.Equal(t, append(bitsOf(x), bitsOf(y)...), append(bitsOf(x2), bitsOf(y2)...), "%s", g.Name)
			switch g.Name {
			case "edges*edges":
				require.Equal(t, -1, (terms[T]{x, y, true}).firstNonFinite())
			case "underflowing":
				inexact := 0
				for i := range x {
					require.False(t, x[i] == 0 || y[i] == 0)
					if product(x[i], y[i]).Cmp(bigFloat(float64(x[i]*y[i]))) != 0 {
						inexact++
					}
				}
				require.True(t, 2*inexact >= n, "%d of %d products are inexact", inexact, n)
			case "overflowing":
				require.False(t, kernel.IsFinite(reduce.Dot(reduce.Sequential, x, y)))
				require.True(t, kernel.IsFinite(reduce.Dot(reduce.Exact, x, y)))
			case "zero-times-infinity":
				require.True(t, math.IsNaN(ExactDot(x, y).Special))
			}
		}
	}
}

func TestGenerators(t *testing.T) {
	t.Run("float32", testGenerators[float32])
	t.Run("float64", testGenerators[float64])
}

// Claims are seen to fail on the numbers of another generator.
func TestClaimsSeeFaults(t *testing.T) {
	uniform := Uniform[float64](1, 33)
	for _, g := range Generators[float64]() {
		if strings.HasPrefix(g.Name, "condition=") || g.Name == "uniform" || g.Name == "normal" || g.Name == "tie" {
			continue // uniform numbers are multiples of 2^-52, so that ties happen
		}
		require.NotEmpty(t, claims(g.Name, slices.Clone(uniform)), g.Name)
	}
	large := []float64{9}
	require.NotEmpty(t, claims("uniform", large))
	require.NotEmpty(t, claims("normal", large))
	require.NotEmpty(t, claims("above-tie", Tie[float64](1, 9, -1)))
	require.NotEmpty(t, claims("tie", Tie[float64](1, 9, 1)))
}

// digest is the SHA-256 of the bits of all generators' numbers.
func digest[T kernel.Float]() string {
	h := sha256.New()
	for _, g := range Generators[T]() {
		binary.Write(h, binary.LittleEndian, bitsOf(g.New(1, 33)))
	}
	for _, g := range DotGenerators[T]() {
		x, y := g.New(1, 33)
		binary.Write(h, binary.LittleEndian, append(bitsOf(x), bitsOf(y)...))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// The numbers stay what they are: a seed means the same tomorrow, and on every
// processor.
func TestGeneratorsDigest(t *testing.T) {
	require.Equal(t, "f8e1e57b69e725a0", digest[float32]())
	require.Equal(t, "cbe7a5b4f2321c3b", digest[float64]())
}

func TestNormalHasItsMoments(t *testing.T) {
	x := Normal[float64](1, 100000)
	mean := reduce.Sum(reduce.Exact, x) / 100000
	variance := reduce.SumSquares(reduce.Exact, x) / 100000
	require.InDelta(t, 0, mean, 0.01)
	require.InDelta(t, 1, variance, 0.02)
}
