package fuzz

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func sequential(x []float64) float64 { return reduce.Sum(reduce.Sequential, x) }

func TestContractsThatDoNotApply(t *testing.T) {
	for _, c := range []struct {
		contract Contract
		want     string
	}{
		{Contract{}, "promises nothing"},
		{Contract{Finite: true}, "promises nothing"},
		{Contract{Promises: CutInvariant}, "use Cuts"},
		{Contract{Promises: promiseEnd}, "unknown promises 0x200"},
		{Contract{Promises: ReadOnly, MaxTerms: -1}, "-1 terms: want 0 to 65535"},
		{Contract{Promises: ReadOnly, MaxTerms: 65536}, "65536 terms"},
		{Contract{Same: reduce.Arrival}, "no bits"},
		{Contract{Same: reduce.Widened}, "float32 only"},
		{Contract{Same: &reduce.Pairwise}, "*reduce.Order: want a reduce.Order"},
	} {
		require.ErrorContains(t, Check(sequential, c.contract, nil), c.want)
		require.ErrorContains(t, Search(sequential, c.contract, 1), c.want)
	}
	finite := Contract{Same: reduce.Sequential, Finite: true}
	require.ErrorContains(t, Check(sequential, finite, []float64{1, math.Inf(1)}), "term 1 is +Inf")
	require.NoError(t, Check(sequential, finite, []float64{1}))
	require.NoError(t, Check(func(x []float32) float32 { return reduce.Sum(reduce.Widened, x) }, Contract{Same: reduce.Widened}, []float32{1}))
	start := func(int) *reduce.Accumulator[float64] {
		a, _ := reduce.NewAccumulator[float64](reduce.Exact, 0)
		return a
	}
	c := Contract{Promises: CutInvariant}
	require.ErrorContains(t, CheckCuts(start, c, nil, Program{Cuts: []int{1}, Merges: []int{0}}), "cut 0 of the program is 1: want 0 to 0")
	require.ErrorContains(t, CheckCuts(start, c, nil, Program{Cuts: []int{0}}), "1 cut and 0 merges")
	require.ErrorContains(t, CheckCuts(start, c, nil, Program{Cuts: []int{0}, Merges: []int{1}}), "merge 0 of the program is 1")
	require.Panics(t, func() { _ = CheckDot(reduceDot(reduce.Exact), ContractOf(reduce.Exact), []float64{1}, nil) })
}

// A bound that is none is a mistake of the program, named at once where it can be.
func TestBoundsThatAreNone(t *testing.T) {
	for _, v := range []float64{math.NaN(), -1, -0x1p-1074, math.Inf(1), math.Inf(-1)} {
		require.PanicsWithValue(t, fmt.Sprintf("fuzz: Ulps(%g): want a finite number, 0 or more", v), func() { Ulps(v) })
		require.PanicsWithValue(t, fmt.Sprintf("fuzz: Relative(%g): want a finite number, 0 or more", v), func() { Relative(v) })
	}
	wrong := func([]float64) float64 { return 7 }
	own := func(b *big.Float) Contract {
		return Contract{Within: Accuracy{Name: "mine", Bound: func(Exact) *big.Float { return b }}}
	}
	x := []float64{1, 1}
	require.PanicsWithValue(t, `fuzz: accuracy "mine": the bound of 2 terms is nil`, func() { _ = Check(wrong, own(nil), x) })
	require.PanicsWithValue(t, `fuzz: accuracy "mine": the bound of 2 terms is -0.5: want 0 or more`, func() { _ = Check(wrong, own(big.NewFloat(-0.5)), x) })
	require.Error(t, Check(wrong, own(big.NewFloat(4.5)), x))
	require.NoError(t, Check(wrong, own(big.NewFloat(5)), x))
	require.NoError(t, Check(wrong, own(big.NewFloat(math.Inf(1))), x))
	for _, c := range []Contract{{Within: Ulps(0)}, {Within: Relative(0)}, {Within: Relative(math.MaxFloat64)}} {
		require.NoError(t, Check(sequential, c, []float64{1, 0x1p-60}), "the exact sum, rounded")
		require.NoError(t, Check(sequential, c, []float64{0, 0}))
	}
	require.ErrorContains(t, Search(sequential, ContractOf(reduce.Sequential), -1), "-1 inputs besides the seeds: want 0 or more")
	require.ErrorContains(t, SearchDot(reduceDot(reduce.Exact), Contract{Same: reduce.Exact}, -40), "-40 inputs")
}

