package diagnose

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAtLeast compares the bound with the chances of the binomial distribution.
func TestAtLeast(t *testing.T) {
	require.Equal(t, 1.0, atLeast(3, 3))
	require.Zero(t, atLeast(1, 0))
	for _, n := range []int{1, 5, 40} {
		for _, p := range []float64{0.001, 0.1, 0.6} {
			tail, term := 0.0, math.Pow(p, float64(n)) // of k = n
			for k := n; k >= 0; k-- {
				tail += term
				require.LessOrEqual(t, tail, atLeast(float64(k), float64(n)*p)*(1+1e-12), "%d or more of %d, %g each", k, n, p)
				term *= float64(k) / float64(n-k+1) * (1 - p) / p
			}
			require.InEpsilon(t, 1, tail, 1e-9)
		}
	}
}

// TestFewWrongValuesAreNoPrecision puts errors as large as a lower precision's on ever more
// values of a stage: on few they are a fault, on all of them, or rounded to the format, that
// precision.
func TestFewWrongValuesAreNoPrecision(t *testing.T) {
	k := garbledCase("", "", 0)
	run := k.newRun()
	r := newReplayer(k.trace(run), run.checkpoint())
	for _, stage := range []string{"layers.0.mlp.up", "layers.2.attn.q", "layers.1.output"} {
		s := r.recorded[stage]
		op, sound, _, err := r.compare(s, false)
		require.NoError(t, err)
		precise := func(change func(i int, x float64) float64) bool {
			y := slices.Clone(sound.y)
			for i, x := range y {
				y[i] = f32.roundedTo(change(i, x))
			}
			return compare(y, sound.e, r.a).noise(op, arithmetic{bf16, f32}, true) != nil
		}
		require.True(t, precise(func(_ int, x float64) float64 { return bf16.roundedTo(x) }), stage)
		for seed := range uint64(10) {
			for _, every := range []int{1, 2, 5, len(sound.y)} {
				rng := rand.New(rand.NewPCG(seed, uint64(every)))
				got := precise(func(i int, x float64) float64 {
					if noise := rng.NormFloat64(); i%every == 0 {
						return x * (1 + 0x1p-10*noise)
					}
					return x
				})
				require.Equal(t, every == 1, got, "%s, one of %d, seed %d", stage, every, seed)
			}
		}
	}
}

// TestWhatAFormatHoldsTellsNothing: of a stage rounded to bfloat16, most values being such
// numbers already, those are right and yet no sign that the others are a few wrong ones.
func TestWhatAFormatHoldsTellsNothing(t *testing.T) {
	const n = 400
	rng := rand.New(rand.NewPCG(3, 3))
	e := newEstimate(1, n)
	y := make([]float64, n)
	for i := range n {
		e.x[i] = rng.NormFloat64()
		if i%10 != 0 {
			e.x[i] = bf16.roundedTo(e.x[i])
		}
		e.errors.sigma[i] = f32.unit * math.Abs(e.x[i])
		e.errors.proof[i] = 10 * e.errors.sigma[i]
		y[i] = bf16.roundedTo(e.x[i])
	}
	require.True(t, compare(y, e, declared("f32")).spread(bf16))
	for i := range n { // values that bfloat16 does not hold are as right
		e.x[i] += 0x1p-12
		if i%10 != 0 {
			y[i] = f32.roundedTo(e.x[i])
		}
	}
	require.False(t, compare(y, e, declared("f32")).spread(bf16))
}
