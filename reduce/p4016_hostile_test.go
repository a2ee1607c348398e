package reduce_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// The hostile data of P4016R0's extended demonstrator (see the source named in
// testdata/published_p4016.json): five generators, each run once for the longest
// of 29 sizes, of which the sums of the shorter ones take the beginning.

// lcg is the demonstrator's generator of random numbers.
type lcg uint64

func (s *lcg) next() uint64 {
	*s = *s*6364136223846793005 + 1442695040888963407
	return uint64(*s)
}

// uniform is in [-1, 1).
func (s *lcg) uniform() float64 { return float64(int64(s.next()>>11)-1<<52) / (1 << 52) }

// hostileElement gives the i-th of n elements. The k-th generator begins with the
// seed 0x243F6A8885A308D3 + k*0x9E3779B97F4A7C15.
var hostileElement = []struct {
	name    string
	element func(s *lcg, i, n int) float64
}{
	{"uniform", func(s *lcg, _, _ int) float64 { return s.uniform() }},
	{"cancellation", func(s *lcg, i, _ int) float64 {
		v := 1e15 + float64(s.uniform()*0.5)
		if i%2 == 1 {
			v = -v
		}
		return v
	}},
	{"exponential", func(s *lcg, i, _ int) float64 {
		sign := -1.0
		if s.next()&1 == 1 {
			sign = 1
		}
		fraction := float64(s.next()>>12) / (1 << 52)
		return sign * math.Ldexp(0.5+float64(0.5*fraction), i%301-150)
	}},
	{"kahan", func(_ *lcg, i, _ int) float64 {
		if i > 0 && i%7 == 0 {
			return -6
		}
		return 1
	}},
	{"subnormal", func(s *lcg, i, n int) float64 {
		switch i % 5 {
		case 0:
			return 0x1p-1074 * float64(s.next()%1000)
		case 1:
			return -0x1p-1074 * float64(s.next()%1000)
		case 2:
			return 1e308 / float64(n)
		case 3:
			return -1e308 / float64(n)
		}
		return 0
	}},
}

func hostile(k, n int) []float64 {
	s := lcg(0x243F6A8885A308D3 + uint64(k)*0x9E3779B97F4A7C15)
	x := make([]float64, n)
	for i := range x {
		x[i] = hostileElement[k].element(&s, i, n)
	}
	return x
}

// hexBits are the bits of a float64, written in hexadecimal.
type hexBits uint64

func (b *hexBits) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 16, 64)
	*b = hexBits(v)
	return err
}

// hostileResults are the demonstrator's.
type hostileResults struct {
	published
	Sizes      []int
	Generators []struct {
		Name                      string
		First, Second, Thousandth hexBits
		Lanes16, Lanes128         []hexBits
	}
}

func readHostile(t *testing.T) (r hostileResults) {
	t.Helper()
	readJSON(t, "testdata/published_p4016.json", &r)
	require.Len(t, r.Sizes, 29)
	require.Len(t, r.Generators, len(hostileElement))
	return r
}

// byRounds evaluates the tree rule of P4016R0, section 4, as it is written there:
// rounds of neighbours. It overwrites x, which is not empty.
func byRounds(x []float64) float64 {
	for len(x) > 1 {
		pairs := len(x) / 2
		for i := range pairs {
			x[i] = x[2*i] + x[2*i+1]
		}
		x = append(x[:pairs], x[2*pairs:]...)
	}
	return x[0]
}

// inLanesByRounds is the canonical sum of x with that many lanes.
func inLanesByRounds(x []float64, lanes int) float64 {
	var sums []float64
	hand := make([]float64, 0, len(x)/lanes+1)
	for lane := range min(lanes, len(x)) {
		hand = hand[:0]
		for i := lane; i < len(x); i += lanes {
			hand = append(hand, x[i])
		}
		sums = append(sums, byRounds(hand))
	}
	return byRounds(sums)
}

// A threadedSum is a sum on a number of threads.
type threadedSum func(x []float64, threads int) float64

// threadedSums are the ways to a sum in the order on several threads.
func threadedSums(order reduce.Order) map[string]threadedSum {
	return map[string]threadedSum{
		"SumParallel": func(x []float64, threads int) float64 { return reduce.SumParallel(order, x, threads) },
		"Accumulators": func(x []float64, threads int) float64 {
			return byAccumulators(order, x, shares(len(x), threads))
		},
	}
}

// shares cuts n terms into one share a thread and merges from the right.
func shares(n, threads int) (p fuzz.Program) {
	for k := 1; k < threads; k++ {
		p.Cuts = append(p.Cuts, n*k/threads)
		p.Merges = append(p.Merges, threads-1-k)
	}
	return p
}

