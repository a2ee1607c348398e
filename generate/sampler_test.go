package generate

import (
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// plainly chooses as the doc comment of Next says, by sorting everything.
func plainly(s Sampling, logits []float64, position int) int {
	type token struct {
		x, w float64
		id   int
	}
	var x []token
	for id, l := range logits {
		if (s.Real == nil || s.Real(id)) && l > math.Inf(-1) {
			x = append(x, token{x: l, id: id})
		}
	}
	slices.SortStableFunc(x, func(a, b token) int {
		switch {
		case a.x > b.x:
			return -1
		case a.x < b.x:
			return 1
		}
		return 0
	})
	if s.Temperature == 0 {
		return x[0].id
	}
	if s.TopK > 0 && s.TopK < len(x) {
		x = x[:s.TopK]
	}
	byID := make([]float64, len(logits))
	for i := range x {
		x[i].w = elementary.Exp((x[i].x - x[0].x) / s.Temperature)
		byID[x[i].id] = x[i].w
	}
	var kept []float64
	for id, w := range byID {
		if slices.ContainsFunc(x, func(t token) bool { return t.id == id }) {
			kept = append(kept, w)
		}
	}
	total := reduce.Sum(reduce.Pairwise, kept)
	if 0 < s.TopP && s.TopP < 1 {
		need, c := s.TopP*total, 0.0
		for _, t := range x {
			if c += t.w; c >= need {
				break
			}
		}
		total = c
	}
	target, c, last := uniform(s.Seed, s.Sequence, uint64(position))*total, 0.0, 0
	for _, t := range x {
		c += t.w
		if t.w > 0 {
			last = t.id
		}
		if c > target {
			return t.id
		}
	}
	return last
}

// anySampling draws parameters of every kind.
func anySampling(rt *rapid.T) Sampling {
	s := Sampling{
		Temperature: rapid.SampledFrom([]float64{0, 1, 0.7, 5e-324, 1e-3, 1e300, 3}).Draw(rt, "temperature"),
		TopK:        rapid.SampledFrom([]int{0, 1, 2, 5, 1000}).Draw(rt, "top-k"),
		TopP:        rapid.SampledFrom([]float64{0, 1, 0.9, 0.5, 1e-300, 1 - 0x1p-53}).Draw(rt, "top-p"),
		Seed:        rapid.Uint64().Draw(rt, "seed"),
		Sequence:    rapid.Uint64Range(0, 3).Draw(rt, "sequence"),
	}
	if rapid.Bool().Draw(rt, "padded") {
		s.Real = func(id int) bool { return id%3 == 0 }
	}
	return s
}

func TestNextIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySampling(rt)
		sampler, err := NewSampler[float64](s)
		require.NoError(rt, err)
		logit := rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 1, -1, 2.5, 30, -800, -1e308, 1e308, 0.1, math.Inf(-1)})
		if rapid.Bool().Draw(rt, "smooth") {
			logit = rapid.Float64Range(-9, 9)
		}
		for position := range 4 {
			logits := append([]float64{0.25}, rapid.SliceOfN(logit, 0, 60).Draw(rt, "logits")...)
			got, err := sampler.Next(logits, position)
			require.NoError(rt, err)
			require.Equal(rt, plainly(s, logits, position), got, "%+v, position %d, of %v", s, position, logits)
		}
	})
}

func TestTiesGoToTheLowerID(t *testing.T) {
	for _, s := range []Sampling{{}, {Temperature: 1, TopK: 1}, {Temperature: 1, TopP: 1e-9}, {Temperature: 5e-324}} {
		sampler, err := NewSampler[float32](s)
		require.NoError(t, err)
		id, err := sampler.Next([]float32{-1, float32(math.Copysign(0, -1)), 0, 0, -5}, 3)
		require.NoError(t, err)
		if s.Temperature == 5e-324 { // any of the three, but none below
			require.Contains(t, []int{1, 2, 3}, id)
			continue
		}
		require.Equal(t, 1, id, "-0 is not less than +0")
	}
}

