package reduce_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// The vectors that other projects publish for exact sums. The files
// testdata/published_*.json name their source, its version and its licence.

// number is a float64 written as text: in hexadecimal, Inf or NaN.
type number float64

func (x *number) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	*x = number(kernel.Canonical(v))
	return err
}

// numbers is a list of them.
type numbers []float64

func (x *numbers) UnmarshalJSON(text []byte) error {
	var list []number
	err := json.Unmarshal(text, &list)
	for _, v := range list {
		*x = append(*x, float64(v))
	}
	return err
}

// A publishedSum is a list of terms, or runs of terms, and the sum that its
// publisher expects.
type publishedSum struct {
	Name    string
	Terms   numbers
	Divisor int // in three_term_div, or 0
	Runs    []struct {
		Times int
		Terms numbers
	}
	Sum number
}

func (c publishedSum) terms() []float64 {
	x := slices.Clone([]float64(c.Terms))
	for _, run := range c.Runs {
		x = append(x, slices.Repeat([]float64(run.Terms), run.Times)...)
	}
	return x
}

// A publishedDot is two lists of factors and the sum of their products that its
// publisher expects.
type publishedDot struct {
	Name string
	X, Y numbers
	Sum  number
}

// published is a file of vectors. The lists that a source does not have are empty.
type published struct {
	Source, Repository, Commit, Licence string

	Sums []publishedSum // CPython, test262

	OneTerm       []publishedSum `json:"one_term"` // xsum, from here on
	TwoTerm       []publishedSum `json:"two_term"`
	ThreeTerm     []publishedSum `json:"three_term"`
	TenTerm       []publishedSum `json:"ten_term"`
	Other         []publishedSum
	Dots          []publishedDot
	RepeatOneTerm int `json:"repeat_one_term"`
	RepeatTenTerm int `json:"repeat_ten_term"`
	RepeatDot     int `json:"repeat_dot"`
	Factors       numbers
	Extras        numbers
	Divisors      []int
	PowerDivisors []int          `json:"power_divisors"`
	ThreeTermDiv  []publishedSum `json:"three_term_div"`
}

func (p published) all() []publishedSum {
	return slices.Concat(p.Sums, p.OneTerm, p.TwoTerm, p.ThreeTerm, p.TenTerm, p.Other)
}

// publishers are the sources of exact sums, with their numbers of sums.
var publishers = map[string]int{"xsum": 268, "cpython": 13, "test262": 37}

func readPublished(t *testing.T, name string) (p published) {
	t.Helper()
	readJSON(t, "testdata/published_"+name+".json", &p)
	for _, s := range []string{p.Source, p.Repository, p.Commit, p.Licence} {
		require.NotEmpty(t, s, "%s: provenance", name)
	}
	return p
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, into), path)
}

// withZeroOf returns the sum, but a zero with the sign that SPEC.md, section 3,
// gives it: -0 where there are terms and all are -0.
func withZeroOf(sum float64, terms []float64) float64 {
	if sum != 0 {
		return kernel.Canonical(sum)
	}
	if len(terms) > 0 && !slices.ContainsFunc(terms, func(v float64) bool { return v != 0 || !math.Signbit(v) }) {
		return math.Copysign(0, -1)
	}
	return 0
}

// A summer adds numbers up.
type summer func(x []float64) float64

// adds returns an error unless sum gives the bits of want for x, for x backwards,
// and the negative of want for both negated.
func adds(sum summer, x []float64, want float64, name string) error {
	for _, negative := range []bool{false, true} {
		if negative {
			x, want = negate(x), -want
		}
		if err := same(withZeroOf(want, x), sum(x), fmt.Sprintf("%s, negated %v", name, negative)); err != nil {
			return err
		}
		if err := same(withZeroOf(want, x), sum(reversed(x)), fmt.Sprintf("%s, negated %v, backwards", name, negative)); err != nil {
			return err
		}
	}
	return nil
}

func reversed(x []float64) []float64 {
	x = slices.Clone(x)
	slices.Reverse(x)
	return x
}