// onThreads returns an error unless sum gives the bits of want with 2, 3 and 4
// threads, as the demonstrator is tested.
func onThreads(sum threadedSum, x []float64, want float64, what string) (found error) {
	for threads := 2; threads <= 4; threads++ {
		found = errors.Join(found, same(want, sum(x, threads), fmt.Sprintf("%s, %d terms, %d threads", what, len(x), threads)))
	}
	return found
}

func TestHostileDataAreTheDemonstrators(t *testing.T) {
	r := readHostile(t)
	for k, g := range r.Generators {
		require.Equal(t, hostileElement[k].name, g.Name)
		x := hostile(k, r.Sizes[len(r.Sizes)-1])
		require.Equal(t, []hexBits{g.First, g.Second, g.Thousandth},
			[]hexBits{hexBits(kernel.Bits(x[0])), hexBits(kernel.Bits(x[1])), hexBits(kernel.Bits(x[999]))}, g.Name)
	}
}

// The demonstrator, the rounds and Sum agree in every bit; so do 2 to 4 threads.
func TestPairwisePassesTheHostileDataOfP4016(t *testing.T) {
	r := readHostile(t)
	for k, g := range r.Generators {
		all := hostile(k, r.Sizes[len(r.Sizes)-1])
		negated := negate(all)
		for i, n := range r.Sizes {
			x := all[:n]
			want := math.Float64frombits(uint64(g.Lanes16[i]))
			requireBits(t, want, inLanesByRounds(x, 16), "%s, %d, rounds in 16 lanes", g.Name, n)
			requireBits(t, math.Float64frombits(uint64(g.Lanes128[i])), inLanesByRounds(x, 128), "%s, %d, rounds in 128 lanes", g.Name, n)
			requireBits(t, want, reduce.Sum(reduce.Pairwise, x), "%s, %d", g.Name, n)

			wantNegated := inLanesByRounds(negated[:n], 16)
			requireBits(t, wantNegated, reduce.Sum(reduce.Pairwise, negated[:n]), "%s, %d, negated", g.Name, n)
			for way, sum := range threadedSums(reduce.Pairwise) {
				require.NoError(t, onThreads(sum, x, want, g.Name), way)
				require.NoError(t, onThreads(sum, negated[:n], wantNegated, g.Name+" negated"), way)
			}
		}
	}
}

// The other orders that do not depend on cuts: against their own formula, or for
// Exact against math/big, at sizes of which that is quick.
func TestOtherOrdersOnTheHostileDataOfP4016(t *testing.T) {
	r := readHostile(t)
	others := ordersThat[float64](func(o reduce.Order) bool { return o.CutInvariant() && o != reduce.Pairwise })
	require.Contains(t, others, reduce.Exact)
	for k, g := range r.Generators {
		all := hostile(k, r.Sizes[len(r.Sizes)-1])
		for _, n := range r.Sizes {
			if n > 5000 {
				continue
			}
			for _, x := range [][]float64{all[:n], negate(all[:n])} {
				requireBits(t, sumByBig(x), reduce.Sum(reduce.Exact, x), "%s, %d", g.Name, n)
				requireBits(t, canonicalSum(reduce.DoubleDouble, x, nil), reduce.Sum(reduce.DoubleDouble, x), "%s, %d", g.Name, n)
				for _, order := range others {
					for way, sum := range threadedSums(order) {
						require.NoError(t, onThreads(sum, x, reduce.Sum(order, x), g.Name), "%s, %v", way, order)
					}
				}
			}
		}
	}
}

// Threads that finish their shares and add the results, and threads that count
// lanes from their own beginning, are seen; and so is another number of lanes.
func TestHostileDataCatchFaults(t *testing.T) {
	r := readHostile(t)
	faults := map[string]threadedSum{
		"shares finished before they are merged": func(x []float64, threads int) float64 {
			return addsFinished(reduce.Pairwise, x, shares(len(x), threads))
		},
		"lanes counted from the share": func(x []float64, threads int) float64 {
			return countsFromThePiece(reduce.Pairwise, x, shares(len(x), threads))
		},
		"shares that begin a term early": func(x []float64, threads int) float64 {
			return cutsOneEarly(reduce.Pairwise, x, shares(len(x), threads))
		},
		"32 lanes": func(x []float64, _ int) float64 { return inLanesByRounds(x, 32) },
		"adds from left to right": func(x []float64, _ int) float64 {
			return reduce.Sum(reduce.Sequential, x)
		},
	}
	for fault, sum := range faults {
		for k, g := range r.Generators {
			all := hostile(k, r.Sizes[len(r.Sizes)-1])
			seen := slices.ContainsFunc(r.Sizes[:25], func(n int) bool {
				return onThreads(sum, all[:n], reduce.Sum(reduce.Pairwise, all[:n]), "") != nil
			})
			// The sums of kahan are exact in any tree: it tells only wrong terms.
			possible := g.Name != "kahan" || fault == "shares that begin a term early"
			require.Equal(t, possible, seen, "%s: %s", g.Name, fault)
		}
	}
}
