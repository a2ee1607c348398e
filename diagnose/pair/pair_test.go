package pair_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/diagnose/pair"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// pytorch reads one of the traces that PyTorch made.
func pytorch(t *testing.T, name string) pair.Run {
	t.Helper()
	path := filepath.Join("../testdata/traces", name)
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join("../../trace/testdata", filepath.Base(name))
	}
	tr, err := trace.Read(path)
	require.NoError(t, err)
	return pair.Run{File: name, Trace: tr}
}

// compare compares traces. Whatever comes out is valid JSON and names things.
func compare(t *testing.T, o pair.Options, runs ...pair.Run) *diagnose.Report {
	t.Helper()
	r, err := pair.Compare(runs, o)
	require.NoError(t, err)
	require.NotEmpty(t, r.Sentence)
	data, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(data), `"hints":null`)
	require.Len(t, r.Runs, len(runs))
	return r
}

func stageOf(r *diagnose.Report) string {
	if r.Stage == nil {
		return ""
	}
	return *r.Stage
}

// Of all the traces that PyTorch made the verdict is right, and the stage, whichever
// of the two comes first.
func TestPyTorch(t *testing.T) {
	data, err := os.ReadFile("../testdata/traces/index.json")
	require.NoError(t, err)
	var index []struct {
		File, Kind string
		Stage      *string `json:"first_wrong_stage"`
	}
	require.NoError(t, json.Unmarshal(data, &index))
	require.Len(t, index, 18)
	verdicts := map[string]diagnose.Verdict{
		"reference": diagnose.SameBits, "rounding": diagnose.Rounding, "reduced precision": diagnose.ReducedPrecision, "bug": diagnose.Fault,
	}
	for _, e := range index {
		reference := pytorch(t, filepath.Join(filepath.Dir(e.File), "reference.safetensors"))
		want := ""
		if e.Stage != nil {
			want = *e.Stage
		}
		for _, r := range []*diagnose.Report{
			compare(t, pair.Options{}, reference, pytorch(t, e.File)),
			compare(t, pair.Options{}, pytorch(t, e.File), reference),
		} {
			require.Equal(t, verdicts[e.Kind], r.Verdict, "%s: %s", e.File, r.Sentence)
			require.Equal(t, want, stageOf(r), "%s: %s", e.File, r.Sentence)
			if want != "" {
				require.Contains(t, r.Sentence, want)
				require.Equal(t, want, r.Heat.Stage)
			}
		}
	}
}

func hints(r *diagnose.Report) (causes []string) {
	for _, h := range r.Hints {
		causes = append(causes, h.Cause)
	}
	return causes
}

func TestHints(t *testing.T) {
	for file, want := range map[string]struct{ cause, text string }{
		"gpt2/k_bias_dropped.safetensors":       {"offset", "up to 0.227"},
		"gpt2/bias_every_rank_mlp.safetensors":  {"offset", "every rank"},
		"gpt2/gelu_other.safetensors":           {"activation", "the first trace computes GELU, tanh form, the second GELU, erf form"},
		"gpt2/sdc_attn@1.safetensors":           {"element", "[3 5]"},
		"gpt2/qkv_contiguous_shard.safetensors": {"columns", "columns 24 to 47 of 48 are wrong: heads 3 to 5 of 6"},
	} {
		r := compare(t, pair.Options{}, pytorch(t, "gpt2/reference.safetensors"), pytorch(t, file))
		require.Equal(t, []string{want.cause}, hints(r), file)
		require.Contains(t, r.Hints[0].Text, want.text)
		require.Greater(t, float64(r.Hints[0].Before), 1.0)
		require.LessOrEqual(t, float64(r.Hints[0].After), 1.0)
	}
	require.Empty(t, hints(compare(t, pair.Options{}, pytorch(t, "llama/reference.safetensors"), pytorch(t, "llama/missing_allreduce_mlp@1.safetensors"))))
}

