package elementary

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// shorterWays are the first evaluations of float64 functions, which settle most arguments, up
// to an end. Their names are those of the functions, and a word where there are two.
var shorterWays = map[string]struct {
	of  func(x float64) bounded
	end float64
}{
	"Sin":           {func(x float64) bounded { return turnedSin(x, 0) }, 8},
	"Cos":           {func(x float64) bounded { return turnedSin(x, partsPerQuarter) }, 8},
	"Tanh":          {func(x float64) bounded { return nearTanh(x) }, 8},
	"Tanh local":    {localTanh, logisticEnd / 2},
	"Sigmoid":       {func(x float64) bounded { return nearLogistic(1, sum{x, 0}) }, 8},
	"Sigmoid local": {func(x float64) bounded { return localLogistic(x) }, logisticEnd},
	"SiLU":          {func(x float64) bounded { return nearLogistic(x, sum{x, 0}) }, 8},
	"SiLU local":    {func(x float64) bounded { return localLogistic(x).weighted(x) }, logisticEnd},
	"GELU":          {func(x float64) bounded { return localNormal(x).weighted(x) }, geluEnd},
	"GELUTanh":      {func(x float64) bounded { return localGELUTanh(x).weighted(x) }, geluTanhEnd},
	"Erf":           {nearErf, erfLocalEnd},
	"Log2": {func(x float64) bounded {
		m, e := normalise(x)
		return nearLog2(m, float64(e))
	}, 8},
	"Expm1": {func(x float64) bounded { return nearExpm1(x) }, 8},
	"Log":   {shortLog, 8},
	"Cbrt": {func(x float64) bounded {
		return nearCbrt(cbrtStart(x), x)
	}, 8},
}

// These repeat what the functions are made of, in which calls would cost too much.

func localLogistic(x float64) bounded {
	f, d := nearby(&logisticLocals, x)
	return f.value(float64(f.slope*d), f.curve(d)).whole(x)
}

func localNormal(x float64) bounded {
	f, d := nearby(&tailLocals, x)
	return f.value(float64(f.slope*d), f.curve(d)).whole(x)
}

func localGELUTanh(x float64) bounded {
	f, d := nearby(&geluTanhLocals, float64(geluTanhStretch*x))
	return f.value(float64(f.slope*d), f.curve(d)).whole(x)
}

func localTanh(a float64) bounded {
	f, d := nearby(&logisticLocals, float64(2*a))
	b := f.value(float64(f.slope*d), f.curve(d))
	return bounded{1 - float64(2*b.h), float64(-2 * b.l), float64(2 * b.e)}
}

func shortLog(x float64) bounded {
	m, e := normalise(x)
	t := m + nearRounder
	row := &logRows[math.Float64bits(t)&(1<<11-1)]
	z, n := float64((m-(t-nearRounder))*row.inverse), float64(e)
	w := z * z
	l := z + (float64(w*((-0.5+float64(z*(1.0/3)))+float64(w*(-0.25+float64(z*0.2))))) + (row.l + float64(n*ln2GridLo)))
	return bounded{float64(n*ln2Grid) + row.h, l, float64(math.Abs(z)*0x1.2p-51) + 0x1p-65}
}

// onlyPositive are the ways for magnitudes.
var onlyPositive = map[string]bool{"Cbrt": true, "Tanh": true, "Tanh local": true, "Erf": true, "Log2": true, "Log": true}

// measureWay returns the largest error of a shorter way, as a part of its bound, and the
// share of arguments that it leaves open. What it settles must be the nearest number.
func measureWay(t *testing.T, name string, n int) (most, open float64) {
	s := splitmix64(31)
	way := shorterWays[name]
	oracle, _, _ := strings.Cut(name, " ")
	for range n {
		x := math.Ldexp(1+float64(s.next()>>11)*0x1p-53, int(s.next()%6)-3) // 1/8 to 8
		for x >= way.end {
			x /= 2
		}
		if !onlyPositive[name] && s.next()%2 != 0 {
			x = -x
		}
		b := way.of(x)
		want := oracles[oracle](x)
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
	for name, table := range map[string]*locals{
		"Tanh local": &logisticLocals, "Sigmoid local": &logisticLocals, "SiLU local": &logisticLocals,
		"GELU": &tailLocals, "Erf": &tailLocals, "GELUTanh": &geluTanhLocals,
	} {
		saved := *table
		for i := range table {
			table[i].l += float64(table[i].h * 0x1p-56)
		}
		most, _ := measureWay(t, name, 40)
		*table = saved
		require.Greater(t, most, 0.95, name)
	}
	saved := logRows
	for i := range logRows {
		logRows[i].l += 0x1p-57
	}
	most, _ := measureWay(t, "Log", 40)
	logRows = saved
	require.Greater(t, most, 0.95, "Log")
}

// longWays are the functions by the steps of SPEC.md alone.
var longWays = map[string]func(x float64) float64{
	"Sin": func(x float64) float64 { return quadrantSin(reduceAngle(x)) },
	"Cos": func(x float64) float64 {
		r, n := reduceAngle(x)
		return quadrantSin(r, n+1)
	},
	"Tanh":     longTanh,
	"Sigmoid":  func(x float64) float64 { return longLogistic(1, sum{x, 0}) },
	"SiLU":     func(x float64) float64 { return longLogistic(x, sum{x, 0}) },
	"GELU":     longGELU,
	"GELUTanh": func(x float64) float64 { return longLogistic(x, geluTanhExponent(x)) },
	"Erf":      longErf,
	"Log":      longLog,
	"Log2":     longLog2,
	"Rsqrt":    longRsqrt,
	"Cbrt":     longCbrt,
}

// TestShorterWaysGiveTheLongBits compares the functions with the steps of SPEC.md.
func TestShorterWaysGiveTheLongBits(t *testing.T) {
	for name, long := range longWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := scalars[float64]()[name]
			s := splitmix64(77)
			for range *samples {
				x := math.Ldexp(1+float64(s.next()>>11)*0x1p-53, int(s.next()%12)-6) // 1/64 to 64
				for _, x := range []float64{x, -x, 1 + x*0x1p-6, 1 - x*0x1p-7, math.Round(x*64) / 64, math.Round(x*128+0.5) / 128} {
					if got, want := math.Float64bits(f(x)), math.Float64bits(kernel.Canonical(long(x))); got != want {
						t.Fatalf("%s(%x) has the bits %x, by the steps %x", name, x, got, want)
					}
				}
			}
		})
	}
}
