package diagnose

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// recording is an entry of testdata/traces/index.json: a trace that PyTorch made.
type recording struct {
	File  string
	Kind  string
	Stage *string `json:"first_wrong_stage"`
}

// causes are the hints that the faulty recordings must get first.
var causes = map[string]string{
	"gpt2/qkv_contiguous_shard.safetensors":     "sharding",
	"gpt2/k_bias_dropped.safetensors":           "bias",
	"gpt2/bias_every_rank_mlp.safetensors":      "bias",
	"gpt2/gelu_other.safetensors":               "activation",
	"gpt2/sdc_attn@1.safetensors":               "element",
	"gpt2/bf16_allreduce_tp2.safetensors":       "allreduce-bf16",
	"llama/rope_interleaved.safetensors":        "rope-style",
	"llama/eps_in_norm_attn@1.safetensors":      "epsilon",
	"llama/missing_allreduce_mlp@1.safetensors": "allreduce-missing",
}

func load(t *testing.T, file string) (*trace.Trace, *model.Checkpoint) {
	path := filepath.Join("testdata/traces", file)
	if _, err := os.Stat(path); err != nil { // package trace has it
		path = filepath.Join("../trace/testdata", filepath.Base(file))
	}
	tr, err := trace.Read(path)
	require.NoError(t, err)
	c, err := model.Load(filepath.Join("../model/testdata", filepath.Dir(file)))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return tr, c
}

// TestRecordings diagnoses what PyTorch recorded, right and wrong.
func TestRecordings(t *testing.T) {
	data, err := os.ReadFile("testdata/traces/index.json")
	require.NoError(t, err)
	var list []recording
	require.NoError(t, json.Unmarshal(data, &list))
	require.NotEmpty(t, list)
	want := map[string]Verdict{"reference": Rounding, "rounding": Rounding, "reduced precision": ReducedPrecision, "bug": Fault}
	for _, r := range list {
		t.Run(r.File, func(t *testing.T) {
			tr, c := load(t, r.File)
			p, err := Replay(tr, c, Options{File: r.File, Threads: 2})
			require.NoError(t, err)
			require.Equal(t, want[r.Kind], p.Verdict, p.Sentence)
			require.Equal(t, r.Stage, p.Stage, p.Sentence)
			require.Len(t, p.Stages, len(tr.Stages))
			if cause := causes[r.File]; cause != "" {
				require.NotEmpty(t, p.Hints)
				require.Equal(t, cause, p.Hints[0].Cause, p.Hints[0].Text)
				require.Greater(t, float64(p.Hints[0].Before), 1.0)
				require.LessOrEqual(t, float64(p.Hints[0].After), 1.0)
				require.NotNil(t, p.Heat)
			} else {
				require.Empty(t, p.Hints)
			}
		})
	}
}
