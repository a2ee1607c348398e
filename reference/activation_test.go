package reference

import (
	"context"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// The activations as their definitions have them, at so many digits that the
// cancellation does not show.
func TestActivationsAreTheirDefinitions(t *testing.T) {
	const digits, plenty = 40, 1000
	g := &Model{config: config{Width: 8, Heads: 1, Epsilon: "1"}}
	p := newPass(context.Background(), g, Options{Digits: digits})
	for _, s := range []string{"0", "1e-30", "0.3", "-0.3", "1", "-1", "7.5", "-7.5", "-14", "30", "-30"} {
		x := float(p.prec).Set(parse(t, s))

		u := float(Bits(plenty)).Mul(x, x)
		u.Mul(u, x)
		u.Mul(u, parseLong("0.044715"))
		u.Add(u, x)
		u.Mul(u, Sqrt(new(big.Float).Quo(integer(2).SetPrec(Bits(plenty)), Pi(plenty)), plenty))
		requireClose(t, digits, halfOnePlus(x, Tanh(u, plenty)), p.geluTanh(x), "gelu_new(%s)", s)

		z := float(Bits(plenty)).Quo(x, Sqrt(integer(2), plenty))
		requireClose(t, digits, halfOnePlus(x, Erf(z, plenty)), p.geluErf(x), "gelu(%s)", s)

		half := new(big.Float).SetMantExp(x, -1)
		requireClose(t, digits, halfOnePlus(x, Tanh(half, plenty)), p.silu(x), "silu(%s)", s)

		if x.Sign() < 0 {
			require.Zero(t, p.relu(x).Sign())
		} else {
			require.Zero(t, p.relu(x).Cmp(x))
		}
	}
}

func parseLong(s string) *big.Float {
	x, _ := float(Bits(1000)).SetString(s)
	return x
}

// halfOnePlus is x/2 (1 + y).
func halfOnePlus(x, y *big.Float) *big.Float {
	z := float(y.Prec()).Add(integer(1), y)
	z.Mul(z, x)
	return z.SetMantExp(z, -1)
}

func requireClose(t *testing.T, digits int, want, got *big.Float, what ...any) {
	if want.Sign() == 0 {
		require.Zero(t, got.Sign(), what...)
		return
	}
	require.Greater(t, relative(got, want), float64(digits+guardDigits-3), what...)
}
