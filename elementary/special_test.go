package elementary

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

var (
	inf     = math.Inf(1)
	negZero = math.Copysign(0, -1)
)

// TestSpecialValues lists the results that are known exactly; NaN stands for the
// canonical one.
func TestSpecialValues(t *testing.T) {
	t.Run("float32", testSpecialValues[float32])
	t.Run("float64", testSpecialValues[float64])
}

func testSpecialValues[T Float](t *testing.T) {
	nan := math.NaN()
	cases := map[string][][2]float64{
		"Exp":      {{0, 1}, {negZero, 1}, {inf, inf}, {-inf, 0}, {710, inf}, {-746, 0}, {1e300, inf}, {-1e300, 0}, {1e-40, 1}},
		"Tanh":     {{0, 0}, {negZero, negZero}, {inf, 1}, {-inf, -1}, {25, 1}, {-25, -1}},
		"Erf":      {{0, 0}, {negZero, negZero}, {inf, 1}, {-inf, -1}, {7, 1}, {-7, -1}},
		"Sigmoid":  {{0, 0.5}, {negZero, 0.5}, {inf, 1}, {-inf, 0}, {-800, 0}, {800, 1}},
		"SiLU":     {{0, 0}, {negZero, negZero}, {inf, inf}, {-inf, negZero}, {-800, negZero}, {800, 800}},
		"GELU":     {{0, 0}, {negZero, negZero}, {inf, inf}, {-inf, negZero}, {-39.5, negZero}, {-41, negZero}, {50, 50}},
		"GELUTanh": {{0, 0}, {negZero, negZero}, {inf, inf}, {-inf, negZero}, {-30, negZero}, {-41, negZero}, {50, 50}},
		"Sin":      {{0, 0}, {negZero, negZero}, {inf, nan}, {-inf, nan}},
		"Cos":      {{0, 1}, {negZero, 1}, {inf, nan}, {-inf, nan}},
		"Exp2":     {{0, 1}, {negZero, 1}, {inf, inf}, {-inf, 0}, {1024, inf}, {1100, inf}, {-1075, 0}, {3, 8}, {-20, 0x1p-20}, {1e300, inf}, {-1e300, 0}},
		"Expm1":    {{0, 0}, {negZero, negZero}, {inf, inf}, {-inf, -1}, {710, inf}, {-50, -1}, {1e300, inf}, {-1e300, -1}},
		"Log":      {{0, -inf}, {negZero, -inf}, {1, 0}, {inf, inf}, {-inf, nan}, {-1, nan}},
		"Log2":     {{0, -inf}, {negZero, -inf}, {1, 0}, {8, 3}, {0x1p-149, -149}, {0x1p127, 127}, {inf, inf}, {-inf, nan}, {-1, nan}},
		"Log1p":    {{0, 0}, {negZero, negZero}, {-1, -inf}, {inf, inf}, {-inf, nan}, {-1.5, nan}},
		"Rsqrt":    {{0, inf}, {negZero, -inf}, {0.25, 2}, {0x1p-148, 0x1p74}, {inf, 0}, {-inf, nan}, {-1, nan}},
		"Cbrt":     {{0, 0}, {negZero, negZero}, {8, 2}, {-27, -3}, {0x1p-147, 0x1p-49}, {inf, inf}, {-inf, -inf}},
		"Sqrt":     {{0, 0}, {negZero, negZero}, {inf, inf}, {-inf, nan}, {-1, nan}, {0.25, 0.5}},
	}
	require.Len(t, cases, len(scalars[T]()))
	for name, f := range scalars[T]() {
		for _, c := range cases[name] {
			requireBits(t, T(c[1]), f(T(c[0])), "%s(%v)", name, c[0])
		}
		for _, payload := range []uint64{0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0xfff0000000000001, 0xfff0000000000800, 0xfff123456789abcd} {
			requireBits(t, kernel.NaN[T](), f(T(math.Float64frombits(payload))), "%s(NaN %x)", name, payload)
		}
		if !kernel.Is64[T]() {
			requireBits(t, kernel.NaN[T](), f(fromBits[T](0xff800001)), "%s(signalling NaN)", name)
		}
	}
	s, c := Sincos(T(inf))
	requireBits(t, kernel.NaN[T](), s, "Sincos(Inf)")
	requireBits(t, kernel.NaN[T](), c, "Sincos(Inf)")
}

