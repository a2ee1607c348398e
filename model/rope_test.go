package model

import (
	"flag"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/reference"
	"github.com/stretchr/testify/require"
)

// The angles are theta^(-2i/size), to more than 60 digits: so says e^(-2i/size * log
// theta), computed apart from them, by other functions.
func TestAngles(t *testing.T) {
	wide(t)
	const digits = 75
	for _, theta := range []float64{1, 2, 500, 4096, 10000, 25000, 500000, 1e6, 1e7, 1.5e17, 10000.1} {
		log := reference.Log(big.NewFloat(theta), digits)
		for _, size := range []int{2, 4, 10, 64, 80, 128} {
			r := RoPE{Theta: theta, Size: size, Scaling: "default"}
			for i, f := range r.angles() {
				exponent := new(big.Float).SetPrec(reference.Bits(digits)).Quo(big.NewFloat(float64(-2*i)), big.NewFloat(float64(size)))
				want := reference.Exp(exponent.Mul(exponent, log), digits)
				d := precise(0).Sub(f, want)
				require.True(t, d.Sign() == 0 || d.MantExp(nil) < want.MantExp(nil)-200, "theta %v, %d of %d", theta, i, size)
			}
		}
	}
}

// radians returns the angles to the precision of a float64.
func (r *RoPE) radians() (all []float64) {
	for _, a := range r.angles() {
		f, _ := a.Float64()
		all = append(all, f)
	}
	return all
}