// A bound is none that shrinks, or becomes negative, where terms are more than 1/u.
func TestBoundOfMoreTermsThanTheTypeCounts(t *testing.T) {
	for _, order := range ordersFor[float32](1) {
		e := ExactSum([]float32{1, 1})
		last := new(big.Float)
		for _, n := range []int{2, 1 << 20, 1<<23 + 1, 1<<24 - 1, 1 << 24, 1<<24 + 1, 1 << 25, 1 << 30} {
			e.Terms = n
			bound := Bound[float32](order, e)
			require.GreaterOrEqual(t, bound.Cmp(last), 0, "%v of %d terms: %v", order, n, bound)
			last = bound
		}
		zero := ExactSum([]float32{0, 0})
		for _, n := range []int{1 << 24, 1<<24 + 1} {
			zero.Terms = n
			require.NotPanics(t, func() { Bound[float32](order, zero) })
		}
	}
}

func TestPromisesHaveNames(t *testing.T) {
	require.Equal(t, "permutation-invariant, read-only", (PermutationInvariant | ReadOnly).String())
	require.Equal(t, 1<<len(promiseNames), int(promiseEnd))
}

func reduceDot(order reduce.Order) func(x, y []float64) float64 {
	return func(x, y []float64) float64 { return reduce.Dot(order, x, y) }
}

// Every order keeps its contract over the seeds, as sum and as dot product, and has
// its own bits.
func TestOrdersKeepTheirContracts(t *testing.T) {
	for _, order := range ordersFor[float64](3) {
		c := plain(order)
		if order != reduce.Arrival {
			c.Same = order
		}
		require.NoError(t, Search(func(x []float64) float64 { return reduce.Sum(order, x) }, c, 10))
		require.NoError(t, SearchDot(reduceDot(order), c, 10))
	}
}

// Limits of Accuracy: overflow, infinities, and a faithful rounding at the end of
// the range.
func TestAccuracyAtTheEdges(t *testing.T) {
	top, inf := math.MaxFloat64, math.Inf(1)
	constant := func(v float64) func([]float64) float64 { return func([]float64) float64 { return v } }
	faithful, plain := Contract{Within: Ulps(1)}, Contract{Within: Relative(1e-10)}
	for _, c := range []struct {
		contract Contract
		got      float64
		x        []float64
		holds    bool
	}{
		{faithful, top, []float64{top, 0x1p969}, true},
		{faithful, inf, []float64{top, 0x1p969}, true},
		{faithful, inf, []float64{top}, true},
		{faithful, inf, []float64{top / 2}, false},
		{faithful, -inf, []float64{top}, false},
		{faithful, top / 2, []float64{top, top}, false},
		{faithful, math.NaN(), []float64{1}, false},
		{faithful, 1, []float64{inf}, false},
		{faithful, inf, []float64{inf}, true},
		{faithful, math.NaN(), []float64{inf, -inf}, true},
		{plain, inf, []float64{top, top, -top}, true},
		{plain, inf, []float64{1}, false},
		{plain, math.Copysign(0, -1), []float64{0}, true},
		{Contract{Within: BoundOf(reduce.Kahan)}, math.NaN(), []float64{inf}, true},
		{Contract{Within: BoundOf(reduce.Neumaier)}, math.NaN(), []float64{inf}, false},
	} {
		v := violation(func(t terms[float64]) float64 { return constant(c.got)(t.x) }, c.contract, c.contract.implied(), terms[float64]{x: c.x})
		require.Equal(t, c.holds, v == nil, "%s: %v of %v", c.contract.Within.Name, c.got, c.x)
	}
}
