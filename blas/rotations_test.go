package blas_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// gonum's suite tests rotg and rotmg in float64. These are for both.

func exactly[T kernel.Float](x T) *big.Float {
	return new(big.Float).SetPrec(2000).SetFloat64(float64(x))
}

// relative is |got - want| / |want|, or |got| where want is 0.
func relative(got, want *big.Float) float64 {
	d := new(big.Float).Sub(got, want)
	if want.Sign() != 0 {
		d.Quo(d, want)
	}
	v, _ := d.Abs(d).Float64()
	return v
}

// anyMagnitude draws normal numbers of T, small and large.
func anyMagnitude[T kernel.Float](rng *rand.Rand) T {
	span := 100
	if kernel.Is64[T]() {
		span = 1000
	}
	return T(math.Ldexp(plain(rng), rng.IntN(2*span)-span))
}

func unitRoundoff[T kernel.Float]() float64 {
	if kernel.Is64[T]() {
		return 0x1p-53
	}
	return 0x1p-24
}

func testRotg[T kernel.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	lib := newLibrary[T](blas.Implementation{})
	for range 5000 {
		a := anyMagnitude[T](rng)
		b := T(math.Ldexp(plain(rng), rng.IntN(20)-10)) * a
		c, s, r, z := lib.Rotg(a, b)
		norm := new(big.Float).Mul(exactly(a), exactly(a))
		norm.Sqrt(norm.Add(norm, new(big.Float).Mul(exactly(b), exactly(b))))
		larger := math.Abs(float64(a)) > math.Abs(float64(b))
		if larger && a < 0 || !larger && b < 0 {
			norm.Neg(norm)
		}
		require.LessOrEqual(t, relative(exactly(r), norm), 5*unitRoundoff[T](), "r of %v, %v", a, b)
		require.LessOrEqual(t, relative(exactly(c), new(big.Float).Quo(exactly(a), norm)), 6*unitRoundoff[T](), "c of %v, %v", a, b)
		require.LessOrEqual(t, relative(exactly(s), new(big.Float).Quo(exactly(b), norm)), 6*unitRoundoff[T](), "s of %v, %v", a, b)
		require.Equal(t, pick(larger, s, 1/c), z)
	}
}

func TestRotg(t *testing.T) {
	t.Run("float32", testRotg[float32])
	t.Run("float64", testRotg[float64])
}

// rotgAsWritten is Rotg of SPEC.md, section 12.
func rotgAsWritten[T kernel.Float](a, b, least T) (c, s, r, z T) {
	if b == 0 {
		return 1, 0, a, 0
	}
	if a == 0 {
		return 0, 1, b, 1
	}
	x, y := T(math.Abs(float64(a))), T(math.Abs(float64(b)))
	m := least
	for _, v := range []T{x, y} {
		if v > m {
			m = v
		}
	}
	if m > 1/least {
		m = 1 / least
	}
	p, q := T(a/m), T(b/m)
	p, q = T(p*p), T(q*q)
	sign := pick(x > y, a, b)
	r = T(math.Copysign(float64(T(m*T(math.Sqrt(float64(p+q))))), float64(sign)))
	c, s = T(a/r), T(b/r)
	z = pick(x > y, s, pick(c != 0, 1/c, 1))
	return c, s, r, z
}