// Llama 3.1 and the ends of its blend.
func TestLlama3Scaling(t *testing.T) {
	r := RoPE{Theta: 500000, Size: 128, Scaling: "llama3", Factor: 8, Low: 1, High: 4, Original: 8192}
	plain := RoPE{Theta: 500000, Size: 128, Scaling: "default"}
	kept, blended, divided := 0, 0, 0
	for i, f := range r.radians() {
		p := plain.radians()[i]
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
	require.InEpsilon(t, 1, (&RoPE{Theta: 4, Size: 2, Scaling: "llama3", Factor: 2, Low: 1, High: 3, Original: 13}).radians()[0]/0.7672537, 1e-6)

	linear := RoPE{Theta: 10000, Size: 8, Scaling: "linear", Factor: 4}
	require.Equal(t, 0.25, linear.radians()[0])
}

var positions = flag.Int("positions", 40, "how many positions, from 0 on, TestRotationsAreNearest tries; 131072 takes minutes")

// TestRotationsAreNearest: at each position the cosine and sine are the numbers nearest
// to those of the real angle. The oracle multiplies (cos f, sin f) by itself, position by
// position, as complex numbers in fixed point of 320 bits, which err by a unit a
// position; it shares nothing with the code but theta.
func TestRotationsAreNearest(t *testing.T) {
	wide(t)
	for _, theta := range []float64{10000, 500000, 1e6} {
		for _, size := range []int{64, 128} {
			r := RoPE{Theta: theta, Size: size, Scaling: "default"}
			t.Run(fmt.Sprintf("theta=%v/size=%d", theta, size), func(t *testing.T) {
				t.Parallel()
				for i, f := range r.angles() {
					checkRotations(t, r.frequencies()[i], f, *positions)
				}
			})
		}
	}
}

const fixed = 320 // bits of the oracle's fraction

func checkRotations(t *testing.T, frequency elementary.Frequency, angle *big.Float, positions int) {
	t.Helper()
	step := [2]*big.Int{toFixed(reference.Cos(angle, 100)), toFixed(reference.Sin(angle, 100))}
	cos, sin := toFixed(big.NewFloat(1)), new(big.Int)
	var p [4]big.Int
	for n := range positions {
		s64, c64 := elementary.SincosSteps[float64](frequency, n)
		s32, c32 := elementary.SincosSteps[float32](frequency, n)
		c, s := fromFixed(cos), fromFixed(sin)
		wantC64, _ := c.Float64()
		wantS64, _ := s.Float64()
		wantC32, _ := c.Float32()
		wantS32, _ := s.Float32()
		if c64 != wantC64 || s64 != wantS64 || c32 != wantC32 || s32 != wantS32 {
			require.Fail(t, "not the nearest", "position %d: %x %x %x %x, want %x %x %x %x", n, c64, s64, c32, s32, wantC64, wantS64, wantC32, wantS32)
		}
		p[0].Mul(cos, step[0])
		p[1].Mul(sin, step[1])
		p[2].Mul(cos, step[1])
		p[3].Mul(sin, step[0])
		cos.Rsh(p[0].Sub(&p[0], &p[1]), fixed)
		sin.Rsh(p[2].Add(&p[2], &p[3]), fixed)
	}
}

func toFixed(x *big.Float) *big.Int {
	n, _ := new(big.Float).SetPrec(0).SetMantExp(x, fixed).Int(nil)
	return n
}

func fromFixed(n *big.Int) *big.Float {
	x := new(big.Float).SetPrec(fixed + 8).SetInt(n)
	return x.SetMantExp(x, -fixed)
}

// The check sees a frequency that is wrong by 2^-60 of it.
func TestRotationsAreNearestSeesFault(t *testing.T) {
	r := RoPE{Theta: 10000, Size: 64, Scaling: "default"}
	f := r.angles()[5]
	wrong := elementary.NewFrequency(precise(0).Mul(f, precise(0).Add(precise(1), precise(0x1p-60))))
	s, c := elementary.SincosSteps[float64](wrong, 100000)
	s1, c1 := elementary.SincosSteps[float64](r.frequencies()[5], 100000)
	require.False(t, s == s1 && c == c1)
}

// Far positions, and the scalings: as above, by the functions of the reference.
func TestRotationAtFarPositions(t *testing.T) {
	wide(t)
	for _, r := range []RoPE{
		{Theta: 10000, Size: 16, Scaling: "default"}, {Theta: 10000, Size: 16, Scaling: "linear", Factor: 3},
		{Theta: 500000, Size: 16, Scaling: "llama3", Factor: 8, Low: 1, High: 4, Original: 8192},
	} {
		for _, position := range []int{0, 1, 77, 4095, 131071, 1 << 20, maxSize - 1} {
			wide, narrow := newRotation[float64](r.frequencies(), position, 1), newRotation[float32](r.frequencies(), position, 1)
			for i, f := range r.angles() {
				angle := precise(0).Mul(f, precise(float64(position)))
				sin, cos := reference.Sin(angle, 60), reference.Cos(angle, 60)
				require.Equal(t, reference.RoundTo[float64](sin), wide.sin.Row(0)[i])
				require.Equal(t, reference.RoundTo[float64](cos), wide.cos.Row(0)[i])
				require.Equal(t, reference.RoundTo[float32](sin), narrow.sin.Row(0)[i])
				require.Equal(t, reference.RoundTo[float32](cos), narrow.cos.Row(0)[i])
			}
		}
	}
}

func newRotation[T Float](turns []elementary.Frequency, start, n int) (r rotation[T]) {
	r.turn(&workspace[T]{}, turns, start, n)
	return r
}

// A pair turns by the angle; what does not turn keeps its bits.
func TestTurn(t *testing.T) {
	f := []float64{1, 0.25}
	x := []float64{1, 2, 3, 4, 5, -6}
	turns := []elementary.Frequency{elementary.NewFrequency(precise(1)), elementary.NewFrequency(precise(0.25))}
	r := newRotation[float64](turns, 3, 1)
	turned := append([]float64(nil), x...)
	turn(turned, r.cos.Row(0), r.sin.Row(0))
	for i, f := range f {
		s, c := math.Sincos(3 * f)
		require.InDelta(t, x[i]*c-x[2+i]*s, turned[i], 1e-15)
		require.InDelta(t, x[2+i]*c+x[i]*s, turned[2+i], 1e-15)
	}
	require.Equal(t, x[4:], turned[4:])

	turned = append(turned[:0], x...)
	still := newRotation[float64](turns, 0, 1)
	turn(turned, still.cos.Row(0), still.sin.Row(0))
	require.Equal(t, bitsOf(x), bitsOf(turned), "position 0")
}
