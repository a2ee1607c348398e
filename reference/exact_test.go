package reference

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ericlagergren/decimal"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

func roundedSum[T kernel.Float](t *testing.T, x []T) T {
	s, err := ExactSum(x)
	require.NoError(t, err)
	return RoundTo[T](s)
}

func TestExactSumOfAwkwardInputs(t *testing.T) {
	const big, tiny = math.MaxFloat64, math.SmallestNonzeroFloat64
	ten := slices.Repeat([]float64{0.1}, 10)
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, 0}, {[]float64{-1}, -1}, {[]float64{big}, big}, {[]float64{big, big, -big}, big},
		{ten, 1}, {[]float64{0x1p53, 1}, 0x1p53}, {[]float64{0x1p53, 1, tiny}, 0x1p53 + 2},
		{[]float64{1, 1e100, 1, -1e100}, 2}, {[]float64{tiny, tiny}, 2 * tiny},
		{[]float64{big, tiny, -big}, tiny}, {[]float64{1, -1}, 0}, {[]float64{0, math.Copysign(0, -1)}, 0},
	} {
		require.Equal(t, kernel.Bits(c.want), kernel.Bits(roundedSum(t, c.x)), "%v", c.x)
		negated := make([]float64, len(c.x))
		for i := range c.x {
			negated[i] = -c.x[i]
		}
		if c.want != 0 {
			require.Equal(t, kernel.Bits(-c.want), kernel.Bits(roundedSum(t, negated)), "%v", negated)
		}
	}
	negativeZero := math.Copysign(0, -1)
	require.Equal(t, kernel.Bits(negativeZero), kernel.Bits(roundedSum(t, []float64{negativeZero, negativeZero})))
	require.Equal(t, float32(math.Inf(1)), roundedSum(t, []float32{math.MaxFloat32, math.MaxFloat32}))
}

// Going through float64 would round 1 + 2^-24 + 2^-60 down to a tie, then to 1.
func TestExactSumRoundsToFloat32Once(t *testing.T) {
	x := []float32{1, 0x1p-24, 0x1p-60}
	require.Equal(t, float32(1+0x1p-23), roundedSum(t, x))
	require.Equal(t, float32(1), float32(float64(x[0])+float64(x[1])+float64(x[2])))
}

func spread[T kernel.Float](rng *rand.Rand, n, exponents int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(rng.NormFloat64(), rng.IntN(exponents)-exponents/2))
	}
	return x
}

// Decimal arithmetic, with digits enough to be exact, and big.Rat.
func TestExactSumAndDotAgainstDecimalAndRational(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	ctx := decimal.Context{Precision: 1500}
	for range 20 {
		x, y := spread[float64](rng, 30, 300), spread[float64](rng, 30, 300)
		sum, dot := decimal.WithContext(ctx), new(big.Rat)
		for i := range x {
			ctx.Add(sum, sum, decimal.WithContext(ctx).SetFloat64(x[i]))
			a, b := new(big.Rat).SetFloat64(x[i]), new(big.Rat).SetFloat64(y[i])
			dot.Add(dot, a.Mul(a, b))
		}
		gotSum, err := ExactSum(x)
		require.NoError(t, err)
		require.Zero(t, sum.Cmp(decimal.WithContext(ctx).SetFloat(gotSum)))
		gotDot, err := ExactDot(x, y)
		require.NoError(t, err)
		r, _ := gotDot.Rat(nil)
		require.Zero(t, dot.Cmp(r))
	}
}

func TestExactDotKeepsProductsThatUnderflow(t *testing.T) {
	d, err := ExactDot([]float64{0x1p-1000, 0x1p1000}, []float64{0x1p-1000, 0x1p1000})
	require.NoError(t, err)
	d.Sub(d, new(big.Float).SetMantExp(big.NewFloat(1), 2000))
	require.Zero(t, d.Cmp(new(big.Float).SetMantExp(big.NewFloat(1), -2000)))
}

func TestExactMatMul(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const m, n, k = 3, 4, 5
	a, b := spread[float32](rng, m*k, 60), spread[float32](rng, k*n, 60)
	c, err := ExactMatMul(m, n, k, a, b)
	require.NoError(t, err)
	require.Len(t, c, m*n)
	for i := range m {
		for j := range n {
			column := make([]float32, k)
			for l := range column {
				column[l] = b[l*n+j]
			}
			want, err := ExactDot(a[i*k:(i+1)*k], column)
			require.NoError(t, err)
			require.Zero(t, c[i*n+j].Cmp(want))
		}
	}
	_, err = ExactMatMul(m, n, k, a[1:], b)
	require.EqualError(t, err, "reference: product of [3,5] in 14 elements and [5,4] in 20")
}

func TestExactRefusesWhatHasNoExactValue(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	_, err := ExactSum([]float32{1, nan})
	require.EqualError(t, err, "reference: x[1] is NaN: no exact value")
	_, err = ExactDot([]float32{0}, []float32{inf})
	require.EqualError(t, err, "reference: y[0] is -Inf: no exact value")
	_, err = ExactDot([]float32{1, 2}, []float32{3})
	require.EqualError(t, err, "reference: dot product of 2 and 1 element")
	_, err = ExactMatMul(1, 1, 1, []float32{inf}, []float32{1})
	require.EqualError(t, err, "reference: a[0] is -Inf: no exact value")
}

func BenchmarkExactSum(b *testing.B) {
	x := spread[float64](rand.New(rand.NewPCG(7, 8)), 10000, 20)
	for b.Loop() {
		_, _ = ExactSum(x)
	}
}
