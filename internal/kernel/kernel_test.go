package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// exactFMA is x*y + z rounded once, by math/big.
func exactFMA(x, y, z float32) float32 {
	wide := func(v float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(v)) }
	p := wide(x)
	p.Mul(p, wide(y)).Add(p, wide(z))
	if p.Sign() == 0 { // math/big decides the sign of zero as IEEE 754 does, but only per operation
		return float32(float64(x)*float64(y) + float64(z))
	}
	f, _ := p.Float32()
	return f
}

func requireFMA(t *testing.T, fma func(x, y, z float32) float32, x, y, z float32) {
	t.Helper()
	for _, s := range []float32{1, -1} {
		want, got := exactFMA(s*x, y, s*z), fma(s*x, y, s*z)
		require.Equal(t, math.Float32bits(want), math.Float32bits(got),
			"%x*%x + %x = %x, got %x", s*x, y, s*z, want, got)
	}
}

// hardFMA lists cases in which rounding twice, through float64, errs.
var hardFMA = [][3]float32{
	{4097, 4097, 0x1p-30},                                        // 2^24 + 2^13 + 1 and a little: a midpoint of float32, then up
	{1 + 0x1p-12, 1 + 0x1p-12, 0x1p-60},                          // the same near 1
	{1 - 0x1p-23, 0x1p-75, 0x1p-75},                              // subnormal neighbours
	{1 + 0x1p-23, (1 - 0x1p-23) * 0x1p-75, 0},                    // a product that is subnormal and inexact
	{0x1p-75 * (1 + 0x1p-23), 0x1p-75 * (1 - 0x1p-23), 0x1p-127}, // below the midpoint of two subnormals
	{0x1p-75 * (1 + 0x1p-23), 0x1p-75 * (1 + 0x1p-23), 0x1p-127}, // above it
	{math.MaxFloat32, 1, 0x1p103},                                // the overflow threshold
	{math.MaxFloat32, 2, -math.MaxFloat32},
	{0x1p-149, 0x1p-149, 0}, {0x1p-149, -0x1p-149, 0}, {0x1p-149, 0x1p-149, 1}, {0, 5, 0},
}

func TestFMA32RoundsOnce(t *testing.T) {
	for _, c := range hardFMA {
		requireFMA(t, FMA[float32], c[0], c[1], c[2])
	}
	require.Equal(t, float32(16785410), FMA[float32](4097, 4097, 0x1p-30))
	rng, rounds := rand.New(rand.NewPCG(1, 2)), 200000
	if testing.Short() { // also on emulated processors, and without assembly
		rounds = 50000
	}
	for range rounds {
		x := math.Float32frombits(rng.Uint32())
		y := math.Float32frombits(rng.Uint32())
		z := math.Float32frombits(rng.Uint32())
		switch rng.IntN(4) {
		case 0: // z within reach of the product
			z = float32(float64(x) * float64(y) * math.Ldexp(rng.Float64(), rng.IntN(60)-30))
		case 1: // an integer midpoint and a disturbance
			x, y = float32(4096+rng.IntN(4096)), float32(4096+rng.IntN(4096))
			z = float32(math.Ldexp(rng.Float64()-0.5, -rng.IntN(60)))
		case 2: // subnormal results
			x = math.Float32frombits(rng.Uint32()&0x807fffff | 40<<23)
			y = math.Float32frombits(rng.Uint32()&0x807fffff | uint32(40+rng.IntN(50))<<23)
			z = math.Float32frombits(rng.Uint32() & 0x80ffffff)
		}
		if !IsFinite(x) || !IsFinite(y) || !IsFinite(z) {
			continue
		}
		requireFMA(t, FMA[float32], x, y, z)
	}
}

// The oracle must catch the classic mistake.
func TestFMA32OracleSeesDoubleRounding(t *testing.T) {
	twice := func(x, y, z float32) float32 { return float32(math.FMA(float64(x), float64(y), float64(z))) }
	wrong := 0
	for _, c := range hardFMA {
		if math.Float32bits(twice(c[0], c[1], c[2])) != math.Float32bits(exactFMA(c[0], c[1], c[2])) {
			wrong++
		}
	}
	require.GreaterOrEqual(t, wrong, 2)
}

func TestFMASpecialValues(t *testing.T) {
	inf := float32(math.Inf(1))
	require.True(t, FMA(inf, 1, -5) == inf)
	nan := FMA(inf, 0, 1)
	require.True(t, nan != nan)
	nan = FMA(inf, 1, -inf)
	require.True(t, nan != nan)
	require.Equal(t, uint64(0x7fc00000), Bits(Canonical(nan)))
	require.Equal(t, uint64(0x7fc00000), Bits(NaN[float32]()))
	require.Equal(t, uint64(0x7ff8000000000000), Bits(NaN[float64]()))
}

