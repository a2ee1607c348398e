package elementary

import (
	"flag"
	"math"
	"math/big"
	"sort"
	"strings"
	"testing"

	"github.com/ericlagergren/decimal"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

var samples = flag.Int("samples", 1500, "random arguments, for each function and type, of the accuracy tests")

// scalars are the functions of one argument, by name.
func scalars[T Float]() map[string]func(T) T {
	return map[string]func(T) T{
		"Exp": Exp[T], "Tanh": Tanh[T], "Erf": Erf[T], "Sigmoid": Sigmoid[T], "SiLU": SiLU[T],
		"GELU": GELU[T], "GELUTanh": GELUTanh[T], "Sin": Sin[T], "Cos": Cos[T], "Sqrt": Sqrt[T],
		"Exp2": Exp2[T], "Expm1": Expm1[T], "Log": Log[T], "Log2": Log2[T], "Log1p": Log1p[T],
		"Rsqrt": Rsqrt[T], "Cbrt": Cbrt[T],
	}
}

func names() []string {
	var list []string
	for name := range oracles {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

// bounds64 are the errors in ulps that the package documents for float64.
var bounds64 = map[string]float64{
	"Sqrt": 0.5, "Exp": 0.51, "Sigmoid": 0.51, "SiLU": 0.51, "Tanh": 0.51, "GELUTanh": 0.51, "GELU": 0.51, "Erf": 0.51,
	"Sin": 0.51, "Cos": 0.51, "Exp2": 0.51, "Expm1": 0.51, "Log": 0.51, "Log2": 0.51, "Log1p": 0.51, "Rsqrt": 0.51, "Cbrt": 0.51,
}

// bound32 leaves room beside correct rounding for the float64 error alone.
const bound32 = 0.5 + 0x1p-29

// ulps returns the distance of got from want in units in the last place of a T near
// want. An infinity is right beyond the overflow threshold; elsewhere it counts as
// the power of 2 after the largest finite number.
func ulps[T Float](got T, want number) float64 {
	digits, least, largest := 24, -149, 128
	if kernel.Is64[T]() {
		digits, least, largest = 53, -1074, 1024
	}
	g := new(big.Float).SetPrec(want.Prec())
	if math.IsInf(float64(got), 0) {
		g.SetMantExp(wide(math.Copysign(1, float64(got))), largest)
		threshold := sub(g, twoTo(wide(math.Copysign(1, float64(got))), largest-digits-1))
		if want.Sign() == g.Sign() && new(big.Float).Abs(want).Cmp(threshold.Abs(threshold)) >= 0 {
			return 0
		}
	} else {
		g.SetFloat64(float64(got))
	}
	ulp := min(max(want.MantExp(nil)-digits, least), largest-digits)
	e, _ := twoTo(sub(g, want), -ulp).Float64()
	return math.Abs(e)
}

// sees tells whether an error of f on xs or their negatives exceeds the bound.
func sees[T Float](f func(T) T, oracle func(float64) number, xs []T, bound float64) bool {
	for i := range xs {
		if most, _ := worst(f, oracle, xs[i:i+1]); most > bound {
			return true
		}
	}
	return false
}

// worst returns the largest error of f on xs and their negatives, in ulps, and where.
func worst[T Float](f func(T) T, oracle func(float64) number, xs []T) (most float64, at T) {
	for _, x := range xs {
		for _, x := range []T{x, -x} {
			want := oracle(float64(x))
			e := math.Inf(1)
			if y := f(x); y == y {
				e = ulps(y, want)
			}
			if e > most {
				most, at = e, x
			}
		}
	}
	return most, at
}

// splitmix64 is Steele, Lea and Flood's generator.
type splitmix64 uint64

func (s *splitmix64) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// number returns a finite float64: in turn any bit pattern, one between 2^-12 and
// 2^12 in magnitude, and one below 48, evenly spread.
func (s *splitmix64) number() float64 {
	u := s.next()
	switch s.next() % 3 {
	case 0:
		x := math.Float64frombits(u)
		if x-x != 0 {
			return s.number()
		}
		return x
	case 1:
		return math.Float64frombits(u&(1<<63|1<<52-1) | (1011+(u>>52)%24)<<52)
	}
	return (float64(u>>11)*0x1p-53 - 0.5) * 96
}

// arguments returns n random finite numbers, and those where something changes: the
// thresholds of the code, the edges of overflow and of subnormal results, multiples
// of pi/2, and their neighbours.
func arguments[T Float](n int) []T {
	var xs []T
	s := splitmix64(2026)
	for len(xs) < n {
		x := T(s.number())
		if !kernel.Is64[T]() && s.next()%4 == 0 {
			x = T(math.Float32frombits(uint32(s.next())))
		}
		if x-x == 0 {
			xs = append(xs, x)
		}
	}
	edges := []float64{
		0, 0x1p-1074, 0x1.fffffffffffffp-1023, 0x1p-1022, math.MaxFloat64, 0x1p-149, 0x1p-126, 0x1p-127, math.MaxFloat32,
		0x1p-900, 0x1p-60, 0x1p-30, 0x1p-27, 0x1p-54, 0x1p-24, 0.125, 0.25, 0.5, 1, 2, 3, 6, 7, 9, 15, 20, 31, 40,
		708, 708.3964185322641, 709.782712893384, 710, 745.1332191019411, 744.4400719213812, 746, 760, 38.5, 37.5, 21.4,
		88.72283905206835, 87.33654475, 1024, 1023.998, 128, 127.999, -1022, -1021, -126, -149.5, 103.97207708, 92, 14.2, 5.9, 3.83, 8.3, 19.06,
		math.Ln2, math.Ln2 / 256, math.Pi / 4, math.Pi / 2, math.Pi, 0x1p20,
		// The float64 closest, of all, to a multiple of pi/2 (Muller et al., Handbook of
		// Floating-Point Arithmetic, 11.2), and the float32.
		0x1.6ac5b262ca1ffp+849, 16367173 * 0x1p72,
	}
	for i := range 40 {
		edges = append(edges, float64(i*i*i)*math.Pi/2, float64(i)*math.Ln2/256)
	}
	for _, e := range edges {
		x := T(e)
		if x-x == 0 {
			xs = append(xs, x, neighbour(x, -1), neighbour(x, 1))
		}
	}
	return xs
}

// neighbour returns x, n numbers up in magnitude (or down).
func neighbour[T Float](x T, n int64) T {
	b := int64(kernel.Bits(x))
	if b+n < 0 {
		return x
	}
	var y T
	if kernel.Is64[T]() {
		y = T(math.Float64frombits(uint64(b + n)))
	} else {
		y = T(math.Float32frombits(uint32(b + n)))
	}
	if y-y != 0 {
		return x
	}
	return y
}

func TestAccuracy(t *testing.T) {
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireWithin(t, name, scalars[float64]()[name], *samples, bounds64[name])
			requireWithin(t, name, scalars[float32]()[name], *samples/2, bound32)
		})
	}
}

