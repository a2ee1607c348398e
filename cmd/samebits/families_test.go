package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// familyFaults lists a folder of each architecture that there is one of, and the faults that
// it can have.
var familyFaults = map[string][]string{
	"gpt2":     {"qkv-contiguous-shard", "bias-every-rank", "allreduce-race"},
	"gpt_neox": {"bias-every-rank", "allreduce-race"}, // a contiguous cut is right where heads lie whole
	"llama":    {"allreduce-race"},
	"qwen2":    {"allreduce-race"},
}

func TestCompareEveryFamily(t *testing.T) {
	for name, faults := range familyFaults {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := samebits(t, "", "compare", "--model", "../../model/testdata/"+name, "--ids", "3,1,4,1,5", "--tp", "1,2,5",
				"--runs", "2", "--digits", "20", "--orders", "pairwise,double-double,exact,gonum", "--arrival-runs", "2", "--json")
			require.Equal(t, exitSuccess, status, stderr)
			var r report
			require.NoError(t, json.Unmarshal([]byte(stdout), &r))
			require.Empty(t, r.Broken)
			require.Less(t, float64(r.row("f64", "pairwise").AbsError), 1e-13)
			require.Less(t, float64(r.row("f32", "exact").AbsError), 1e-5)
			seen := map[string]bool{}
			for _, f := range r.Faults {
				seen[f.Fault] = true
			}
			require.Len(t, seen, 1+len(faults))
			for _, f := range faults {
				require.True(t, seen[f], f)
			}
			for _, p := range r.Paths {
				for _, s := range p.Stages {
					require.LessOrEqual(t, float64(s.AbsError), 1e-5*max(1, float64(s.Largest)), s.Name)
				}
			}
		})
	}
}

func TestLogitsEveryFamily(t *testing.T) {
	for name := range familyFaults {
		out := filepath.Join(t.TempDir(), "out.safetensors")
		dir := "../../model/testdata/" + name
		status, _, stderr := samebits(t, "", "logits", "--model", dir, "--ids", "3,1,4,1,5", "--tp", "5", "--dtype", "f64", "--trace", "-o", out)
		require.Equal(t, exitSuccess, status, stderr)
		f, err := safetensors.Open(out)
		require.NoError(t, err)
		logits, err := f.Tensor("logits")
		require.NoError(t, err)
		require.Equal(t, []int{5, 96}, logits.Shape)
		_, err = f.Tensor("layers.2.attn.k_rope")
		require.Equal(t, name != "gpt2", err == nil)
	}
}

func TestFaultThatAFamilyCannotHave(t *testing.T) {
	for _, command := range []string{"compare", "logits"} {
		args := []string{command, "--model", "../../model/testdata/llama", "--ids", "1", "--tp", "2", "--fault", "bias-every-rank"}
		if command == "logits" {
			args = append(args, "-o", filepath.Join(t.TempDir(), "out.safetensors"))
		}
		status, _, stderr := samebits(t, "", args...)
		require.Equal(t, exitBadUse, status)
		require.Contains(t, stderr, "--fault bias-every-rank changes nothing in this llama: want one of [allreduce-race]")
	}
}
