package fuzz

import (
	"math"
	"testing"
	"unsafe"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// single are contracts of one promise each, by name.
var single = map[string]Contract{
	"rounded":     {Promises: CorrectlyRounded},
	"permutation": {Promises: PermutationInvariant},
	"negation":    {Promises: NegationSymmetric},
	"stateless":   {Promises: Stateless},
	"read-only":   {Promises: ReadOnly},
	"address":     {Promises: AddressInvariant},
	"zero":        {Promises: SignedZero},
	"nan":         {Promises: CanonicalNaN},
	"sequential":  {Same: reduce.Sequential},
	"pairwise":    {Same: reduce.Pairwise},
	"exact":       {Same: reduce.Exact},
	"<sequential": {Within: BoundOf(reduce.Sequential)},
	"<kahan":      {Within: BoundOf(reduce.Kahan)},
	"<neumaier":   {Within: BoundOf(reduce.Neumaier)},
	"<1ulp":       {Within: Ulps(1)},
}

// broken are sums with a classic fault, and the contracts of single that each
// honours; it must be caught by all others.
var broken = []struct {
	name    string
	sum     func() func(x []float64) float64 // a new one, for those with a state
	honours []string
}{
	{"float32 intermediates", stays(func(x []float64) float64 {
		var s float32
		for _, v := range x {
			s += float32(v)
		}
		return float64(s)
	}), []string{"negation", "stateless", "read-only", "address"}},
	{"tail skipped", stays(func(x []float64) float64 {
		return reduce.Sum(reduce.Sequential, x[:len(x)/4*4])
	}), []string{"negation", "stateless", "read-only", "address", "nan"}},
	{"tail read past the end", stays(func(x []float64) float64 {
		return reduce.Sum(reduce.Sequential, unsafe.Slice(unsafe.SliceData(x), (len(x)+3)/4*4))
	}), []string{"negation", "stateless", "read-only", "nan", "<sequential"}},
	{"correction reassociated away", stays(func(x []float64) float64 { return kahan(x, func(s, y, r float64) float64 { return 0 }) }),
		[]string{"negation", "stateless", "read-only", "address", "sequential", "<sequential", "zero"}},
	{"correction of the wrong sign", stays(func(x []float64) float64 { return kahan(x, func(s, y, r float64) float64 { return y - (r - s) }) }),
		[]string{"negation", "stateless", "read-only", "address"}},
	{"peeling until aligned", stays(peeling), []string{"negation", "stateless", "read-only", "<sequential"}},
	{"NaN dropped", stays(func(x []float64) float64 {
		s := new(reduce.Superaccumulator)
		for _, v := range x {
			if v == v {
				s.Add(v)
			}
		}
		return reduce.Round[float64](s)
	}), []string{"permutation", "negation", "stateless", "read-only", "address", "zero", "nan"}},
	{"-0 lost", stays(func(x []float64) float64 { return reduce.Sum(reduce.Exact, x) + 0 }),
		[]string{"permutation", "negation", "stateless", "read-only", "address", "nan", "<sequential", "<kahan", "<neumaier", "<1ulp"}},
	{"overflow on the way", stays(overflowsOnTheWay),
		[]string{"negation", "stateless", "read-only", "address", "zero", "nan", "<sequential", "<kahan", "<neumaier"}},
	{"terms mutated", stays(func(x []float64) float64 {
		s := reduce.Sum(reduce.Pairwise, x)
		clear(x)
		return s
	}), []string{"negation", "stateless", "address", "zero", "nan", "pairwise", "<sequential", "<kahan"}},
	{"a state kept between calls", func() func([]float64) float64 {
		calls := 0
		return func(x []float64) float64 {
			if calls++; calls%2 == 0 {
				return reduce.Sum(reduce.Sequential, x)
			}
			return reduce.Sum(reduce.Pairwise, x)
		}
	}, []string{"read-only", "zero", "nan", "<sequential"}},
	{"last bit lost", stays(func(x []float64) float64 {
		return math.Float64frombits(math.Float64bits(reduce.Sum(reduce.Exact, x)) &^ 1)
	}), []string{"permutation", "negation", "stateless", "read-only", "address", "zero", "nan", "<sequential", "<kahan"}},
}

func stays(sum func([]float64) float64) func() func([]float64) float64 {
	return func() func([]float64) float64 { return sum }
}

// kahan is Kahan's algorithm with another correction.
func kahan(x []float64, correction func(s, y, r float64) float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s, c := x[0], 0.0
	for _, v := range x[1:] {
		y := v - c
		r := s + y
		c = correction(s, y, r)
		s = r
	}
	return s
}

// peeling adds single terms until the rest begins at a multiple of 32 bytes, and
// four sums from there on.
func peeling(x []float64) float64 {
	s := 0.0
	for len(x) > 0 && uintptr(unsafe.Pointer(unsafe.SliceData(x)))%32 != 0 {
		s, x = s+x[0], x[1:]
	}
	var lanes [4]float64
	for i, v := range x {
		lanes[i%4] += v
	}
	return s + ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
}

// overflowsOnTheWay is exact, but for a sum that overflows on the way.
func overflowsOnTheWay(x []float64) float64 {
	s := reduce.Sum(reduce.Exact, x)
	if left := reduce.Sum(reduce.Sequential, x); left-left != 0 {
		return left
	}
	return s
}

func TestBrokenSums(t *testing.T) {
	for _, b := range broken {
		var got []string
		for name, c := range single {
			if Search(b.sum(), c, 10) == nil {
				got = append(got, name)
			}
		}
		require.ElementsMatch(t, b.honours, got, "%s", b.name)
	}
}

// Rounding an exact sum of float32 by way of float64 rounds twice, which only an
// input beside a tie shows. All else that is promised of it holds.
func TestDoubleRounding(t *testing.T) {
	twice := func(x []float32) float32 {
		s := new(reduce.Superaccumulator)
		for _, v := range x {
			s.Add(float64(v))
		}
		return float32(reduce.Round[float64](s))
	}
	err := Search(twice, Contract{Promises: CorrectlyRounded}, 0)
	require.ErrorContains(t, err, "not correctly rounded")
	require.ErrorContains(t, err, "1 ulp away")
	others := PermutationInvariant | NegationSymmetric | Stateless | ReadOnly | AddressInvariant | SignedZero | CanonicalNaN
	require.NoError(t, Search(twice, Contract{Within: Ulps(1), Promises: others}, 10))
}

// A sum that varies seldom is not said to depend on what it was called with.
func TestSeldomNondeterministic(t *testing.T) {
	caught := 0
	for period := 17; period < 60; period++ { // a check calls it less often
		calls := 0
		seldom := func(x []float64) float64 {
			if calls++; calls%period == 0 {
				return sequential(x) + 1
			}
			return sequential(x)
		}
		for _, c := range []Contract{
			{Promises: AddressInvariant | Stateless}, {Promises: PermutationInvariant | NegationSymmetric | Stateless}, {Same: reduce.Sequential},
		} {
			err := Check(seldom, c, []float64{1, 2, 3, 4})
			if err != nil {
				require.ErrorContains(t, err, "not stateless", "period %d", period)
				caught++
			}
		}
	}
	require.Greater(t, caught, 20)
}

// A dot product that rounds its products is caught by the contracts of the orders
// that do not, one that skips zeros by any.
func TestBrokenDots(t *testing.T) {
	rounded := func(x, y []float64) float64 {
		s := new(reduce.Superaccumulator)
		for i := range x {
			s.Add(x[i] * y[i])
		}
		return reduce.Round[float64](s)
	}
	require.Error(t, SearchDot(rounded, Contract{Promises: CorrectlyRounded}, 0))
	require.Error(t, SearchDot(rounded, Contract{Within: BoundOf(reduce.DoubleDouble)}, 0))
	require.NoError(t, SearchDot(rounded, Contract{Within: BoundOf(reduce.Sequential), Promises: PermutationInvariant | NegationSymmetric}, 10))
	skipping := func(x, y []float64) float64 {
		s := 0.0
		for i := range x {
			if x[i] != 0 {
				s += float64(x[i] * y[i])
			}
		}
		return s
	}
	require.Error(t, SearchDot(skipping, Contract{Within: BoundOf(reduce.Sequential)}, 0))
	require.NoError(t, SearchDot(skipping, Contract{Within: BoundOf(reduce.Sequential), Finite: true}, 10))
	oneOffset := func(x, y []float64) float64 { // depends on the address of y alone
		if uintptr(unsafe.Pointer(unsafe.SliceData(y)))%16 != 0 {
			return reduce.Dot(reduce.Sequential, x, y)
		}
		return reduce.Dot(reduce.Pairwise, x, y)
	}
	require.ErrorContains(t, SearchDot(oneOffset, Contract{Same: reduce.Pairwise}, 0), "not address-invariant")
}

// states that lose something at a cut; the sum of the pieces is a wrong one.
type plainState struct{ sum, correction float64 }

func (s *plainState) Add(x ...float64) {
	for _, v := range x {
		s.sum, s.correction = neumaierStep(s.sum, s.correction, v)
	}
}

func neumaierStep(s, c, v float64) (float64, float64) {
	r := s + v
	if math.Abs(s) >= math.Abs(v) {
		return r, c + ((s - r) + v)
	}
	return r, c + ((v - r) + s)
}

func (s *plainState) Merge(next *plainState) error { // loses the correction of next
	s.Add(next.sum)
	return nil
}

func (s *plainState) Sum() (float64, error) { return s.sum + s.correction, nil }

func TestBrokenStates(t *testing.T) {
	start := func(int) *plainState { return new(plainState) }
	c := Contract{Within: BoundOf(reduce.Neumaier), Finite: true}
	require.ErrorContains(t, SearchCuts(start, c, 100), "p := fuzz.Program{")
	require.ErrorContains(t, SearchCuts(start, Contract{Promises: CutInvariant}, 100), "not cut-invariant")
	require.NoError(t, SearchCuts(start, Contract{Within: BoundOf(reduce.Sequential), Finite: true}, 20), "a fold is no worse")
	exact := func(index int) *reduce.Accumulator[float64] {
		a, _ := reduce.NewAccumulator[float64](reduce.Exact, index)
		return a
	}
	c = ContractOf(reduce.Exact)
	require.NoError(t, SearchCuts(exact, c, 10))
}
