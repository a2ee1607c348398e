package diagnose

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChance counts all orders of a few units: the probability that the chance is at
// most x is at most x, and it is the number of orders that do as well.
func TestChance(t *testing.T) {
	const n = 7
	b := block{lo: 2, hi: 5}
	count, total := map[float64]int{}, 0
	var permute func(order []int, k int)
	permute = func(order []int, k int) {
		if k == n {
			count[chance(order, b)]++
			total++
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			permute(order, k+1)
			order[k], order[i] = order[i], order[k]
		}
	}
	permute([]int{0, 1, 2, 3, 4, 5, 6}, 0)
	require.Equal(t, 5040, total)
	require.Len(t, count, 4) // none, one, two or three of the block first
	for x := range count {
		atMost := 0
		for y, k := range count {
			if y <= x {
				atMost += k
			}
		}
		require.InDelta(t, x, float64(atMost)/float64(total), 1e-15)
	}
}

// garbledCase is a fault in a part of a stage of a small model of float32 on two ranks.
func garbledCase(name, where string, strength float64) testCase {
	return testCase{kind: "fault", family: "gpt_neox", size: "small", dtype: "f32", tp: 2, scale: 6, defect: defect{name, where, 0, strength}}
}

// TestConfined garbles a rank's columns, and a head's, ever more: from where rounding no
// longer explains it, it is a fault there, and never a lower precision.
func TestConfined(t *testing.T) {
	for _, part := range []testCase{
		garbledCase("rank-garbled", "mlp.up", 0), garbledCase("rank-garbled", "mlp.act", 0),
		garbledCase("rank-garbled", "attn.q", 0), garbledCase("head-garbled", "attn.v", 0),
	} {
		faults := 0
		for e := -24; e <= -4; e += 4 {
			part.defect.strength = math.Ldexp(1, e)
			run := part.newRun()
			p, err := Replay(part.trace(run), run.checkpoint(), Options{Threads: 2})
			require.NoError(t, err)
			if p.Verdict == Rounding {
				require.Zero(t, faults, "%v", part)
				continue
			}
			faults++
			require.Equal(t, Fault, p.Verdict, "%v", part)
			require.Equal(t, part.stage(), *p.Stage)
			require.Len(t, p.Hints, 1)
			require.Contains(t, []string{strings.TrimSuffix(part.defect.name, "-garbled"), "element"}, p.Hints[0].Cause, "%v", part)
		}
		require.GreaterOrEqual(t, faults, 4, "%v", part)
	}
}

// TestUniformIsNotConfined puts roundings of a lower precision on a whole stage: whatever
// the seed, they are not a part's. On one rank's columns alone they are.
func TestUniformIsNotConfined(t *testing.T) {
	k := garbledCase("", "", 0)
	run := k.newRun()
	r := newReplayer(k.trace(run), run.checkpoint())
	for _, stage := range []string{"layers.0.mlp.up", "layers.2.attn.q", "layers.0.attn.scores"} {
		s := r.recorded[stage]
		op, sound, _, err := r.compare(s, false)
		require.NoError(t, err)
		l, ranks := r.layout(s), r.blocks(s)
		first := ranks[len(ranks)-2] // of two ranks
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 1))
			for _, half := range []bool{false, true} {
				y := slices.Clone(sound.y)
				for i, x := range y {
					if noise := rng.NormFloat64(); !half || first.has(l.unit(i)) {
						y[i] = f32.roundedTo(x * (1 + 0x1p-10*noise))
					}
				}
				c := compare(y, sound.e, r.a)
				lower := c.noise(op, arithmetic{bf16, f32}, true)
				if lower == nil {
					require.True(t, half, "%s seed %d", stage, seed)
					continue
				}
				_, found := r.confined(s, op, c, lower, bf16)
				require.Equal(t, half, found, "%s seed %d", stage, seed)
			}
		}
	}
}
