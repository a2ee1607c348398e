package trace_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// python runs a script of testdata with the first Python here that has PyTorch, or
// skips the test.
func python(t *testing.T, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("PyTorch takes seconds to start")
	}
	const withoutTorch = 77
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		cmd := exec.Command(name, args...)
		printed, err := cmd.CombinedOutput()
		if err == nil {
			return
		}
		if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() != withoutTorch {
			t.Fatalf("%v: %s", err, printed)
		}
	}
	t.Skip("no python3 here can import torch (Debian: python3-torch)")
}

// The snippet of README.md, run with PyTorch on modules named as those of Hugging
// Face transformers, records what our model records: the same stages, shapes and
// values, of the same weights, in float64.
func TestSnippetForPyTorch(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, blocks)
	snippet := filepath.Join(t.TempDir(), "snippet.py")
	require.NoError(t, os.WriteFile(snippet, blocks[1], 0o644))
	missing := map[string]int{"gpt2": 3, "llama": 9, "qwen2": 9} // scores, and q_rope, k_rope
	args, dir := []string{"testdata/standin.py", snippet, "3,1,4,1,5"}, t.TempDir()
	for family := range missing {
		args = append(args, "../model/testdata/"+family, filepath.Join(dir, family))
	}
	python(t, args...)
	for family, missing := range missing {
		t.Run(family, func(t *testing.T) {
			theirs, ours := read(t, filepath.Join(dir, family)), run(t, "../model/testdata/"+family, []int{3, 1, 4, 1, 5})
			require.Equal(t, []any{family, "f64", 1, "cpu", ours.IDs}, []any{theirs.Model, theirs.DType, theirs.TP, theirs.Device, theirs.IDs})
			differences, err := trace.Compare(theirs, ours)
			require.NoError(t, err)
			for _, d := range differences {
				if d.In != trace.Both {
					require.Equal(t, trace.OnlyB, d.In)
					require.True(t, strings.HasSuffix(d.Stage, ".scores") || strings.HasSuffix(d.Stage, "_rope"), d.Stage)
					missing--
				}
				require.Less(t, d.Max, 1e-12, d.Stage)
			}
			require.Zero(t, missing)
			require.Equal(t, []string{"embed", "layers.0.attn_norm", "layers.0.attn.q"}, names(theirs)[:3])
			logits, ok := theirs.Stage("logits")
			require.True(t, ok)
			require.Greater(t, math.Abs(logits.Values[0]), 1e-6)
		})
	}
}

// run traces a model in float64.
func run(t *testing.T, folder string, ids []int) *trace.Trace {
	t.Helper()
	checkpoint, err := model.Load(folder)
	require.NoError(t, err)
	defer checkpoint.Close()
	backend, err := gemm.NewNative[float64](reduce.Pairwise, 1)
	require.NoError(t, err)
	m, err := model.New(checkpoint, model.Options[float64]{Backend: backend})
	require.NoError(t, err)
	var r trace.Recorder[float64]
	_, err = m.Trace(t.Context(), ids, &r)
	require.NoError(t, err)
	tr := r.Trace()
	tr.IDs = ids
	return tr
}
