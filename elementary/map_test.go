package elementary

import (
	"math"
	"testing"

	"github.com/samebits/samebits/internal/fpmode"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// eachBackend runs a test with every kernel backend of this processor.
func eachBackend(t *testing.T, test func(t *testing.T)) {
	for _, b := range kernel.Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer kernel.Use(b)()
			require.Equal(t, b, kernel.Active())
			test(t)
		})
	}
}

// TestMapBackends compares every backend with the scalar form: every length, offset
// and place of a value that a kernel does not decide, apart and in place. Guards
// beside the destination stay as they are.
func TestMapBackends(t *testing.T) {
	nasty := []float32{float32(math.NaN()), math.Float32frombits(0xff800001), float32(inf), -float32(inf), 0, float32(negZero), 0x1p-149,
		-0x1p-149, 3 * 0x1p-149, math.MaxFloat32, -math.MaxFloat32, 88.72284, -87.4, -103.97, 1e-20, 5, -14.3, math.Float32frombits(0x37b0a46f)}
	values := append(benchmarkInput[float32](1.5), nasty...)
	s := splitmix64(3)
	eachBackend(t, func(t *testing.T) {
		for _, name := range names() {
			scalar, slice := scalars[float32]()[name], slices[float32]()[name]
			for n := range 70 {
				x := make([]float32, n+8)
				for i := range x {
					x[i] = values[s.next()%uint64(len(values))]
					if n%3 == 0 {
						x[i] = nasty[s.next()%uint64(len(nasty))]
					}
				}
				from := n % 5
				dst := make([]float32, n+8)
				guard := append([]float32(nil), dst...)
				for i := range n {
					guard[from+i] = scalar(x[from+i])
				}
				slice(dst[from:from+n], x[from:from+n])
				require.Equalf(t, allBits(guard), allBits(dst), "%s of %d", name, n)
				slice(x[from:from+n], x[from:from+n])
				require.Equalf(t, allBits(guard[from:from+n]), allBits(x[from:from+n]), "%s of %d in place", name, n)
			}
		}
	})
}

// TestMapDecides: a kernel that the backend should have runs, and leaves to others what
// it must.
func TestMapDecides(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		x := make([]float32, 64)
		done := kernel.Map(kernel.MapExp, &constants, make([]float32, 64), x)
		if b := kernel.Active(); b == kernel.AVX2 || b == kernel.AVX512 {
			require.Equal(t, 64, done)
			x[37] = float32(math.NaN())
			require.Equal(t, 32, kernel.Map(kernel.MapExp, &constants, make([]float32, 64), x))
			x[37] = math.Float32frombits(hardExp)
			require.Equal(t, 32, kernel.Map(kernel.MapExp, &constants, make([]float32, 64), x))
		} else {
			require.Zero(t, done)
		}
	})
}

// hardExp is an argument for which e^x is within 2^-49 of the midpoint 1 + 2^-24.
const hardExp = 0x33800000 // 2^-24

// TestMapSeesFault: with a wrong coefficient the comparison above fails.
func TestMapSeesFault(t *testing.T) {
	if kernel.Active() == kernel.Portable || kernel.Active() == kernel.NEON {
		t.Skip("no kernels")
	}
	x := benchmarkInput[float32](1.5)
	for i, v := range x {
		x[i] = max(v, -v)
	}
	exp := kernel.MapExpQuotient
	if kernel.Active() == kernel.AVX512 {
		exp = kernel.MapExpQuotient16
	}
	for name, place := range map[string]int{"Exp": exp, "Erf": kernel.MapErfQ + 3, "GELU": kernel.MapTailNearP + 4, "Sin": kernel.MapSinSeries + 3, "Log": kernel.MapLogSeries + 1} {
		saved := constants[place]
		for i := range constants[place] {
			constants[place][i] += 1 << 40 // 2^-12, relatively
		}
		dst := make([]float32, len(x))
		slices[float32]()[name](dst, x)
		constants[place] = saved
		wrong := 0
		for i, v := range x {
			if want := scalars[float32]()[name](v); dst[i] != want && want == want {
				wrong++
			}
		}
		require.Greater(t, wrong, 2, name)
	}
}

// TestMapKeepsIEEEMode: a host that flushes subnormal numbers, or rounds otherwise, does
// not change what kernels give.
func TestMapKeepsIEEEMode(t *testing.T) {
	x := make([]float32, 512)
	for i := range x {
		x[i] = -87 - float32(i)/32
	}
	eachBackend(t, func(t *testing.T) {
		if kernel.Active() == kernel.Portable || kernel.Active() == kernel.NEON {
			t.Skip("no kernels")
		}
		want, got := make([]float32, len(x)), make([]float32, len(x))
		kernel.Map(kernel.MapExp, &constants, want, x)
		if !fpmode.With(func() { kernel.Map(kernel.MapExp, &constants, got, x) }) {
			t.Skip("no way to set the mode here")
		}
		require.Equal(t, allBits(want), allBits(got))
	})
}

// TestExceptions: every listed result is a neighbour of what float64 gives, and each
// comes up where its function looks for it.
func TestExceptions(t *testing.T) {
	evaluations := map[function]func(float64) float64{
		ofExp: exp32, ofExp2: exp2, ofExpm1: expm1of32, ofLog: log32, ofLog2: log2of32, ofLog1p: log1p32, ofTanh: tanh32, ofSigmoid: sigmoid32,
		ofErf: erf32, ofSin: sin32, ofCos: cos32, ofRsqrt: rsqrt32, ofCbrt: cbrt32, ofSiLU: silu32, ofGELU: gelu32, ofGELUTanh: geluTanh32,
	}
	require.Len(t, evaluations, int(functions))
	for f, list := range exceptions {
		for _, e := range list {
			x := math.Float32frombits(e.x)
			y := evaluations[function(f)](float64(x))
			distance := int64(math.Float32bits(float32(y))) - int64(e.y)
			require.Truef(t, distance == 1 || distance == -1, "%x: %x is listed, float64 gives %x", e.x, e.y, float32(y))
			require.Equal(t, e.y, math.Float32bits(settle(function(f), x, y)))
		}
	}
}

// TestExceptionsOfAll: an argument that is hard for one function may be so for another, which
// is close to it there: Log1p of large numbers is Log. None gives a wrong result.
func TestExceptionsOfAll(t *testing.T) {
	for name, oracle := range oracles {
		f, ok := scalars[float32]()[name]
		if !ok {
			continue
		}
		positive := name == "Log" || name == "Log2" || name == "Rsqrt" || name == "Sqrt"
		anySize := positive || name == "Log1p" || name == "Cbrt" // others overflow, or their oracle takes long
		for _, list := range exceptions {
			for _, e := range list {
				x := math.Float32frombits(e.x)
				if positive && x <= 0 || name == "Log1p" && x <= -1 || !anySize && math.Abs(float64(x)) > 80 {
					continue
				}
				want, _ := oracle(float64(x)).Float32()
				requireBits(t, want, f(x), "%s(%x)", name, x)
			}
		}
	}
}
