package elementary

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// shorterWays are the first evaluations of float64 functions, which settle most arguments.
var shorterWays = map[string]func(x float64) bounded{
	"Sin":     func(x float64) bounded { return turnedSin(x, 0) },
	"Cos":     func(x float64) bounded { return turnedSin(x, partsPerQuarter) },
	"Tanh":    func(x float64) bounded { return nearTanh(x) },
	"Sigmoid": func(x float64) bounded { return nearLogistic(1, sum{x, 0}) },
	"SiLU":    func(x float64) bounded { return nearLogistic(x, sum{x, 0}) },
	"Expm1":   func(x float64) bounded { return nearExpm1(x) },
	"Cbrt": func(x float64) bounded {
		return nearCbrt(halley(math.Float64frombits(math.Float64bits(x)/3+0x2a9f789000000000), x), x)
	},
}

// measureWay returns the largest error of a shorter way, as a part of its bound, and the
// share of arguments that it leaves open. What it settles must be the nearest number.
func measureWay(t *testing.T, name string, n int) (most, open float64) {
	s := splitmix64(31)
	for range n {
		x := math.Ldexp(1+float64(s.next()>>11)*0x1p-53, int(s.next()%6)-3) // 1/8 to 8
		if name == "Cbrt" || name == "Tanh" || s.next()%2 == 0 {
			x = math.Abs(x)
		} else {
			x = -x
		}
		b := shorterWays[name](x)
		want := oracles[name](x)
		y, ok := b.rounded()
		if !ok {
			open += 1 / float64(n)
		} else if nearest, _ := want.Float64(); y != nearest {
			most = math.Inf(1)
			t.Logf("%s(%x) is %x, not %x", name, x, nearest, y)
		}
		if !math.IsInf(b.e, 0) {
			d, _ := sub(want, new(big.Float).SetPrec(want.Prec()).Add(wide(b.h), wide(b.l))).Float64()
			most = max(most, math.Abs(d)/b.e)
		}
	}
	return most, open
}

// TestShorterWays: their errors are below their bounds, which leave few arguments open.
func TestShorterWays(t *testing.T) {
	for name := range shorterWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			most, open := measureWay(t, name, *samples/2)
			t.Logf("an error of %.3f of the bound; %.3f are open", most, open)
			require.Less(t, most, 0.95)
			require.Greater(t, most, 0.02, "a bound that says nothing")
			require.Less(t, open, 0.08)
		})
	}
}

// TestShorterWaysSeeFault: an error of 2^-57 in the tables is above the bounds.
func TestShorterWaysSeeFault(t *testing.T) {
	for name, table := range map[string][]sum{
		"Tanh": exp2Table[:], "Sigmoid": exp2Table[:], "SiLU": exp2Table[:], "Expm1": exp2Table[:], "Sin": sineTable[:], "Cos": sineTable[:],
	} {
		saved := append([]sum(nil), table...)
		for i := range table {
			table[i].l += float64(table[i].h * 0x1p-57)
		}
		most, _ := measureWay(t, name, 40)
		copy(table, saved)
		require.Greater(t, most, 0.95, name)
	}
}
