package model

import (
	"math"
	"math/big"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reference"
	"github.com/stretchr/testify/require"
)

// The frequencies are theta^(-2i/size) correctly rounded: e^(-2i/size * log theta),
// computed apart from them, by other functions, rounds to the same float64.
func TestFrequenciesAreCorrectlyRounded(t *testing.T) {
	wide(t)
	const digits = 60
	for _, theta := range []float64{1, 2, 500, 4096, 10000, 25000, 500000, 1e6, 1e7, 1.5e17, 10000.1} {
		log := reference.Log(big.NewFloat(theta), digits)
		for _, size := range []int{2, 4, 10, 64, 80, 128} {
			r := RoPE{Theta: theta, Size: size, Scaling: "default"}
			for i, f := range r.frequencies() {
				exponent := new(big.Float).SetPrec(reference.Bits(digits)).Quo(big.NewFloat(float64(-2*i)), big.NewFloat(float64(size)))
				want, _ := reference.Exp(exponent.Mul(exponent, log), digits).Float64()
				require.Equal(t, kernel.Bits(want), kernel.Bits(f), "theta %v, %d of %d", theta, i, size)
			}
		}
	}
}

// Llama 3.1 and the ends of its blend.
func TestLlama3Scaling(t *testing.T) {
	r := RoPE{Theta: 500000, Size: 128, Scaling: "llama3", Factor: 8, Low: 1, High: 4, Original: 8192}
	plain := RoPE{Theta: 500000, Size: 128, Scaling: "default"}
	kept, blended, divided := 0, 0, 0
	for i, f := range r.frequencies() {
		p := plain.frequencies()[i]
		switch turns := 8192 * p / (2 * math.Pi); {
		case turns > 4:
			require.Equal(t, p, f)
			kept++
		case turns < 1:
			require.Equal(t, p/8, f)
			divided++
		default:
			require.True(t, p/8 < f && f < p, "frequency %d", i)
			blended++
		}
	}
	require.Equal(t, []int{29, 6, 29}, []int{kept, blended, divided})
	require.InEpsilon(t, 1, (&RoPE{Theta: 4, Size: 2, Scaling: "llama3", Factor: 2, Low: 1, High: 3, Original: 13}).frequencies()[0]/0.7672537, 1e-6)

	linear := RoPE{Theta: 10000, Size: 8, Scaling: "linear", Factor: 4}
	require.Equal(t, 0.25, linear.frequencies()[0])
}

// Sines and cosines at far positions are those of the angle in float64, within an
// ulp, and in float32 the nearest: an angle in float32 would be off by
// position * 2^-24.
func TestRotationAtFarPositions(t *testing.T) {
	wide(t)
	f := (&RoPE{Theta: 10000, Size: 16, Scaling: "default"}).frequencies()
	for _, position := range []int{0, 1, 77, 4095, 131071, 1 << 20, maxSize - 1} {
		wide, narrow := newRotation[float64](f, position, 1), newRotation[float32](f, position, 1)
		for i := range f {
			angle := big.NewFloat(float64(position) * f[i])
			sin, cos := reference.Sin(angle, 40), reference.Cos(angle, 40)
			require.LessOrEqual(t, reference.Ulps(wide.sin.Row(0)[i], sin), 0.9)
			require.LessOrEqual(t, reference.Ulps(wide.cos.Row(0)[i], cos), 0.9)
			nearest, _ := sin.Float32()
			require.Equal(t, nearest, narrow.sin.Row(0)[i])
			nearest, _ = cos.Float32()
			require.Equal(t, nearest, narrow.cos.Row(0)[i])
		}
	}
}

// A pair turns by the angle; what does not turn keeps its bits.
func TestTurn(t *testing.T) {
	f := []float64{1, 0.25}
	x := []float64{1, 2, 3, 4, 5, -6}
	r := newRotation[float64](f, 3, 1)
	turned := append([]float64(nil), x...)
	turn(turned, r.cos.Row(0), r.sin.Row(0))
	for i, f := range f {
		s, c := math.Sincos(3 * f)
		require.InDelta(t, x[i]*c-x[2+i]*s, turned[i], 1e-15)
		require.InDelta(t, x[2+i]*c+x[i]*s, turned[2+i], 1e-15)
	}
	require.Equal(t, x[4:], turned[4:])

	turned = append(turned[:0], x...)
	still := newRotation[float64](f, 0, 1)
	turn(turned, still.cos.Row(0), still.sin.Row(0))
	require.Equal(t, bitsOf(x), bitsOf(turned), "position 0")
}
