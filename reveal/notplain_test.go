package reveal

import (
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// whyNot returns why the function is no plain tree, and checks the report.
func whyNot(t *testing.T, tree *Tree, err error) *NotPlain {
	t.Helper()
	var why *NotPlain
	require.ErrorAs(t, err, &why)
	require.Nil(t, tree)
	require.NotEmpty(t, why.Cause.Explanation(), why.Cause)
	require.Contains(t, err.Error(), "not a plain summation tree: "+string(why.Cause))
	return why
}

func testNotPlain[T kernel.Float](t *testing.T, order reduce.Order, want Cause) {
	if reduce.Check[T](order) != nil {
		return
	}
	for _, n := range []int{3, 5, 16, 33, 64, 100} {
		sum := func(x []T) T { return reduce.Sum(order, x) }
		dot := func(x, y []T) T { return reduce.Dot(order, x, y) }
		tree, err := Sum(sum, n)
		a := whyNot(t, tree, err)
		tree, err = Dot(dot, n)
		b := whyNot(t, tree, err)
		tree, err = Gemm(gemmOf[T](order, false), 1, 2, n)
		c := whyNot(t, tree, err)
		if n < 5 && (want == Compensated || want == TwicePrecision) {
			continue // so few terms leave nothing to tell compensated sums apart by
		}
		require.Equal(t, []Cause{want, want, want}, []Cause{a.Cause, b.Cause, c.Cause}, "%v of %d", order, n)
		if x := a.Example; x != nil && want != CorrectlyRounded { // the example is one
			data := make([]T, n)
			for i, v := range x.X {
				data[i] = T(v)
			}
			require.True(t, same(T(x.Got), sum(slices.Clone(data))))
			if want != Widened {
				require.True(t, same(T(x.Want), Evaluate(a.Tree, data, nil)))
				require.False(t, same(T(x.Want), T(x.Got)))
			}
		}
	}
}

func TestOrdersThatAreNoPlainTrees(t *testing.T) {
	for order, want := range map[reduce.Order]Cause{
		reduce.Kahan: Compensated, reduce.Neumaier: TwicePrecision, reduce.DoubleDouble: TwicePrecision,
		reduce.Widened: Widened, reduce.Exact: CorrectlyRounded,
	} {
		t.Run(order.String(), func(t *testing.T) {
			t.Parallel()
			testNotPlain[float32](t, order, want)
			testNotPlain[float64](t, order, want)
		})
	}
}

func TestWidenedSumsKeepTheirTree(t *testing.T) {
	tree, err := Sum(func(x []float32) float32 { return reduce.Sum(reduce.Widened, x) }, 100)
	require.Equal(t, laned(100, 32).String(), whyNot(t, tree, err).Tree.String())
}

// Products in float64 keep the tree of the contraction, with every kernel backend and from
// single elements to several tiles.
func TestWidenedProductsKeepTheirTree(t *testing.T) {
	for _, backend := range kernel.Backends() {
		defer kernel.Use(backend)()
		for _, shape := range [][3]int{{1, 1, 70}, {1, 40, 33}, {14, 19, 100}} {
			n := shape[2]
			for growingTree, join := range map[bool]func([]*Node) *Node{false: halving, true: growing} {
				tree, err := Gemm(gemmOf[float32](reduce.Widened, growingTree), shape[0], shape[1], n)
				want := (&Tree{Node: documentedProduct(reduce.Pairwise, n, join)}).unmarked()
				require.Equal(t, want.String(), whyNot(t, tree, err).Tree.String(), "%v: %v", backend, shape)
			}
		}
	}
}

func leftToRight[T kernel.Float](x []T) (s T) {
	for _, v := range x {
		s += v
	}
	return s
}

func TestOddSums(t *testing.T) {
	calls := 0
	for name, c := range map[string]struct {
		f    func(x []float64) float64
		want []Cause
	}{
		"sorted by magnitude": {func(x []float64) float64 {
			slices.SortFunc(x, func(a, b float64) int {
				switch m, n := math.Abs(a), math.Abs(b); {
				case m < n || m == n && a < b:
					return -1
				case m > n || m == n && a > b:
					return 1
				}
				return 0
			})
			return leftToRight(x)
		}, []Cause{OrderFree}},
		"sorted": {func(x []float64) float64 { slices.Sort(x); return leftToRight(x) }, []Cause{OrderFree}},
		"alternating between two orders": {func(x []float64) float64 {
			if calls++; calls%2 == 0 {
				slices.Reverse(x)
			}
			return leftToRight(x)
		}, []Cause{Nondeterministic}},
		"address-dependent": {func(x []float64) float64 {
			if lineOffset(x)%2 == 1 {
				return x[0] + leftToRight(x[1:])
			}
			return leftToRight(x)
		}, []Cause{AddressDependent}},
		"positive before negative": {func(x []float64) (s float64) {
			negative := 0.0
			for _, v := range x {
				if v < 0 {
					negative += v
				} else {
					s += v
				}
			}
			return s + negative
		}, []Cause{UnknownArithmetic}},
		"another order without large numbers": {func(x []float64) float64 {
			if slices.Max(x) < 1e200 {
				slices.Reverse(x)
			}
			return leftToRight(x)
		}, []Cause{ValueDependent}},
		"a mean":        {func(x []float64) float64 { return leftToRight(x) / float64(len(x)) }, []Cause{NotSum}},
		"of magnitudes": {func(x []float64) (s float64) { return math.Abs(leftToRight(x)) }, []Cause{NotSum}},
		"without the last term": {func(x []float64) float64 {
			return leftToRight(x[:len(x)-1])
		}, []Cause{NotSum}},
		"NaN": {func(x []float64) float64 { return math.NaN() }, []Cause{NotSum}},
		"counting a term twice": {func(x []float64) float64 {
			return leftToRight(append(x, x[7], -x[7])) // the same sum, but for roundings
		}, []Cause{InconsistentProbes, ValueDependent}},
		"rounded further": {func(x []float64) float64 {
			s := leftToRight(x)
			if math.Abs(s) > 0x1p60 || s == math.Trunc(s) || s == math.Pi || s == -math.Pi {
				return s
			}
			return float64(float32(s))
		}, []Cause{ValueDependent}},
	} {
		tree, err := Sum(c.f, 24)
		require.Contains(t, c.want, whyNot(t, tree, err).Cause, name)
	}
}

// What varies seldom is not taken for a dependence on the address.
func TestSeldomNondeterministic(t *testing.T) {
	for period := 40; period < 140; period += 3 {
		for _, n := range []int{7, 20} {
			calls := 0
			tree, err := Sum(func(x []float64) float64 {
				if calls++; calls%period == 0 {
					slices.Reverse(x)
				}
				return leftToRight(x)
			}, n)
			if err != nil { // it may not have shown at all
				require.NotEqual(t, AddressDependent, whyNot(t, tree, err).Cause, "period %d of %d terms", period, n)
			}
		}
	}
}

func TestVariantsOfAnAddressDependentSum(t *testing.T) {
	tree, err := Sum(func(x []float32) float32 {
		if lineOffset(x)%4 == 3 {
			slices.Reverse(x)
		}
		return leftToRight(x)
	}, 9)
	why := whyNot(t, tree, err)
	require.Len(t, why.Variants, 2)
	require.Equal(t, [][2]int{{3, 0}, {7, 0}, {11, 0}, {15, 0}}, why.Variants[1].At)
	require.Equal(t, "(0,(1,(2,(3,(4,(5,(6,(7,8))))))))", why.Variants[1].Tree.String())
	require.True(t, why.Tree.Equal(why.Variants[0].Tree))
	_, err = Sum(func(x []float32) float32 {
		if lineOffset(x)%4 == 3 {
			slices.Reverse(x)
		}
		return leftToRight(x)
	}, 9, IgnoreAddresses())
	require.NoError(t, err, "the data are always at the same place")
}

// backToFront is a product whose last column is summed the other way round.
func backToFront(m, n, k int, a, b, c []float64) {
	for i := range m {
		for j := range n {
			for l := range k {
				at := l
				if j == n-1 {
					at = k - 1 - l
				}
				c[i*n+j] += float64(a[i*k+at] * b[at*n+j])
			}
		}
	}
}

func TestElementsWithTreesOfTheirOwn(t *testing.T) {
	tree, err := Gemm(backToFront, 2, 3, 8)
	why := whyNot(t, tree, err)
	require.Equal(t, ElementDependent, why.Cause)
	require.Len(t, why.Variants, 2)
	require.Equal(t, [][2]int{{0, 2}, {1, 2}}, why.Variants[1].At)
	tree, err = Gemm(backToFront, 2, 1, 8)
	require.NoError(t, err)
	require.Equal(t, "(0,(1,(2,(3,(4,(5,(6,7)))))))", tree.String())
	require.True(t, tree.PlusZero)
}

func TestBadSizes(t *testing.T) {
	for _, n := range []int{-1, 0, MaxLeaves + 1} {
		_, err := Sum(leftToRight[float64], n)
		require.ErrorContains(t, err, "want 1 to 1048576")
	}
	_, err := Gemm(backToFront, 0, 3, 8)
	require.ErrorContains(t, err, "0 x 8 and 8 x 3")
	for _, size := range [][3]int{{1 << 30, 1, 2}, {1, 1 << 30, 2}, {1 << 20, 1 << 11, 2}, {2, 3, 1 << 30}, {math.MaxInt, math.MaxInt, math.MaxInt}} {
		_, err = Gemm(backToFront, size[0], size[1], size[2])
		require.ErrorContains(t, err, "want matrices of at most 1073741824 elements", size)
	}
	tree, err := Sum(func(x []float64) float64 { return math.Abs(x[0]) }, 1)
	require.Equal(t, NotSum, whyNot(t, tree, err).Cause, "of magnitudes")
	tree, err = Sum(leftToRight[float64], 1)
	require.NoError(t, err)
	require.Equal(t, "0", tree.String())
	require.Panics(t, func() { Evaluate(tree, []float64{1, 2}, nil) })
	require.Panics(t, func() { Join(Leaf(0)) })
}

// Many terms: the probes of a chain are two a term on average, not n/2.
func TestProbesAreFew(t *testing.T) {
	calls := 0
	const n = 2000
	f := func(x []float64) float64 { calls++; slices.Reverse(x); return leftToRight(x) }
	_, err := Sum(f, n, IgnoreAddresses())
	require.NoError(t, err)
	require.Less(t, calls, 6*n)
}
