package reduce_test

import (
	"encoding/json"
	"fmt"
	"math"
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
	Name  string
	Terms numbers
	Runs  []struct {
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

// Those that are exact in float32 are rounded to float32 once, by math/big too.
func TestPublishedSumsInFloat32(t *testing.T) {
	tested := 0
	for name := range publishers {
		for _, c := range readPublished(t, name).all() {
			if x, exact := narrow(c.terms()); exact {
				requireExact(t, x, c.Name)
				tested++
			}
		}
	}
	require.Equal(t, 75, tested)
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
