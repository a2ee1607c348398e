package elementary

import (
	"bufio"
	"flag"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

var coremath = flag.String("coremath", "", "a checkout of CORE-MATH, whose whole lists of worst cases TestHardArguments takes")

// hardArguments reads a file of CORE-MATH's worst cases; see testdata/coremath/README.
func hardArguments(t *testing.T, name string) (all [][]float64) {
	t.Helper()
	path := "testdata/coremath/" + name + ".wc"
	if *coremath != "" && name != "powf" {
		path = filepath.Join(*coremath, "src/binary64", name, name+".wc")
	}
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		var numbers []float64
		for _, text := range strings.Split(line, ",") {
			x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil && *coremath != "" {
				break // a comment, or a special value
			}
			require.NoError(t, err)
			numbers = append(numbers, x)
		}
		if len(numbers) == 0 {
			continue
		}
		all = append(all, numbers)
	}
	require.Greater(t, len(all), 40, name)
	return all
}

// TestHardArguments: in float64 the bounds hold where the value is next to a midpoint,
// too; in float32 the result is the nearest.
func TestHardArguments(t *testing.T) {
	for file, name := range map[string]string{
		"exp": "Exp", "log1p": "Log1p", "exp2": "Exp2", "expm1": "Expm1", "log": "Log", "log2": "Log2", "tanh": "Tanh", "erf": "Erf", "sin": "Sin", "cos": "Cos",
		"rsqrt": "Rsqrt", "cbrt": "Cbrt",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testHardArguments(t, file, name)
		})
	}
}

func testHardArguments(t *testing.T, file, name string) {
	f64, f32, most := scalars[float64]()[name], scalars[float32]()[name], 0.0
	for _, c := range hardArguments(t, file) {
		x := c[0]
		y := float32(x)
		if (name == "Log" || name == "Log2" || name == "Rsqrt") && x <= 0 || name == "Log1p" && y <= -1 || x-x != 0 {
			continue
		}
		got, bound := f64(x), bounds64[name]
		e := ulps(got, oracles[name](x))
		require.LessOrEqualf(t, e, bound, "%s(%x)", name, x)
		most = max(most, e)
		if y != 0 && !math.IsInf(float64(y), 0) {
			want, _ := oracles[name](float64(y)).Float32()
			requireBits(t, want, f32(y), "%s(%x)", name, y)
		}
	}
	t.Logf("%.6f ulp", most)
}

// bigPower is x^y for finite positive x, by the oracle's functions.
func bigPower(x, y float64) float32 {
	p := product(wide(y), bigLogAny(wide(x)))
	if f, _ := p.Float64(); f > 200 {
		return float32(math.Inf(1))
	} else if f < -200 {
		return 0
	}
	want, _ := bigExp(p).Float32()
	return want
}

func TestPowHard(t *testing.T) {
	for _, c := range hardArguments(t, "powf") {
		x, y := c[0], c[1]
		require.Equal(t, x, float64(float32(x)))
		if x == 0 {
			requireBits(t, float32(math.Pow(x, y)), Pow(float32(x), float32(y)), "Pow(%x, %x)", x, y)
			continue
		}
		want := bigPower(math.Abs(x), y)
		if x < 0 && math.Mod(y, 2) != 0 {
			want = -want
		}
		if x < 0 && y != math.Trunc(y) {
			want = kernel.NaN[float32]()
		}
		requireBits(t, want, Pow(float32(x), float32(y)), "Pow(%x, %x)", x, y)
	}
}

// TestPowRandom takes pairs whose result is a float32, mostly.
func TestPowRandom(t *testing.T) {
	s := splitmix64(7)
	for range 3000 {
		x := math.Float32frombits(uint32(s.next()) >> 1)
		if x != x || x == 0 || math.IsInf(float64(x), 0) {
			continue
		}
		l, _ := bigLogAny(wide(float64(x))).Float64()
		y := float32((float64(s.next()>>11)*0x1p-53*2 - 1) * 106 / l)
		if y-y != 0 {
			continue
		}
		requireBits(t, bigPower(float64(x), float64(y)), Pow(x, y), "Pow(%x, %x)", x, y)
	}
}

// TestPowExact: powers that are midpoints of two float32 go to the even one, and so do
// their neighbours go to the nearest.
func TestPowExact(t *testing.T) {
	exact := func(x, y float64) *big.Float { // y is an integer, or 1/2, 3/2 of a square
		v := newNumber(2000, x)
		if y != math.Trunc(y) {
			v, y = newNumber(2000, math.Sqrt(x)), 2*y
		}
		p := integer(2000, 1)
		for range int(math.Abs(y)) {
			p = product(p, v)
		}
		if y < 0 {
			p = over(integer(2000, 1), p)
		}
		return p
	}
	ties := 0
	check := func(x, y float64) {
		v := exact(x, y)
		want, _ := v.Float32()
		if v.MinPrec() == 25 {
			ties++
		}
		requireBits(t, want, Pow(float32(x), float32(y)), "Pow(%v, %v)", x, y)
		up := neighbour(float32(y), 1)
		requireBits(t, bigPower(x, float64(up)), Pow(float32(x), up), "Pow(%v, %v)", x, up)
	}
	for n := 4097.0; n < 5800; n += 14 {
		check(n, 2)
		check(n*0x1p-70, 2)
		check((n-3000)*(n-3000)*0x1p-20, 0.5)
	}
	for n := 257.0; n < 330; n += 2 {
		check(n, 3)
		check(n*n*0x1p-10, 1.5)
	}
	for n := 3.0; n < 16; n++ {
		for y := 1.0; y < 17; y++ {
			check(n, y)
			check(n, -y)
			check(n*0x1p-9, y)
		}
	}
	require.Greater(t, ties, 60)
	// The least subnormal, and half of it.
	requireBits(t, float32(0), Pow(0.5, 150), "2^-150")
	requireBits(t, float32(0x1p-149), Pow(0.5, 149), "2^-149")
	requireBits(t, float32(math.Inf(1)), Pow(2, 128), "2^128")
	requireBits(t, float32(0), Pow(4, -75), "4^-75")
}

// TestPowSpecial compares with package math, which has the special values of C99.
func TestPowSpecial(t *testing.T) {
	inf := math.Inf(1)
	values := []float64{0, negZero, 0.5, -0.5, 1, -1, 2, -2, 3, -3, 1.5, -1.5, inf, -inf, math.NaN(), 0x1p24, -0x1p24, 0x1p24 - 1, 0x1p100, 0x1p-149}
	for _, x := range values {
		for _, y := range values {
			a := math.Abs(x)
			if a != 0 && a != 1 && !math.IsInf(x, 0) && !math.IsInf(y, 0) && y != 0 && (x > 0 || y == math.Trunc(y)) && x == x && y == y {
				continue // an ordinary one
			}
			requireBits(t, float32(math.Pow(x, y)), Pow(float32(x), float32(y)), "Pow(%v, %v)", x, y)
		}
	}
	x, y := []float32{2, 3, -2}, []float32{3, 0.5, 3}
	PowSlice(x, x, y)
	require.Equal(t, []float32{8, 1.7320508, -8}, x)
	require.Panics(t, func() { PowSlice(x, x, y[1:]) })
}