func testRotgAsWritten[T kernel.Float](t *testing.T, digits, top int) {
	rng := rand.New(rand.NewPCG(5, 6))
	lib := newLibrary[T](blas.Implementation{})
	exponents := []int{-top - digits + 2, -top - digits/2, -top + 1, -top + 2, -top/2 - 1, -1, 0, 1, digits, top / 2, top - 2, top - 1, top}
	draw := func() T {
		v := math.Ldexp(1+rng.Float64(), exponents[rng.IntN(len(exponents))])
		if rng.IntN(20) == 0 {
			v = []float64{0, math.Inf(1), math.NaN()}[rng.IntN(3)]
		}
		return T(math.Copysign(v, float64(rng.IntN(2))-0.5))
	}
	for range 20000 {
		a, b := draw(), draw()
		c, s, r, z := lib.Rotg(a, b)
		wantC, wantS, wantR, wantZ := rotgAsWritten(a, b, T(math.Ldexp(1, 1-top)))
		for i, got := range []T{c, s, r, z} {
			want := []T{wantC, wantS, wantR, wantZ}[i]
			require.Equal(t, kernel.Bits(kernel.Canonical(want)), kernel.Bits(got), "number %d of %v, %v: %v, want %v", i, a, b, got, want)
		}
	}
}

// Rotg is what SPEC.md says at the ends of the range, too, where m is not the larger of the two.
func TestRotgAsWritten(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testRotgAsWritten[float32](t, 24, 127) })
	t.Run("float64", func(t *testing.T) { testRotgAsWritten[float64](t, 53, 1023) })
}

// whole returns all elements of H.
func whole[T kernel.Float](flag gonum.Flag, h [4]T) (h11, h21, h12, h22 T) {
	switch flag {
	case gonum.Identity:
		return 1, 0, 0, 1
	case gonum.OffDiagonal:
		return 1, h[1], h[2], 1
	case gonum.Diagonal:
		return h[0], -1, 1, h[3]
	}
	return h[0], h[1], h[2], h[3]
}

// testRotmg checks what a modified rotation is: H takes (x, y) to (rx, 0), and keeps d1*x² + d2*y²
// of every vector, H'*diag(rd1, rd2)*H = diag(d1, d2).
func testRotmg[T kernel.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	lib := newLibrary[T](blas.Implementation{})
	flags := map[gonum.Flag]int{}
	for range 5000 {
		d1, d2 := T(math.Ldexp(rng.Float64()+0.1, rng.IntN(61)-30)), T(math.Ldexp(rng.Float64()+0.1, rng.IntN(61)-30))
		x, y := T(plain(rng)), T(plain(rng))
		flag, h, r1, r2, rx := lib.Rotmg(d1, d2, x, y)
		flags[flag]++
		h11, h21, h12, h22 := whole(flag, h)
		sum := func(a ...T) (s, size float64) { // a[0]*a[1]*a[2] + a[3]*a[4]*a[5]
			p := float64(a[0]) * float64(a[1]) * float64(a[2])
			q := float64(a[3]) * float64(a[4]) * float64(a[5])
			return p + q, math.Abs(p) + math.Abs(q)
		}
		u := 20 * unitRoundoff[T]()
		if kernel.Is64[T]() {
			u *= 4 // the check itself rounds
		}
		near := func(want T, a ...T) {
			t.Helper()
			got, size := sum(a...)
			require.InDelta(t, float64(want), got, u*max(size, math.Abs(float64(want))), "%v %v %v %v", d1, d2, x, y)
		}
		near(rx, h11, x, 1, h12, y, 1)
		near(0, h21, x, 1, h22, y, 1)
		near(d1, h11*h11, r1, 1, h21*h21, r2, 1)
		near(d2, h12*h12, r1, 1, h22*h22, r2, 1)
	}
	require.Len(t, flags, 3, "%v", flags)
}

func TestRotmg(t *testing.T) {
	t.Run("float32", testRotmg[float32])
	t.Run("float64", testRotmg[float64])
}

// An infinite or NaN argument ends, which a loop that divides an infinity does not.
func TestRotmgEnds(t *testing.T) {
	values := []float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, 1, math.MaxFloat64, math.SmallestNonzeroFloat64}
	for _, d1 := range values {
		for _, d2 := range values {
			for _, x := range values {
				for _, y := range values {
					blas.Implementation{}.Drotmg(d1, d2, x, y)
					blas.Implementation{}.Srotmg(float32(d1), float32(d2), float32(x), float32(y))
				}
			}
		}
	}
}