func testExactTransformations[T Float](t *testing.T, rng *rand.Rand) {
	exact := func(v T) *big.Float { return new(big.Float).SetPrec(4000).SetFloat64(float64(v)) }
	for range 20000 {
		a := T(math.Ldexp(rng.Float64()-0.5, rng.IntN(60)-30))
		b := T(math.Ldexp(rng.Float64()-0.5, rng.IntN(60)-30))
		h, e := TwoSum(a, b)
		sum := new(big.Float).SetPrec(4000).Add(exact(a), exact(b))
		require.Zero(t, sum.Cmp(new(big.Float).SetPrec(4000).Add(exact(h), exact(e))))
		require.Equal(t, Bits(a+b), Bits(h))
		p, e := TwoProd(a, b)
		product := new(big.Float).SetPrec(4000).Mul(exact(a), exact(b))
		require.Zero(t, product.Cmp(new(big.Float).SetPrec(4000).Add(exact(p), exact(e))))
		require.Equal(t, Bits(T(a*b)), Bits(p))
	}
}

func TestErrorFreeTransformations(t *testing.T) {
	testExactTransformations[float32](t, rand.New(rand.NewPCG(3, 4)))
	testExactTransformations[float64](t, rand.New(rand.NewPCG(5, 6)))
}

// nasty draws values that make FMA's rare cases common.
func nasty[T Float](rng *rand.Rand) T {
	switch rng.IntN(8) {
	case 0:
		return 0
	case 1:
		return T(math.Copysign(0, -1))
	case 2: // small integers: exact sums, ties
		return T(rng.IntN(8193) - 4096)
	case 3: // products in the subnormal range of float32
		return T(math.Ldexp(rng.Float64()-0.5, -70-rng.IntN(80)))
	case 4:
		return T(math.Inf(1 - 2*rng.IntN(2)))
	}
	return T(math.Ldexp(rng.Float64()-0.5, rng.IntN(40)-20))
}

func testChains[T Float](t *testing.T, rng *rand.Rand) {
	numbers := func(n int) []T {
		x := make([]T, n)
		for k := range x {
			for x[k] = nasty[T](rng); !IsFinite(x[k]) && rng.IntN(50) > 0; {
				x[k] = nasty[T](rng)
			}
		}
		return x
	}
	for n := range 40 {
		for range 15 {
			a, b := numbers(2*n), numbers(Panel*n)
			var two, want2 [2 * Panel]T
			Chains2x4(&two, a, b)
			for k := range n {
				for i := range want2 {
					want2[i] = FMA(a[2*k+i/Panel], b[Panel*k+i%Panel], want2[i])
				}
			}
			for i := range want2 {
				require.Equal(t, Bits(Canonical(want2[i])), Bits(Canonical(two[i])), "n=%d a=%x b=%x", n, a, b)
			}
			a = a[:n]
			var got, h, l, wantH, wantL [Panel]T
			Chain4(&got, a, b)
			PairChain4(&h, &l, a, b)
			for j := range got {
				want := T(0)
				for k := range a {
					want = FMA(a[k], b[Panel*k+j], want)
					p, q := TwoProd(a[k], b[Panel*k+j])
					s, e := TwoSum(wantH[j], p)
					wantH[j], wantL[j] = s, (wantL[j]+q)+e
				}
				require.Equal(t, Bits(Canonical(want)), Bits(Canonical(got[j])), "n=%d a=%x b=%x", n, a, b)
				require.Equal(t, Bits(Canonical(wantH[j])), Bits(Canonical(h[j])))
				require.Equal(t, Bits(Canonical(wantL[j])), Bits(Canonical(l[j])))
			}
		}
	}
}

func TestChains(t *testing.T) {
	testChains[float32](t, rand.New(rand.NewPCG(7, 8)))
	testChains[float64](t, rand.New(rand.NewPCG(9, 10)))
	if fuses { // the other way, too
		fuses = false
		defer func() { fuses = true }()
		testChains[float32](t, rand.New(rand.NewPCG(7, 8)))
	}
}

// Where Go fuses multiply-adds, the test of that says so; where it does not, products that
// are rounded do not pass it.
func TestFusesIsMeasured(t *testing.T) {
	x, y, z := float32(4097), float32(4097), float32(0x1p-30)
	require.EqualValues(t, 16785410, FMA(x, y, z))
	require.EqualValues(t, 16785408, float32(x*y)+z)
	require.EqualValues(t, 16785408, float32(float64(x)*float64(y)+float64(z)))
	x64, z64 := float64(3<<25+1), 0x1p-30
	require.EqualValues(t, int64(9<<50+3<<26+2), FMA(x64, x64, z64))
	require.EqualValues(t, int64(9<<50+3<<26), float64(x64*x64)+z64)
	switch runtime.GOARCH {
	case "arm64", "riscv64", "s390x", "ppc64le":
		require.True(t, fuses)
	case "386", "wasm":
		require.False(t, fuses)
	}
}