func requireWithin[T Float](t *testing.T, name string, f func(T) T, n int, bound float64) {
	t.Helper()
	switch name {
	case "Sqrt", "Rsqrt", "Log", "Log2":
		g := f
		f = func(x T) T { return g(max(x, -x)) }
	case "Log1p":
		g := f
		f = func(x T) T { return g(log1pDomain(x)) }
	}
	most, at := worst(f, oracles[name], arguments[T](n))
	t.Logf("%s of %T: %.6f ulp at %x", name, at, most, at)
	require.LessOrEqualf(t, most, bound, "at %x", at)
}

// TestCheckersSeeFaults feeds the checks above with faults of the size that they are
// there to find.
func TestCheckersSeeFaults(t *testing.T) {
	for name, f := range scalars[float64]() {
		if strings.HasPrefix(name, "Log") || strings.HasSuffix(name, "qrt") {
			continue
		}
		off := func(x float64) float64 { return neighbour(f(x), 1) }
		require.Truef(t, sees(off, oracles[name], arguments[float64](20), bounds64[name]), "%s, one ulp off", name)
	}
	off := func(x float32) float32 { return neighbour(Exp(x), 1) }
	require.True(t, sees(off, oracles["Exp"], arguments[float32](20), bound32), "Exp of float32, one ulp off")
}

