package diagnose

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samebits/samebits/model"
	"github.com/stretchr/testify/require"
)

// eachStage hands every stage of sound runs over, with its replay.
func eachStage(t *testing.T, f func(name string, op operation, c *comparison)) {
	for _, family := range []string{"gpt2", "qwen3", "gpt_neox"} {
		for _, dtype := range []string{"f32", "bf16", "f64"} {
			k := testCase{kind: "control", family: family, size: "small", dtype: dtype, tp: 2, scale: 6}
			run := k.newRun()
			r := newReplayer(k.trace(run), run.checkpoint())
			for _, name := range model.StageNames(run.checkpoint().Config) {
				if layer, _ := split(name); layer == "layers.1." {
					continue
				}
				op, c, _, err := r.compare(r.recorded[name], false)
				require.NoError(t, err)
				f(family+" "+dtype+" "+name, op, c)
			}
		}
	}
}

// TestLimits moves single values to either side of their limits.
func TestLimits(t *testing.T) {
	eachStage(t, func(name string, op operation, c *comparison) {
		rng := rand.New(rand.NewPCG(1, 2))
		for range 10 {
			i := rng.IntN(len(c.y))
			limit := c.e.limit(i, c.lambda)
			if c.e.masked != nil && c.e.masked[i] || limit <= 100*0x1p-53*math.Abs(c.e.x[i]) { // or no float64 lies between
				continue
			}
			y := slices.Clone(c.y)
			y[i] = c.e.x[i] + 0.99*limit
			require.True(t, compare(y, c.e, c.a).within(), name)
			y[i] = c.e.x[i] - 1.2*limit
			after := compare(y, c.e, c.a)
			require.Equal(t, []int{i}, after.bad, name)
			require.Equal(t, i, after.worst, name)
			y[i] = math.NaN()
			require.Equal(t, []int{i}, compare(y, c.e, c.a).bad, name)
		}
	})
}

// TestSystematic adds each effect that is tested for to the residuals of sound runs: a
// little more than its limit is found.
func TestSystematic(t *testing.T) {
	seen, soon, all := map[string]int{}, 0, 0
	eachStage(t, func(name string, op operation, c *comparison) {
		for _, before := range c.systematic(op) {
			require.False(t, before.Failed, "%s: %v", name, before)
			i := slices.IndexFunc(directions(op, c.e), func(d direction) bool { return d.name == before.Name })
			if i < 0 || before.Limit == 0 { // energy; nothing to scale
				continue
			}
			d := directions(op, c.e)[i]
			// The limit adapts to the errors, and the effect is one of them: up to the
			// limit of the declared arithmetic it may take more than what stood there.
			size := 2.0
			for failed := false; !failed; size *= 4 {
				require.Less(t, size, 1e6, "%s %s", name, d.name)
				y := slices.Clone(c.y)
				for k := range y {
					if c.e.errors.sigma[k] > 0 && d.d[k] != 0 {
						y[k] += size * float64(before.Limit) * d.d[k]
					}
				}
				tests := compare(y, c.e, c.a).systematic(op)
				j := slices.IndexFunc(tests, func(x Test) bool { return x.Name == before.Name })
				failed = tests[j].Failed
			}
			if size <= 32 {
				soon++
			}
			all++
			seen[d.name]++
		}
	})
	require.Greater(t, 10*soon, 9*all)
	for _, want := range []string{"common factor", "offset", "epsilon", "bias", "temperature", "gelu", "silu"} {
		require.Greater(t, seen[want], 3, want)
	}
}

// TestEnergy adds noise that leaves every value within its limit.
func TestEnergy(t *testing.T) {
	found := 0
	eachStage(t, func(name string, op operation, c *comparison) {
		l, ok := op.(linear)
		if !ok || l.a.isNarrow() {
			return
		}
		rng := rand.New(rand.NewPCG(5, 6))
		y := slices.Clone(c.y)
		for i := range y {
			y[i] = c.e.x[i] + 2.5*c.e.errors.sigma[i]*float64(1-2*rng.IntN(2))
		}
		after := compare(y, c.e, c.a)
		require.True(t, after.within(), name)
		tests := after.systematic(op)
		require.True(t, tests[len(tests)-1].Failed, "%s: %v", name, tests)
		require.Equal(t, "energy", tests[len(tests)-1].Name)
		found++
	})
	require.Greater(t, found, 20)
}

// TestFormats rounds to the formats: every number of 8 or 11 digits stays, what lies
// between goes to the nearest, ties to even.
func TestFormats(t *testing.T) {
	for _, f := range []format{bf16, f16, tf32} {
		for m := 1 << (f.digits - 1); m < 1<<f.digits; m++ {
			x := math.Ldexp(float64(m), 3-f.digits)
			require.Equal(t, x, f.roundedTo(x), f.name)
			even := x
			if m%2 == 1 {
				even = math.Ldexp(float64(m+1), 3-f.digits)
			}
			middle := math.Ldexp(float64(m)+0.5, 3-f.digits)
			require.Equal(t, even, f.roundedTo(middle), f.name)
			require.Equal(t, -even, f.roundedTo(-middle), f.name)
			require.Equal(t, x, f.roundedTo(math.Nextafter(middle, 0)), f.name)
		}
	}
	require.Equal(t, 65504.0, f16.roundedTo(65519.99))
	require.Equal(t, math.Inf(-1), f16.roundedTo(-65520))
	require.Equal(t, 0x1p-24, f16.roundedTo(0x1.8p-25))
	require.Zero(t, f16.roundedTo(0x1p-25))
	require.Equal(t, bf16.largest, bf16.roundedTo(0x1.fep127))
	require.Equal(t, math.Inf(1), bf16.roundedTo(math.MaxFloat32))
	require.Equal(t, 0x1p-133, bf16.roundedTo(0x1p-133))
}

// TestSpread checks the lambda of one value and of a thousand by Hoeffding's formula.
func TestSpread(t *testing.T) {
	for _, n := range []int{1, 1000} {
		l := spread(n)
		require.InEpsilon(t, failure, 2*float64(n)*math.Exp(-l*l/2), 1e-9)
	}
	require.Equal(t, math.Inf(1), gamma(300, bf16.unit))
	require.InEpsilon(t, 100*0x1p-24, gamma(100, f32.unit), 1e-5)
}
