package diagnose

import (
	"slices"
	"testing"

	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// TestBridged leaves stages out. The fault is found at the next recorded stage, and the
// hint names the one that is missing.
func TestBridged(t *testing.T) {
	for _, c := range []struct {
		fault, where  string
		missing       []string
		stage, cause  string
		family, dtype string
	}{
		{"scale-width", "", []string{"attn.scores", "attn.probs"}, "attn.context", "scale", "llama", "f32"},
		{"scale-width", "", []string{"attn.scores", "attn.probs"}, "attn.context", "scale", "gpt2", "bf16"},
		{"kv-heads", "attn.scores", []string{"attn.scores"}, "attn.probs", "kv-heads", "llama", "f32"},
		{"mask-ahead", "", []string{"attn.scores", "attn.probs"}, "attn.context", "mask", "qwen2", "f32"},
		{"rope-interleaved", "", []string{"attn.q_rope", "attn.k_rope"}, "attn.scores", "rope-style", "llama", "f32"},
		{"position-off", "all", []string{"attn.q_rope", "attn.k_rope", "attn.scores", "attn.probs"}, "attn.context", "", "llama", "f32"},
		{"gelu-other", "", []string{"mlp.act"}, "mlp.down", "activation", "gpt2", "f32"},
		{"bias-dropped", "attn.v", []string{"attn.v", "attn.scores", "attn.probs"}, "attn.context", "bias", "qwen2", "f32"},
		{"residual-dropped", "attn_residual", []string{"attn_residual"}, "mlp_norm", "residual", "llama", "f32"},
	} {
		k := testCase{kind: "fault", family: c.family, size: "small", dtype: c.dtype, tp: 2, scale: 6, order: "sequential", defect: defect{name: c.fault, where: c.where, layer: 1}}
		r := k.newRun()
		tr := k.trace(r)
		tr.Stages = slices.DeleteFunc(tr.Stages, func(s trace.Stage) bool {
			layer, name := split(s.Name)
			return layer == "layers.1." && slices.Contains(c.missing, name)
		})
		p, err := Replay(tr, r.checkpoint(), Options{Threads: 2})
		require.NoError(t, err)
		t.Log(k, p.Sentence)
		if c.fault == "position-off" { // what moves queries and keys alike moves no score
			require.Equal(t, Rounding, p.Verdict)
			continue
		}
		require.Equal(t, Fault, p.Verdict, "%v: %s", k, p.Sentence)
		require.Equal(t, "layers.1."+c.stage, *p.Stage, "%v: %s", k, p.Sentence)
		if c.cause != "" {
			require.NotEmpty(t, p.Hints, "%v", k)
			require.Equal(t, c.cause, p.Hints[0].Cause, "%v: %s", k, p.Hints[0].Text)
			require.Contains(t, p.Hints[0].Text, c.missing[0])
		}
	}
}
