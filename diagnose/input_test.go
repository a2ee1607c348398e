package diagnose

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// small is a case of the corpus that nothing is wrong with.
var small = testCase{kind: "control", family: "llama", size: "small", dtype: "f32", tp: 2, scale: 6, order: "sequential"}

func recorded(t *testing.T) (*trace.Trace, *run) {
	r := small.newRun()
	return small.trace(r), r
}

func stage(t *trace.Trace, name string) *trace.Stage {
	return &t.Stages[slices.IndexFunc(t.Stages, func(s trace.Stage) bool { return s.Name == name })]
}

// TestBadInput hands over what cannot be a trace of the model.
func TestBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *trace.Trace)
		want   string
	}{
		"no ids":        {func(t *trace.Trace) { t.IDs = nil }, "the trace has no ids: want a tensor ids, I64 [tokens]"},
		"no stages":     {func(t *trace.Trace) { t.Stages = nil }, "the trace has no stages: want some of embed, layers.N.attn_norm"},
		"id":            {func(t *trace.Trace) { t.IDs[3] = 96 }, "ids[3] is 96: the model's vocabulary is 0 to 95"},
		"negative id":   {func(t *trace.Trace) { t.IDs[0] = -1 }, "ids[0] is -1: the model's vocabulary is 0 to 95"},
		"too long":      {func(t *trace.Trace) { t.IDs = make([]int, 65) }, "ids has 65 tokens: the model's context is 64"},
		"fewer ids":     {func(t *trace.Trace) { t.IDs = t.IDs[:11] }, "stage embed has shape [12 48]: of 11 tokens and this llama it is [11 48]"},
		"unknown stage": {func(t *trace.Trace) { t.Stages[2].Name = "layers.0.attn.qq" }, `unknown stage "layers.0.attn.qq": this llama of 3 layers has embed, layers.N.attn_norm`},
		"layer":         {func(t *trace.Trace) { t.Stages[2].Name = "layers.3.attn.q" }, `unknown stage "layers.3.attn.q": this llama of 3 layers has`},
		"shape":         {func(t *trace.Trace) { stage(t, "layers.1.attn.k").Shape = []int{12, 16} }, "stage layers.1.attn.k has shape [12 16]: of 12 tokens and this llama it is [12 2 8]"},
		"heads":         {func(t *trace.Trace) { stage(t, "layers.1.attn.scores").Shape = []int{12, 6, 12} }, "stage layers.1.attn.scores has shape [12 6 12]: of 12 tokens and this llama it is [6 12 12]"},
		"dtype":         {func(t *trace.Trace) { t.DType = "f8" }, `dtype is "f8": want f32, f64, bf16 or f16`},
		"rank":          {func(t *trace.Trace) { stage(t, "layers.1.attn.out").Name = "layers.1.attn.out.rank.2" }, `"layers.1.attn.out.rank.2": want attn.out or mlp.down of one of 2 ranks`},
		"rank of what":  {func(t *trace.Trace) { stage(t, "layers.1.attn.q").Name = "layers.1.attn.q.rank.0" }, `"layers.1.attn.q.rank.0": want attn.out or mlp.down`},
		"twice":         {func(t *trace.Trace) { t.Stages = append(t.Stages, t.Stages[0]) }, "stage embed is there twice"},
		"values":        {func(t *trace.Trace) { t.Stages[0].Values = t.Stages[0].Values[1:] }, "stage embed has shape [12 48] and 575 values"},
	} {
		t.Run(name, func(t *testing.T) {
			tr, r := recorded(t)
			c.change(tr)
			_, err := Replay(tr, r.checkpoint(), Options{Threads: 2})
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestStranger diagnoses a trace with the weights of another model of the same shapes.
func TestStranger(t *testing.T) {
	tr, r := recorded(t)
	other := newRandomModel(r.family, 6, 6)
	_, err := Replay(tr, other.checkpoint(), Options{Threads: 2})
	require.ErrorContains(t, err, "the trace is of another model")
}

// TestNotFinite puts values that are not finite into every stage: the stage is the
// finding, and nothing breaks.
func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		tr, r := recorded(t)
		for i := range tr.Stages {
			if i%13 != 0 {
				continue
			}
			was := tr.Stages[i].Values
			tr.Stages[i].Values = slices.Clone(was)
			tr.Stages[i].Values[0] = bad
			p, err := Replay(tr, r.checkpoint(), Options{Threads: 2})
			require.NoError(t, err)
			require.Equal(t, Fault, p.Verdict)
			require.Equal(t, tr.Stages[i].Name, *p.Stage, "%v: %s", bad, p.Sentence)
			tr.Stages[i].Values = was
		}
		for i := range tr.Stages { // all of them
			for k := range tr.Stages[i].Values {
				tr.Stages[i].Values[k] = bad
			}
		}
		p, err := Replay(tr, r.checkpoint(), Options{Threads: 2})
		require.NoError(t, err)
		require.Equal(t, Fault, p.Verdict)
		require.Equal(t, "embed", *p.Stage)
		data, err := json.Marshal(p)
		require.NoError(t, err)
		var back Report
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, len(p.Stages), len(back.Stages))
	}
}

// TestRanks records shares of ranks, one of them wrong.
func TestRanks(t *testing.T) {
	tr, r := recorded(t)
	whole := *stage(tr, "layers.1.attn.out")
	x, w := r.done["layers.1.attn.context"], r.parts["layers.1.attn.out"].w
	for rank := range 2 {
		s := trace.Stage{Name: trace.RankStage(whole.Name, rank), Shape: whole.Shape}
		for token := range r.ids {
			for _, row := range w {
				lo, hi := rank*24, rank*24+24
				s.Values = append(s.Values, r.dot(x[token*48+lo:token*48+hi], row[lo:hi]))
			}
		}
		tr.Stages = append(tr.Stages, s)
	}
	p, err := Replay(tr, r.checkpoint(), Options{Threads: 2})
	require.NoError(t, err)
	require.Equal(t, Rounding, p.Verdict, p.Sentence)
	require.Len(t, p.Stages, len(tr.Stages))
	tr.Stages[len(tr.Stages)-1].Values[40] += 0.5
	p, err = Replay(tr, r.checkpoint(), Options{Threads: 2})
	require.NoError(t, err)
	require.Equal(t, Fault, p.Verdict)
	require.Equal(t, "layers.1.attn.out.rank.1", *p.Stage)
}

// TestTwoFaults has the first stage reported, and the other one found as well.
func TestTwoFaults(t *testing.T) {
	tr, r := recorded(t)
	stage(tr, "layers.2.mlp.down").Values[5] += 1
	stage(tr, "layers.0.attn.v").Values[5] += 1
	p, err := Replay(tr, r.checkpoint(), Options{Threads: 2})
	require.NoError(t, err)
	require.Equal(t, "layers.0.attn.v", *p.Stage)
	var faults []string
	for _, s := range p.Stages {
		if s.Verdict == Fault {
			faults = append(faults, s.Name)
		}
	}
	// What read the values before they were changed does not follow from them now.
	require.Equal(t, []string{"layers.0.attn.v", "layers.0.attn.context", "layers.2.mlp.down", "layers.2.output"}, faults)
}