// Padded rows hold anything: even NaN does not matter there.
func TestPaddedRowsNeverWin(t *testing.T) {
	real := func(id int) bool { return id < 5 && id != 2 }
	logits := []float32{0, 1, 99, 0.5, -1, 1000, float32(math.NaN()), float32(math.Inf(1))}
	for _, s := range []Sampling{{}, {Temperature: 1}, {Temperature: 100, TopK: 3}, {Temperature: 2, TopP: 0.99}} {
		wins := func(real func(int) bool, logits []float32) map[int]bool {
			s.Real = real
			sampler, err := NewSampler[float32](s)
			require.NoError(t, err)
			seen := map[int]bool{}
			for position := range 300 {
				id, err := sampler.Next(logits, position)
				require.NoError(t, err)
				seen[id] = true
			}
			return seen
		}
		seen := wins(real, logits)
		for id := range seen {
			require.True(t, real(id), "%+v: %d", s, id)
		}
		require.True(t, s.Temperature == 0 || len(seen) > 2)
		require.True(t, wins(nil, logits[:6])[5], "the fault, no Real, is seen")
	}
}

// The frequencies are the probabilities: the statistic of 9 degrees of freedom stays
// below its 99.99 % point, 33.7, and a wrong temperature does not.
func TestFrequencies(t *testing.T) {
	logits := []float64{0, 1, 2, -1, 0.5, 0.5, 1.5, -2, 0.1, 1.9}
	const draws, temperature = 20000, 0.8
	statistic := func(actual float64) (x float64) {
		sampler, err := NewSampler[float64](Sampling{Temperature: actual, Seed: 7})
		require.NoError(t, err)
		var counts [10]float64
		for i := range draws {
			id, err := sampler.Next(logits, i)
			require.NoError(t, err)
			counts[id]++
		}
		total := 0.0
		for _, l := range logits {
			total += math.Exp(l / temperature)
		}
		for id, n := range counts {
			want := draws * math.Exp(logits[id]/temperature) / total
			x += (n - want) * (n - want) / want
		}
		return x
	}
	require.Less(t, statistic(temperature), 33.7)
	require.Greater(t, statistic(0.9), 33.7)
}

func TestTopPKeepsTheLikeliest(t *testing.T) {
	logits := []float64{math.Log(1), math.Log(4), math.Log(2), math.Log(3)} // probabilities 0.1, 0.4, 0.2, 0.3
	for p, want := range map[float64][]int{0.35: {1}, 0.6: {1, 3}, 0.85: {1, 2, 3}, 0.95: {0, 1, 2, 3}, 1: {0, 1, 2, 3}} {
		sampler, err := NewSampler[float64](Sampling{Temperature: 1, TopP: p})
		require.NoError(t, err)
		seen := map[int]bool{}
		for i := range 400 {
			id, err := sampler.Next(logits, i)
			require.NoError(t, err)
			seen[id] = true
		}
		for id := range logits {
			require.Equal(t, slices.Contains(want, id), seen[id], "top-p %v: token %d", p, id)
		}
	}
}

func TestSamplerRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for text, s := range map[string]Sampling{
		"generate: temperature -1: want a number of 0 or more":   {Temperature: -1},
		"generate: temperature NaN: want a number of 0 or more":  {Temperature: nan},
		"generate: temperature +Inf: want a number of 0 or more": {Temperature: inf},
		"generate: top-k -1: want 0 or more":                     {TopK: -1},
		"generate: top-p 1.5: want 0 to 1":                       {TopP: 1.5},
		"generate: top-p NaN: want 0 to 1":                       {TopP: nan},
	} {
		sampler, err := NewSampler[float64](s)
		require.EqualError(t, err, text)
		require.Nil(t, sampler)
	}
	for text, logits := range map[string][]float64{
		"generate: the logit of token 1 is NaN: want a finite number or -Inf":  {0, nan},
		"generate: the logit of token 0 is +Inf: want a finite number or -Inf": {inf, 0},
		"generate: none of 2 logits is of a real token and above -Inf":         {-inf, -inf},
		"generate: none of 0 logits is of a real token and above -Inf":         {},
	} {
		for _, temperature := range []float64{0, 1} {
			sampler, err := NewSampler[float64](Sampling{Temperature: temperature})
			require.NoError(t, err)
			_, err = sampler.Next(logits, 0)
			require.EqualError(t, err, text)
		}
	}
	sampler, err := NewSampler[float64](Sampling{})
	require.NoError(t, err)
	_, err = sampler.Next([]float64{0}, -1)
	require.EqualError(t, err, "generate: position -1: want 0 or more")
}