// The measures of a stage are those of their definitions.
func TestMeasures(t *testing.T) {
	a, b := tokens(1, 2, 4, -8), tokens(1, 2+0x1p-22, 4, -8-0x1p-18)
	s := compare(t, pair.Options{}, a, b).Stages[0]
	require.Equal(t, "embed", s.Name)
	p := s.Pair
	require.False(t, p.Same)
	require.Equal(t, 0x1p-18, float64(p.MaxAbs))
	require.Equal(t, 0x1p-18/(8+0x1p-18), float64(p.MaxRel))
	require.InDelta(t, 1, float64(p.Cosine), 1e-9)
	require.Equal(t, []diagnose.Bucket{{UpTo: 0, Count: 2}, {UpTo: 1, Count: 1}, {UpTo: 4, Count: 1}}, p.ULPs)
	require.Equal(t, 8+0x1p-18, float64(s.Size))
}

// tokens is a trace of one number a token.
func tokens(values ...float64) pair.Run {
	return pair.Run{File: "t", Trace: &trace.Trace{DType: "f32", Stages: []trace.Stage{{Name: "embed", Shape: []int{len(values), 1}, Values: values}}}}
}

// clone copies a run, so that it can be spoilt.
func clone(r pair.Run, file string) pair.Run {
	t := *r.Trace
	t.Stages = slices.Clone(t.Stages)
	for i := range t.Stages {
		t.Stages[i].Values = slices.Clone(t.Stages[i].Values)
	}
	return pair.Run{File: file, Trace: &t}
}

func TestNotFiniteIsAFinding(t *testing.T) {
	a := pytorch(t, "gpt2/reference.safetensors")
	for _, x := range []float64{math.NaN(), math.Inf(1)} {
		b := clone(a, "b")
		s, _ := b.Trace.Stage("layers.1.mlp.up")
		s.Values[192+3] = x
		r := compare(t, pair.Options{}, a, b)
		require.Equal(t, diagnose.Fault, r.Verdict)
		require.Equal(t, "layers.1.mlp.up", stageOf(r))
		i := slices.IndexFunc(r.Stages, func(s diagnose.Stage) bool { return s.Name == stageOf(r) })
		require.Equal(t, []int{1, 3}, r.Stages[i].Index)
		require.Equal(t, diagnose.SameBits, compare(t, pair.Options{}, b, clone(b, "c")).Verdict, "where both have it")
	}
}

func TestDifferentInputs(t *testing.T) {
	a := pytorch(t, "gpt2/reference.safetensors")
	b := clone(a, "b")
	b.Trace.IDs = slices.Clone(b.Trace.IDs)
	b.Trace.IDs[4]++
	r := compare(t, pair.Options{}, a, b)
	require.Equal(t, diagnose.DifferentInputs, r.Verdict)
	require.Contains(t, r.Sentence, "position 4")
	require.Nil(t, r.Stage)
	require.Equal(t, 1, countNotes(compare(t, pair.Options{}, a, pytorch(t, "llama/reference.safetensors")), "different models, gpt2 and llama"))

	b = clone(a, "b")
	b.Trace.IDs = nil
	s, _ := b.Trace.Stage("embed")
	for j := range 48 {
		s.Values[5*48+j] = s.Values[6*48+j]
	}
	r = compare(t, pair.Options{}, a, b)
	require.Equal(t, diagnose.DifferentInputs, r.Verdict, r.Sentence)
	require.Equal(t, diagnose.DifferentInputs, compare(t, pair.Options{}, tokens(1, 2), tokens(1, 2, 3)).Verdict)
}

func TestRunsOfOneThing(t *testing.T) {
	a := pytorch(t, "gpt2/reference.safetensors")
	o := pair.Options{Runs: true}
	require.Equal(t, diagnose.SameBits, compare(t, o, a, clone(a, "b"), clone(a, "c")).Verdict)
	r := compare(t, o, a, clone(a, "b"), pytorch(t, "gpt2/tp2.safetensors"), pytorch(t, "gpt2/gpu.safetensors"))
	require.Equal(t, diagnose.Nondeterministic, r.Verdict)
	require.Equal(t, "layers.0.attn_norm", stageOf(r), "the GPU's, which differs earliest")
	require.Contains(t, r.Sentence, "2 of 3 runs differ")
	require.Contains(t, r.Sentence, "rounding")
}

