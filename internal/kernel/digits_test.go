package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// digitsValue is the number in units of 2^DigitsExponent.
func digitsValue(d *Digits) *big.Int {
	sum := new(big.Int)
	for i := len(d) - 1; i >= 0; i-- {
		sum.Lsh(sum, digitBits).Add(sum, big.NewInt(d[i]))
	}
	return sum
}

// anyFinite returns a finite number of T: of any exponent, or at the ends of the range.
func anyFinite[T Float](rng *rand.Rand) T {
	ends := []uint64{0, 1, 2, 1<<52 - 1, 1 << 52, 1<<52 | 1, 0x7fe<<52 | 1<<52 - 1, 0x7fe << 52, 31 << 52, 32<<52 - 1}
	size, exponent := 64, uint64(0x7ff)<<52
	if !Is64[T]() {
		ends = []uint64{0, 1, 2, 1<<23 - 1, 1 << 23, 1<<23 | 1, 0xfe<<23 | 1<<23 - 1, 0xfe << 23}
		size, exponent = 32, 0xff<<23
	}
	for {
		b := rng.Uint64()
		if rng.IntN(4) == 0 {
			b = ends[rng.IntN(len(ends))] | rng.Uint64()<<(size-1)
		}
		if b&exponent == exponent {
			continue
		}
		if Is64[T]() {
			return T(math.Float64frombits(b))
		}
		return T(math.Float32frombits(uint32(b)))
	}
}

func testDigits[T Float](t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(14, uint64(of)))
	rounds := 600
	if testing.Short() && active != AVX512 { // which alone has a kernel
		rounds = 141
	}
	for round := range rounds {
		n := round % 140
		if round == rounds-1 {
			n = MaxDigits[T](of)
		}
		x, y := make([]T, n), make([]T, n)
		want, finite := new(big.Int), true
		for i := range x {
			x[i], y[i] = anyFinite[T](rng), anyFinite[T](rng)
			if of == Product && math.IsInf(float64(x[i])*float64(y[i]), 0) {
				x[i] = 1
			}
			if of == Product && rng.IntN(4) == 0 { // near the ends of what is scaled
				if x[i] == 0 {
					x[i] = 1
				}
				y[i] = T(math.Ldexp(1+rng.Float64(), []int{-968, -970, -975, -2147, -2000}[rng.IntN(5)]-math.Ilogb(float64(x[i]))))
			}
			if rng.IntN(500) == 0 {
				x[i], finite = T([]float64{math.Inf(1), math.Inf(-1), math.NaN()}[rng.IntN(3)]), false
				continue
			}
			f := new(big.Float).SetPrec(5000).SetFloat64(float64(x[i]))
			if of == Product {
				f.Mul(f, new(big.Float).SetFloat64(float64(y[i])))
			}
			term, accuracy := f.SetMantExp(f, -DigitsExponent).Int(nil)
			require.Equal(t, big.Exact, accuracy)
			want.Add(want, term)
		}
		var d Digits
		for i := range d {
			d[i] = -1
		}
		most, ok := SumDigits(&d, of, x, y)
		require.Equal(t, finite, ok, "%v %v", x, y)
		if !ok {
			continue
		}
		require.Zero(t, want.Cmp(digitsValue(&d)), "n = %d: %v %v", n, x, y)
		var portable Digits
		wantMost := digitsPortable(&portable, of, x, y)
		require.Zero(t, want.Cmp(digitsValue(&portable)))
		require.Equal(t, max(wantMost, 1), max(most, 1))
	}
}

// The largest sums that digits hold: as many of the largest part, which moves up by 31.
func testDigitsCapacity(t *testing.T) {
	for e := 1; e < 0x7ff; e++ {
		x := make([]float64, maxDigitized)
		for i := range x {
			x[i] = -math.Float64frombits(uint64(e)<<52 | (1<<52 - 1))
		}
		var d Digits
		_, ok := SumDigits(&d, Plain, x, nil)
		require.True(t, ok)
		one := new(big.Int).Lsh(big.NewInt(1<<53-1), uint(e-1075-DigitsExponent))
		want := one.Mul(one, big.NewInt(-maxDigitized))
		require.Zero(t, want.Cmp(digitsValue(&d)), "%x", x[0])
	}
}

func TestDigits(t *testing.T) {
	for _, b := range Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer Use(b)()
			t.Run("sum64", func(t *testing.T) { testDigits[float64](t, Plain) })
			t.Run("dot64", func(t *testing.T) { testDigits[float64](t, Product) })
			t.Run("sum32", func(t *testing.T) { testDigits[float32](t, Plain) })
			t.Run("dot32", func(t *testing.T) { testDigits[float32](t, Product) })
			t.Run("capacity", testDigitsCapacity)
		})
	}
}