func TestAccuracySeesPerturbedCoefficient(t *testing.T) {
	faults := map[string]*float64{
		"Tanh": &tanhSeries[2], "Erf": &erfSeries[1], "GELU": &tailTable[1].c[3], "Exp": &exp2Table[77].l,
		"Sin": &sineTable[30].h, "Cos": &sineTable[30].h,
	}
	for name, coefficient := range faults {
		saved := *coefficient
		*coefficient *= 1 + 0x1p-20
		if name == "Exp" {
			*coefficient += 0x1p-53
		}
		tailLocals = newTailLocals()
		seen := sees(scalars[float64]()[name], oracles[name], arguments[float64](600), bounds64[name])
		*coefficient = saved
		tailLocals = newTailLocals()
		require.Truef(t, seen, "%s with a perturbed coefficient", name)
	}
}

// TestOracle compares the oracle with an implementation that shares nothing with it,
// and with identities.
func TestOracle(t *testing.T) {
	ctx := decimal.Context{Precision: 60}
	for _, x := range arguments[float64](60) {
		if a := math.Abs(x); a < 1e-30 || a > 1000 {
			continue
		}
		z := decimal.WithContext(ctx)
		ctx.Exp(z, decimal.WithContext(ctx).SetFloat64(x))
		want, _, err := big.ParseFloat(z.String(), 10, precision, big.ToNearestEven)
		require.NoError(t, err)
		requireEqual(t, want, bigExp(wide(x)), 190)
	}
	one := wide(1)
	for _, x := range []float64{1e-9, 0.3, 1, 4, 5, 7, 30} {
		phi := bigPhi(product(wide(x), new(big.Float).Sqrt(wide(2))))
		requireEqual(t, add(one, bigErf(wide(x))), twoTo(phi, 1), 190)
		requireEqual(t, add(one, bigTanh(wide(x))), twoTo(bigLogistic(wide(2*x)), 1), 190)
		s, c := bigSincos(x)
		if x >= 4 {
			requireEqual(t, bigScaledTail(wide(x)), bigMills(wide(x)), 180)
		}
		requireEqual(t, one, add(product(s, s), product(c, c)), 190)
		s2, c2 := bigSincos(2 * x)
		requireEqual(t, s2, twoTo(product(s, c), 1), 190)
		requireEqual(t, add(one, c2), twoTo(product(c, c), 1), 190)
	}
	_, c := bigSincos(0x1.921fb54442d18p-1) // pi/4, wrong by 2^-55
	requireEqual(t, new(big.Float).Sqrt(wide(0.5)), c, 53)
}

// requireEqual demands that x and y agree to the given number of leading bits.
func requireEqual(t *testing.T, x, y number, bits int) {
	t.Helper()
	d := sub(x, y)
	require.True(t, d.Sign() == 0 || d.MantExp(nil) < x.MantExp(nil)-bits, "%.50g is not %.50g", x, y)
}

// TestExpBeforeRounding measures what the roundings and the neglected terms of exp add up
// to ahead of the last rounding, for many more arguments than an oracle in arbitrary
// precision allows: against expSum, which is good to 2^-68. That of expPoly is
// seen to be larger.
func TestExpBeforeRounding(t *testing.T) {
	measure := func(series func(r, l float64) float64) (worst float64) {
		s := splitmix64(21)
		for range *samples * 100 {
			x := s.number()
			if !(math.Abs(x) < 708) {
				continue
			}
			e, _ := expSum(sum{x, 0})
			i, r := expReduce(x)
			row := exp2Table[i&(expEntries-1)]
			d := (row.h - e.h) + (float64(row.h*series(r, row.l)) - e.l)
			_, exponent := math.Frexp(e.h)
			worst = max(worst, math.Abs(math.Ldexp(d, 53-exponent)))
		}
		return worst
	}
	long, short := measure(expSeries), measure(expPoly)
	t.Logf("exp is off by %.5f ulp before it is rounded; with expPoly, by %.5f", long, short)
	require.Less(t, long, 0.007)
	require.Greater(t, short, 0.01)
}

// TestErfAroundRows: near 0.354 the distance from the middle of a row of tailTable has the largest
// low part. Its product with the high part, left out, made these the worst of 30 million results:
// wrong by 0.5125 to 0.5129 ulp.
func TestErfAroundRows(t *testing.T) {
	for _, x := range []float64{0x1.6a55d5d7d50b3p-02, 0x1.6a452adeeb342p-02, 0x1.6a19cdb2719d8p-02, 0x1.6a78090cf1008p-02} {
		require.Less(t, ulps(Erf(x), oracles["Erf"](x)), 0.502, "%x", x)
	}
}
