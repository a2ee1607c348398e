package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A window about a small number may reach to the subnormal ones, whose exponent of 0 is that of 1, and which have no hidden bit.
func TestFewBesideSubnormal(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(41, 42))
		for first := range uint64(130) {
			for range 20 {
				x := make([]float64, 2+rng.IntN(20))
				for i := range x {
					x[i] = math.Float64frombits(rng.Uint64N(first+1)<<52 | rng.Uint64()&(1<<63|1<<52-1))
				}
				x[0] = math.Float64frombits(first<<52 | rng.Uint64()>>12)
				for _, how := range []int{Near, NearOrSpread, Spread} {
					v, s, state := SumFew(Plain, x, nil, how)
					if state == NotRounded {
						v = roundedTo[float64](leadingFloat(s))
					}
					if state != Refused {
						require.Equal(t, Bits(roundedTo[float64](exactTerms(Plain, x, x))), Bits(v), "about %d: %x", first, x)
					}
				}
			}
		}
	})
}

// Sums that fill the words of a window to the last bit, by what is carried from the lowest word, have their sign.
func TestFewAtTheEdgeOfWords(t *testing.T) {
	power := func(e int) float64 { return math.Ldexp(1, e) }
	y := []float64{1, 1, 1, 1, 1, 1}
	eachBackend(t, func(t *testing.T) {
		for k := -60; k <= 60; k++ {
			for j := -100; j < k; j++ {
				x := []float64{1, -1, power(k), -power(j), power(j - 1), power(j - 1)}
				for i := range 4 {
					of := []Terms{Plain, Product}[i/2]
					for _, how := range []int{Near, Spread} {
						v, s, state := sumFew(of, x, y, how)
						if state == NotRounded {
							v, _ = leadingFloat(s).Float64()
						}
						if state != Refused && v != x[2] {
							require.Equal(t, x[2], v, "%v %x", of, x)
						}
					}
					for i, v := range x {
						x[i] = -v
					}
				}
			}
		}
	})
}

// What a sum of few numbers reads of a table that is not cleared as a whole, after one of many, is 0, also where they cancel but for their last bits, or
// add up to the middle of two.
func TestFewAfterMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 44))
	many := make([]float64, 400)
	for i := range many {
		many[i] = math.Ldexp(1+rng.Float64(), rng.IntN(2000)-1000)
	}
	eachBackend(t, func(t *testing.T) {
		for e := -1021; e < 900; e++ {
			for _, x := range [][]float64{
				{1 + 0x1p-52, -1},
				{1 + 0x1p-52, -1, 0x1p-100},
				{1, 0x1p-53},
				{1, 0x1p-53, 0x1p-400},
				{1, 0x1p-53, -0x1p-400, 0x1p-900, 0x1p-200, -0x1p-200},
				{1, 0x1p-300, -1, -0x1p-300, 0x1p-330, 0x1p-349, 0x1p-400, 0x1p-401},
			} {
				x = append([]float64(nil), x...)
				for i := range x {
					x[i] = math.Ldexp(x[i], e)
				}
				_, _, _ = SumFew(Plain, many, nil, Spread)
				v, s, state := SumFew(Plain, x, nil, Spread)
				if state == NotRounded {
					v = roundedTo[float64](leadingFloat(s))
				}
				require.NotEqual(t, Refused, state)
				require.Equal(t, Bits(roundedTo[float64](exactTerms(Plain, x, x))), Bits(v), "%x", x)
			}
		}
	})
}