func TestNextDoesNotAllocate(t *testing.T) {
	logits := goldenLogits[float32](5000, 1)
	for _, s := range []Sampling{{}, {Temperature: 1}, {Temperature: 1, TopK: 40, TopP: 0.9}} {
		sampler, err := NewSampler[float32](s)
		require.NoError(t, err)
		_, err = sampler.Next(logits, 0)
		require.NoError(t, err)
		require.Zero(t, testing.AllocsPerRun(20, func() { sampler.Next(logits, 1) }), "%+v", s)
	}
}

const goldenProvenance = "The ids, as float64, that Sampler.Next gives at the positions 0 to 199 for 1000 logits each. Logit j of position i " +
	"is ((97*j + 31*i*i) mod 1009)/64 - 8, in float32 or float64, which hold it exactly."

func goldenLogits[T float32 | float64](n, position int) []T {
	logits := make([]T, n)
	for j := range logits {
		logits[j] = T((97*j+31*position*position)%1009)/64 - 8
	}
	return logits
}

func goldenDigest[T float32 | float64](t *testing.T, s Sampling) string {
	sampler, err := NewSampler[T](s)
	require.NoError(t, err)
	d := golden.New()
	for position := range 200 {
		id, err := sampler.Next(goldenLogits[T](1000, position), position)
		require.NoError(t, err)
		golden.Add(d, float64(id))
	}
	return d.String()
}

// TestGolden claims that every architecture chooses these tokens.
func TestGolden(t *testing.T) {
	digests := map[string]string{}
	for name, s := range map[string]Sampling{
		"greedy":                                         {},
		"temperature 1, seed 1":                          {Temperature: 1, Seed: 1},
		"temperature 0.7, seed 2, sequence 3":            {Temperature: 0.7, Seed: 2, Sequence: 3},
		"temperature 3, top-k 40, seed 1":                {Temperature: 3, TopK: 40, Seed: 1},
		"temperature 2, top-p 0.9, seed 1":               {Temperature: 2, TopP: 0.9, Seed: 1},
		"temperature 1.3, top-k 100, top-p 0.95, seed 5": {Temperature: 1.3, TopK: 100, TopP: 0.95, Seed: 5},
	} {
		digests[name] = goldenDigest[float64](t, s)
		require.Equal(t, digests[name], goldenDigest[float32](t, s), "these logits are exact in float32")
	}
	golden.Check(t, "testdata/golden_sampler.json", goldenProvenance, digests)
}

func BenchmarkNext(b *testing.B) {
	logits := make([]float32, 151936)
	for i := range logits {
		logits[i] = float32(12*uniform(1, 2, uint64(i)) + 3*uniform(1, 3, uint64(i)))
	}
	for name, s := range map[string]Sampling{
		"sampling=greedy": {}, "sampling=temperature": {Temperature: 1}, "sampling=top-k": {Temperature: 1, TopK: 40}, "sampling=top-p": {Temperature: 1, TopP: 0.9},
	} {
		b.Run(name, func(b *testing.B) {
			sampler, err := NewSampler[float32](s)
			require.NoError(b, err)
			for i := 0; b.Loop(); i++ {
				if _, err := sampler.Next(logits, i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The example of SPEC.md, section 13, which a program written from that section alone
// gives, too.
func TestPublishedExample(t *testing.T) {
	require.Equal(t, 0x1.0b6f7cb6dcb65p-1, uniform(2026, 0, 0))
	require.Equal(t, 0x1.653c35abf3ffcp-2, uniform(2026, 0, 1))
	for _, c := range []struct {
		Sampling
		want []int
	}{
		{Sampling{Temperature: 1, Seed: 2026}, []int{3, 1, 3, 2, 1, 1, 0, 2, 1, 1, 1, 1}},
		{Sampling{Temperature: 1, TopP: 0.8, Seed: 2026}, []int{3, 1, 3, 2, 1, 1, 2, 2, 1, 1, 1, 1}},
		{Sampling{Temperature: 2, TopK: 3, Seed: 2026, Sequence: 1}, []int{1, 3, 3, 3, 1, 1, 1, 1, 3, 3, 2, 2}},
	} {
		sampler, err := NewSampler[float32](c.Sampling)
		require.NoError(t, err)
		var got []int
		for position := range 12 {
			id, err := sampler.Next([]float32{1, 3, 2, 3}, position)
			require.NoError(t, err)
			got = append(got, id)
		}
		require.Equal(t, c.want, got, "%+v", c.Sampling)
	}
}
