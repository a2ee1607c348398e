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

// pythonWithTorch returns a Python that has PyTorch, or skips the test.
func pythonWithTorch(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("PyTorch takes seconds to start")
	}
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import torch").Run() == nil {
			return python
		}
	}
	t.Skip("no python3 here can import torch (Debian: python3-torch)")
	return ""
}

// The snippet of README.md, run with PyTorch on modules named as those of Hugging
// Face transformers, records what our model records: the same stages, shapes and
// values, of the same weights, in float64.
func TestSnippetForPyTorch(t *testing.T) {
	python := pythonWithTorch(t)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, blocks)
	snippet := filepath.Join(t.TempDir(), "snippet.py")
	require.NoError(t, os.WriteFile(snippet, blocks[1], 0o644))
	for family, missing := range map[string]int{"gpt2": 3, "llama": 9, "qwen2": 9} { // scores, and q_rope, k_rope
		t.Run(family, func(t *testing.T) {
			folder, out := "../model/testdata/"+family, filepath.Join(t.TempDir(), "trace")
			printed, err := exec.Command(python, "testdata/standin.py", snippet, folder, out, "3,1,4,1,5").CombinedOutput()
			require.NoError(t, err, "%s", printed)
			theirs, ours := read(t, out), run(t, folder, []int{3, 1, 4, 1, 5})
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
