package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// placedTerms returns terms that places get right by chance only: of all exponents, or some, the highest or none; that cancel but for a few, or
// leave a middle of two numbers and something far below.
func placedTerms(rng *rand.Rand, n int) (x, y []float64) {
	x, y = make([]float64, n), make([]float64, n)
	span := []int{1, 9, 60, 300, 2098}[rng.IntN(5)]
	low := []int{-1074, 1024 - span, rng.IntN(2098-span+1) - 1074}[rng.IntN(3)]
	number := func() float64 {
		m := []float64{1, 1.5, 2 - 0x1p-52, 1 + rng.Float64()}[rng.IntN(4)]
		return math.Ldexp(m*float64(1-2*rng.IntN(2)), low+rng.IntN(span))
	}
	sign := rng.IntN(3) == 0
	for i := range x {
		x[i], y[i] = number(), math.Ldexp(number(), -900*rng.IntN(2))
		if sign {
			x[i], y[i] = math.Abs(x[i]), math.Abs(y[i])
		}
		switch j := rng.IntN(i + 1); rng.IntN(6) {
		case 0:
			x[i] = x[j] * []float64{0x1p-53, 0x1p-54, 0x1p-107}[rng.IntN(3)]
		case 1:
			x[i] = math.Copysign(0, x[i])
		}
	}
	if rng.IntN(2) == 0 {
		left := rng.IntN(3)
		for i := range (n - left) / 2 {
			x[n-1-i], y[n-1-i] = -x[i], y[i]
		}
		rng.Shuffle(n, func(i, j int) { x[i], x[j], y[i], y[j] = x[j], x[i], y[j], y[i] })
	}
	return x, y
}

// Places hold the exact sum of terms of any exponents.
func TestPlaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	zeros := 0
	check := func(x, y []float64) {
		for _, of := range []Terms{Plain, Product} {
			want := roundedTo[float64](exactTerms(of, x, y))
			s, ok := placedNumbers(words(x))
			if of == Product {
				s, ok = placedProducts(words(x), words(y))
			}
			require.True(t, ok)
			got := roundedTo[float64](leadingFloat(s))
			require.Equal(t, Bits(want), Bits(got), "%v: %x %x", s, x, y)
			if s.Hi == 0 && s.Lo == 0 {
				zeros++
			}
		}
	}
	for range 3000 {
		check(placedTerms(rng, 1+rng.IntN([]int{5, 40, 300}[rng.IntN(3)])))
	}
	for range 20 {
		check(placedTerms(rng, 3000))
	}
	require.Greater(t, zeros, 300)
}

// A term that is not finite is refused, wherever it is.
func TestPlacesRefused(t *testing.T) {
	for _, odd := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		for _, beside := range []float64{1, 0, -5e-324, math.MaxFloat64} {
			for at := range 5 {
				x, y := []float64{beside, 1, 2, 3, 4}, []float64{1, beside, 1, 0, 1}
				x[at] = odd
				_, ok := placedNumbers(words(x))
				require.False(t, ok, "%v", x)
				_, ok = placedProducts(words(x), words(y))
				require.False(t, ok, "%v %v", x, y)
				_, ok = placedProducts(words(y), words(x))
				require.False(t, ok, "%v %v", y, x)
			}
		}
	}
}

// Places with as much in them as up to 2^30 terms leave are read right: digits overlap by 22 bits then.
func TestPlacesFull(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 2000 {
		plus, minus := make([]int64, 40), make([]int64, 40)
		for _, p := range [][]int64{plus, minus} {
			for i := range p {
				if rng.IntN(3) > 0 {
					p[i] = rng.Int64N(1<<62) >> rng.IntN(63)
				}
			}
		}
		switch rng.IntN(3) {
		case 0:
			copy(plus[rng.IntN(40):], minus)
		case 1: // beside the middle of two numbers, far above the others
			from := rng.IntN(20)
			copy(plus[from:], minus[from:])
			plus[36] += []int64{1 << 53, 1<<53 + 1, 3 << 52}[rng.IntN(3)]
		}
		x := make([]float64, 0, 160)
		for i := range plus {
			for _, p := range []int64{plus[i], -minus[i]} {
				high := p >> 32 << 32
				x = append(x, math.Ldexp(float64(high), 8*i-100), math.Ldexp(float64(p-high), 8*i-100))
			}
		}
		want := roundedTo[float64](exactTerms(Plain, x, nil))
		require.Equal(t, Bits(want), Bits(roundedTo[float64](leadingFloat(leadingPlaces(plus, minus, -100)))), "%v %v", plus, minus)
	}
}

// Products of which factors are subnormal are in windows, too.
func TestSubnormalFactors(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	held := 0
	for range 4000 {
		n := 1 + rng.IntN(24)
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = math.Float64frombits(rng.Uint64N(1<<53) >> rng.IntN(53))
			y[i] = math.Ldexp(rng.Float64()-0.5, rng.IntN(12)-rng.IntN(3)*500)
			if rng.IntN(9) == 0 {
				y[i] = math.Float64frombits(rng.Uint64N(1 << 53))
			}
			if rng.IntN(4) == 0 {
				x[i], y[i] = y[i], -x[i]
			}
		}
		if s, ok := windowProducts(words(x), words(y)); ok {
			held++
			want := roundedTo[float64](exactTerms(Product, x, y))
			require.Equal(t, Bits(want), Bits(roundedTo[float64](leadingFloat(s))), "%x %x", x, y)
		}
	}
	require.Greater(t, held, 200)
}