// The precision test names a trace whose distance from the float64 one is none of
// rounding, also where traces are so far apart that the pairs alone tell nothing.
func TestPrecision(t *testing.T) {
	exact, reference, bf16 := pytorch(t, "gpt2/f64.safetensors"), pytorch(t, "gpt2/reference.safetensors"), pytorch(t, "gpt2/bf16.safetensors")
	r := compare(t, pair.Options{}, reference, bf16, exact)
	require.Equal(t, diagnose.Rounding, r.Verdict)
	require.Equal(t, 2, countNotes(r, "shrinks with the unit roundoff:"), r.Notes)

	r = compare(t, pair.Options{}, exact, reference, pytorch(t, "gpt2/gelu_other.safetensors"))
	require.Equal(t, diagnose.Fault, r.Verdict)
	require.Equal(t, "layers.0.mlp.act", stageOf(r))
	require.Equal(t, 1, countNotes(r, "further from the float64 trace than its unit roundoff allows, from layers.0.mlp.act on"), r.Notes)
	require.Equal(t, 0, countNotes(r, "shrinks with the unit roundoff:"), "one arithmetic does not show that")

	require.Equal(t, 1, countNotes(compare(t, pair.Options{}, exact, reference), "with a second trace"))
	logits := func(r pair.Run) pair.Run { // of nothing else the pair tells anything
		r = clone(r, r.File)
		r.Trace.Stages = r.Trace.Stages[len(r.Trace.Stages)-1:]
		return r
	}
	require.Equal(t, diagnose.Undecided, compare(t, pair.Options{}, logits(reference), logits(bf16)).Verdict)
	r = compare(t, pair.Options{}, logits(reference), logits(bf16), logits(exact))
	require.Equal(t, diagnose.Rounding, r.Verdict, r.Sentence)
	r = compare(t, pair.Options{}, logits(reference), logits(pytorch(t, "gpt2/gpu.safetensors")), logits(exact))
	require.Equal(t, diagnose.Undecided, r.Verdict, "equally far, in one arithmetic: %s", r.Sentence)
	r = compare(t, pair.Options{}, logits(reference), logits(pytorch(t, "gpt2/gelu_other.safetensors")), logits(exact))
	require.Equal(t, diagnose.Fault, r.Verdict, r.Sentence)
	require.Equal(t, "logits", stageOf(r))
}

// What is no larger than rounding but the same in every row is not called rounding.
func TestOffsetBelowRounding(t *testing.T) {
	a := pytorch(t, "gpt2/reference.safetensors")
	b := clone(a, "b")
	b.Trace.DType = "bf16"
	require.Equal(t, diagnose.SameBits, compare(t, pair.Options{}, a, b).Verdict)
	s, _ := b.Trace.Stage("layers.0.attn.v")
	for i := range s.Values {
		s.Values[i] += 1e-3 * float64(1-i%2*2)
	}
	r := compare(t, pair.Options{}, a, b)
	require.Equal(t, diagnose.Undecided, r.Verdict, r.Sentence)
	require.Equal(t, "layers.0.attn.v", stageOf(r))
	require.Contains(t, r.Sentence, "the same in every row")
}

func countNotes(r *diagnose.Report, part string) (n int) {
	for _, note := range r.Notes {
		if strings.Contains(string(note), part) {
			n++
		}
	}
	return n
}

func TestBadInput(t *testing.T) {
	a := pytorch(t, "gpt2/reference.safetensors")
	other := clone(a, "b")
	other.Trace.Stages[3].Shape = []int{12, 8, 6}
	for want, runs := range map[string][]pair.Run{
		"1 trace: want two or more": {a},
		`stage "layers.0.attn.k" has shape [12 6 8] in gpt2/reference.safetensors and [12 8 6] in b`: {a, other},
		"no stage in common: rename": {a, {File: "x", Trace: &trace.Trace{DType: "f32", Stages: []trace.Stage{{Name: "h.0", Shape: []int{12, 1}, Values: make([]float64, 12)}}, IDs: a.Trace.IDs}}},
		`dtype "fp8": want f32`:      {a, {File: "x", Trace: &trace.Trace{DType: "fp8"}}},
		`stage "layers.0.output" has shape [2 1], of 2 tokens; stage "embed" says 3`: {a, {File: "x", Trace: &trace.Trace{DType: "f32", Stages: []trace.Stage{
			{Name: "embed", Shape: []int{3, 1}, Values: make([]float64, 3)}, {Name: "layers.0.output", Shape: []int{2, 1}, Values: make([]float64, 2)},
		}}}},
	} {
		_, err := pair.Compare(runs, pair.Options{})
		require.ErrorContains(t, err, want)
	}
}