// exactSummers are the ways to an exact sum.
var exactSummers = map[string]summer{
	"Sum":         func(x []float64) float64 { return reduce.Sum(reduce.Exact, x) },
	"SumParallel": func(x []float64) float64 { return reduce.SumParallel(reduce.Exact, x, 3) },
	"Accumulators of thirds": func(x []float64) float64 {
		p := fuzz.Program{Cuts: []int{len(x) / 3, 2 * len(x) / 3}, Merges: []int{1, 0}}
		return byAccumulators(reduce.Exact, x, p)
	},
	"Superaccumulators of one term, or of 1/32": func(x []float64) float64 { return inPieces(x, max(1, len(x)/32)) },
	"A vector of increment 3":                   func(x []float64) float64 { return strided(x, 3, 1).Sum(reduce.Exact) },
	"Products by ones":                          func(x []float64) float64 { return reduce.Dot(reduce.Exact, x, ones(len(x))) },
	"Products of ones, in vectors, on threads": func(x []float64) float64 {
		v := strided(ones(len(x)), 2, 0).Dot(reduce.Exact, strided(x, 5, 2))
		return both(v, reduce.DotParallel(reduce.Exact, ones(len(x)), x, 3))
	},
	"An accumulator that travels":               travelling,
	"An accumulator from which terms are taken": takesBack,
	"Among 80 to 5,000 that add nothing": func(x []float64) float64 {
		v := amongNothing(x, 80)
		for _, n := range []int{200, 1100, 5000} {
			v = both(v, amongNothing(x, n))
		}
		return v
	},
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// both returns two results that should be the same: a number that no vector has if
// they are not.
func both(a, b float64) float64 {
	if kernel.Bits(a) != kernel.Bits(b) {
		return math.Pi
	}
	return a
}

// travelling adds halves to accumulators that are written and read again, as bytes
// and as JSON.
func travelling(x []float64) float64 {
	h := len(x) / 2
	var left, right reduce.Accumulator[float64]
	data, err := accumulate(reduce.Exact, 0, x[:h]).MarshalBinary()
	if err == nil {
		err = left.UnmarshalBinary(data)
	}
	if err == nil {
		data, err = accumulate(reduce.Exact, h, x[h:]).MarshalJSON()
	}
	if err == nil {
		err = right.UnmarshalJSON(data)
	}
	if err == nil {
		err = left.Merge(&right)
	}
	if err != nil {
		panic(err)
	}
	return finish(&left)
}

// takesBack adds the terms, and others, which it removes.
func takesBack(x []float64) float64 {
	others := []float64{math.Inf(1), 0x1p-1074, -0x1.8p1000, math.NaN(), math.Copysign(0, -1), math.Inf(-1), 3}
	a := accumulate(reduce.Exact, 0, others)
	a.Add(x...)
	a.AddProducts(others, others)
	for _, v := range others {
		if err := a.RemoveProducts([]float64{v}, []float64{v}); err != nil {
			panic(err)
		}
	}
	if err := a.Remove(others...); err != nil {
		panic(err)
	}
	return finish(a)
}

// amongNothing adds x up behind as many -0 as make it n terms, so that it takes the
// ways of many terms, and where it is not zero also among pairs that cancel.
func amongNothing(x []float64, n int) float64 {
	if len(x) == 0 || len(x) >= n {
		return reduce.Sum(reduce.Exact, x)
	}
	sum := reduce.Sum(reduce.Exact, append(slices.Repeat([]float64{math.Copysign(0, -1)}, n-len(x)), x...))
	if sum == 0 {
		return sum
	}
	for _, v := range []float64{1, 1e-300, 0x1.fffffffffffffp1000} {
		y := append(slices.Repeat([]float64{v, -v}, (n-len(x))/2), x...)
		sum = both(sum, both(reduce.Sum(reduce.Exact, y), reduce.Sum(reduce.Exact, reversed(y))))
	}
	return sum
}

// inPieces merges superaccumulators of n terms each, in turn into the whole and
// the whole into them.
func inPieces(x []float64, n int) float64 {
	whole := new(reduce.Superaccumulator)
	for k := 0; len(x) > 0; k++ {
		part := new(reduce.Superaccumulator)
		m := min(n, len(x))
		for _, v := range x[:m] {
			part.Add(v)
		}
		if k%2 == 1 {
			whole, part = part, whole
		}
		whole.Merge(part)
		x = x[m:]
	}
	return reduce.Round[float64](whole)
}

func TestExactPassesThePublishedSums(t *testing.T) {
	for name, count := range publishers {
		all := readPublished(t, name).all()
		require.Len(t, all, count, name)
		for way, sum := range exactSummers {
			for _, c := range all {
				require.NoError(t, adds(sum, c.terms(), float64(c.Sum), c.Name), "%s of %s", way, name)
			}
		}
	}
}

// The published sums are right: math/big gives the same.
func TestPublishedSumsAreRight(t *testing.T) {
	for name := range publishers {
		for _, c := range readPublished(t, name).all() {
			require.NoError(t, adds(sumByBig, c.terms(), float64(c.Sum), c.Name), name)
		}
	}
}

// The sign of a zero sum is where the sources and SPEC.md differ: ECMAScript
// begins with -0, and xsum has no -0 but where it is the only term.
func TestPublishedZerosThatDiffer(t *testing.T) {
	var differ []string
	for _, name := range []string{"cpython", "test262", "xsum"} {
		for _, c := range readPublished(t, name).all() {
			if same(float64(c.Sum), withZeroOf(float64(c.Sum), c.terms()), "") != nil {
				differ = append(differ, c.Name)
			}
		}
	}
	require.Equal(t, []string{"sum-is-minus-zero.js 0", "three_term 13", "zero -0"}, differ)
}

// Those that are exact in float32 are rounded to float32 once, by math/big too, in
// each way.
func TestPublishedSumsInFloat32(t *testing.T) {
	tested := 0
	for name := range publishers {
		for _, c := range readPublished(t, name).all() {
			x, exact := narrow(c.terms())
			if !exact {
				continue
			}
			requireExact(t, x, c.Name)
			for _, x := range [][]float32{x, negate(x)} {
				want := reduce.Sum(reduce.Exact, x)
				one := slices.Repeat([]float32{1}, len(x))
				requireBits(t, want, reduce.SumParallel(reduce.Exact, x, 3), "%s", c.Name)
				requireBits(t, want, strided(x, 3, 1).Sum(reduce.Exact), "%s", c.Name)
				requireBits(t, want, reduce.Dot(reduce.Exact, x, one), "%s", c.Name)
				requireBits(t, want, strided(one, 2, 0).Dot(reduce.Exact, strided(x, 5, 2)), "%s", c.Name)
				requireBits(t, want, byAccumulators(reduce.Exact, x, shares(len(x), 3)), "%s", c.Name)
			}
			tested++
		}
	}
	require.Equal(t, 75, tested)
}

// A thousand lists drawn as CPython's test draws them, which it compares with sums
// by integers.
func TestExactPassesTheRandomListsOfCPython(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 14))
	for range 1000 {
		x := slices.Repeat([]float64{7, 1e100, -7, -1e100, -9e-20, 8e-20}, 10)
		s := 0.0
		for range 200 {
			g := rng.NormFloat64() * rng.Float64()
			v := float64(g*g*g*g*g*g*g) - s
			s += v
			x = append(x, v)
		}
		rng.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
		requireExact(t, x, "random")
	}
}

func narrow(x []float64) (y []float32, exact bool) {
	exact = true
	for _, v := range x {
		y = append(y, float32(v))
		exact = exact && (float64(float32(v)) == v || v != v)
	}
	return y, exact
}

// Of one or two terms there is one rounded sum, which every order gives that adds
// terms whole: all but those that cut terms up.
func TestEveryOrderPassesThePublishedSumsOfTwoTerms(t *testing.T) {
	p := readPublished(t, "xsum")
	for _, order := range []reduce.Order{
		reduce.Sequential, reduce.Pairwise, reduce.Kahan, reduce.Neumaier, reduce.DoubleDouble,
		reduce.Exact, reduce.Shuffled(1), reduce.Arrival,
	} {
		for _, c := range slices.Concat(p.OneTerm, p.TwoTerm) {
			sum := func(x []float64) float64 { return reduce.Sum(order, x) }
			require.NoError(t, adds(sum, c.terms(), float64(c.Sum), c.Name), "%v", order)
		}
	}
}