func requireBits[T Float](t *testing.T, want, got T, format string, arguments ...any) {
	t.Helper()
	want = kernel.Canonical(want)
	require.Equalf(t, kernel.Bits(want), kernel.Bits(got), format, arguments...)
}

// TestLeastArguments: near zero the slope is that of the function, in subnormals too.
func TestLeastArguments(t *testing.T) {
	least := math.SmallestNonzeroFloat64
	for _, x := range []float64{least, 3 * least, 5 * least, 0x1p-1030, 0x1p-1022, -least, -7 * least} {
		requireBits(t, x, Tanh(x), "Tanh(%x)", x)
		requireBits(t, x, Sin(x), "Sin(%x)", x)
		requireBits(t, x, Expm1(x), "Expm1(%x)", x)
		requireBits(t, x, Log1p(x), "Log1p(%x)", x)
		requireBits(t, x/2, GELU(x), "GELU(%x)", x)
		requireBits(t, x/2, GELUTanh(x), "GELUTanh(%x)", x)
		requireBits(t, x/2, SiLU(x), "SiLU(%x)", x)
	}
}

// TestMonotonic walks over neighbouring numbers, where a table row or a branch ends
// too: no step goes the wrong way by more than the error bounds allow, one ulp.
func TestMonotonic(t *testing.T) {
	starts := []float64{1e-10, 0.124999, 0.125, 0.4999999, 0.5, 0.999999, 1, 2, 3, math.Ln2 / 256, 3 * math.Ln2 / 256, 5.9, 7, 19}
	for _, name := range []string{"Exp", "Tanh", "Erf", "Sigmoid", "Sqrt", "Exp2", "Expm1", "Log", "Log2", "Log1p", "Cbrt"} {
		f32, f64 := scalars[float32]()[name], scalars[float64]()[name]
		for _, x := range starts {
			requireMonotonic(t, name, f32, float32(x), 0)
			requireMonotonic(t, name, f64, x, 1)
		}
	}
}

// requireMonotonic takes 600 numbers around x; slack is the ulps that a step may go down.
func requireMonotonic[T Float](t *testing.T, name string, f func(T) T, x T, slack int64) {
	t.Helper()
	last := f(neighbour(x, -301))
	for i := int64(-300); i < 300; i++ {
		y := f(neighbour(x, i))
		require.GreaterOrEqualf(t, neighbour(y, slack), last, "%s at %x", name, neighbour(x, i))
		last = y
	}
}

// TestHalves: with a subnormal result x/2 may be a midpoint, and the next term decides:
// upwards, always.
func TestHalves(t *testing.T) {
	const least = 0x1p-149
	for _, f := range []func(float32) float32{SiLU[float32], GELU[float32], GELUTanh[float32]} {
		for n := float32(1); n < 100; n += 2 {
			requireBits(t, (n+1)/2*least, f(n*least), "%v", n)
			requireBits(t, float32(math.Copysign(float64((n-1)/2*least), -1)), f(-n*least), "%v", -n)
		}
	}
}

func TestSincosIsSinAndCos(t *testing.T) {
	t.Run("float32", testSincosIsSinAndCos[float32])
	t.Run("float64", testSincosIsSinAndCos[float64])
}

func testSincosIsSinAndCos[T Float](t *testing.T) {
	for _, x := range goldenArguments[T]() {
		s, c := Sincos(x)
		requireBits(t, Sin(x), s, "Sin(%x)", x)
		requireBits(t, Cos(x), c, "Cos(%x)", x)
	}
}

// TestErfIsRoundedOnce: subnormal results, too, of an argument of CORE-MATH's (whose whole
// list is not here) and of random ones.
func TestErfIsRoundedOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	for i := range 2000 {
		x := math.Float64frombits(rng.Uint64N(80 << 52)) // below 2^-943
		if i == 0 {
			x = 0x1.3e99aa70aa1cap-1023
		}
		for _, x := range []float64{x, -x} {
			require.LessOrEqual(t, ulps(Erf(x), oracles["Erf"](x)), bounds64["Erf"], "%x", x)
		}
	}
}