// TwoProd of float32 needs no fused instruction, also where the error underflows or
// the product overflows.
func TestTwoProd32IsTheFusedForm(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 100000 {
		a, b := math.Float32frombits(rng.Uint32()), math.Float32frombits(rng.Uint32())
		if rng.IntN(2) == 0 { // products and errors in the subnormal range
			b = float32(math.Ldexp(rng.Float64()-0.5, -140-ilogb(a)+rng.IntN(40)))
		}
		if !IsFinite(a) {
			continue
		}
		p, e := TwoProd(a, b)
		require.Equal(t, Bits(Canonical(a*b)), Bits(Canonical(p)), "%x*%x", a, b)
		require.Equal(t, Bits(Canonical(FMA(a, b, -p))), Bits(Canonical(e)), "%x*%x", a, b)
	}
}

func ilogb(x float32) int {
	_, e := math.Frexp(float64(x))
	return e
}

// AddOdd keeps what fits, and otherwise has an odd last bit and lies within one
// unit of the sum.
func TestAddOdd(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for range 20000 {
		p, z := rng.NormFloat64(), math.Ldexp(rng.NormFloat64(), -rng.IntN(120))
		exact := new(big.Float).SetPrec(400).SetFloat64(p)
		exact.Add(exact, big.NewFloat(z))
		s := AddOdd(p, z)
		down, up := new(big.Float).SetMode(big.ToNegativeInf).SetPrec(53), new(big.Float).SetMode(big.ToPositiveInf).SetPrec(53)
		lo, _ := down.Set(exact).Float64()
		hi, _ := up.Set(exact).Float64()
		require.True(t, s == lo || s == hi, "%x + %x", p, z)
		if lo != hi {
			require.Equal(t, uint64(1), math.Float64bits(s)&1, "%x + %x", p, z)
		}
	}
}

func testCompensatedChains[T Float](t *testing.T, rng *rand.Rand) {
	for n := range 50 {
		a, b := make([]T, n), make([]T, Panel*n)
		for k := range a {
			a[k] = nasty[T](rng)
		}
		for k := range b {
			b[k] = nasty[T](rng)
		}
		var s, c, ns, nc [Panel]T
		KahanChain4(&s, &c, a, b)
		NeumaierChain4(&ns, &nc, a, b)
		for j := range s {
			var ks, kc, sum, corr T // the loops as published
			for k := range a {
				x := T(a[k] * b[Panel*k+j])
				y := x - kc
				u := ks + y
				kc = (u - ks) - y
				ks = u
				v := sum + x
				if math.Abs(float64(sum)) >= math.Abs(float64(x)) {
					corr += (sum - v) + x
				} else {
					corr += (x - v) + sum
				}
				sum = v
			}
			require.Equal(t, Bits(Canonical(ks)), Bits(Canonical(s[j])))
			require.Equal(t, Bits(Canonical(kc)), Bits(Canonical(c[j])))
			require.Equal(t, Bits(Canonical(sum)), Bits(Canonical(ns[j])))
			if IsFinite(nc[j]) {
				require.Equal(t, Bits(corr), Bits(nc[j]))
			}
		}
	}
}

func TestCompensatedChains(t *testing.T) {
	testCompensatedChains[float32](t, rand.New(rand.NewPCG(13, 14)))
	testCompensatedChains[float64](t, rand.New(rand.NewPCG(15, 16)))
}

// RoundsTwice says yes of midpoints of two float32, and of what lies below the normal ones, but
// for zero.
func TestRoundsTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	rare := 0
	for range 200000 {
		u := rng.Uint64()
		switch rng.IntN(3) {
		case 0: // a midpoint
			u = u&^low29 | midpoint32
		case 1: // near the bottom of the normal range
			u = u&^(0x7ff<<52) | uint64(1023-130+rng.IntN(8))<<52
		}
		s := math.Float64frombits(u)
		want := u&low29 == midpoint32 || math.Abs(s) < minNormal32
		require.Equal(t, want, RoundsTwice(s), "%x", s)
		if want {
			rare++
		}
	}
	require.Greater(t, rare, 60000)
	for _, s := range []float64{0, math.Copysign(0, -1), 1.5, -0x1p-126, math.Inf(1), math.NaN()} {
		require.False(t, RoundsTwice(s), s)
	}
	require.True(t, RoundsTwice(0x1p-1074))
}
