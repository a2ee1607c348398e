package model_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model"
	"github.com/stretchr/testify/require"
)

// TestWeights finds in the files, by the names and layouts of Hugging Face, what Weights
// returns for each stage.
func TestWeights(t *testing.T) {
	for family, want := range map[string]map[string]struct {
		tensor         string
		first, stride  int // column of the tensor of the first output, and of the second head
		outputs, input int
		bias           bool
	}{
		"gpt2": {
			"layers.1.attn.k":   {"transformer.h.1.attn.c_attn.weight", 48, 8, 48, 48, true},
			"layers.2.mlp.up":   {"transformer.h.2.mlp.c_fc.weight", 0, 8, 192, 48, true},
			"layers.0.attn.out": {"transformer.h.0.attn.c_proj.weight", 0, 8, 48, 48, true},
			"logits":            {"transformer.wte.weight", 0, 8, 96, 48, false},
		},
		"gpt_neox": {"layers.1.attn.v": {"gpt_neox.layers.1.attention.query_key_value.weight", 16, 24, 48, 48, true}},
		"llama":    {"layers.1.attn.v": {"model.layers.1.self_attn.v_proj.weight", 0, 8, 16, 48, false}, "logits": {"lm_head.weight", 0, 8, 96, 48, false}},
	} {
		c, err := model.Load("testdata/" + family)
		require.NoError(t, err)
		files, err := safetensors.OpenFolder(os.DirFS("testdata/"+family), "model.safetensors")
		require.NoError(t, err)
		for stage, s := range want {
			w, err := c.Weights(stage)
			require.NoError(t, err)
			require.Equal(t, s.tensor, w.Tensor)
			require.Equal(t, []int{s.outputs, s.input}, []int{w.Matrix.Rows, w.Matrix.Cols})
			require.Equal(t, s.first, w.Columns[0])
			require.Equal(t, s.first+s.stride, w.Columns[8])
			tensor, _, err := files.Tensor(s.tensor)
			require.NoError(t, err)
			flat, err := safetensors.Floats[float64](tensor)
			require.NoError(t, err)
			conv1D := family == "gpt2" && strings.Contains(s.tensor, ".h.")
			for j := range w.Matrix.Rows {
				for i, v := range w.Matrix.Row(j) {
					at := w.Columns[j]*s.input + i
					if conv1D {
						at = i*tensor.Shape[1] + w.Columns[j]
					}
					require.Equal(t, flat[at], v, "%s %s %d %d", family, stage, j, i)
				}
			}
			require.Equal(t, s.bias, w.Bias != nil)
			if s.bias {
				tensor, _, err := files.Tensor(strings.TrimSuffix(s.tensor, "weight") + "bias")
				require.NoError(t, err)
				bias, err := safetensors.Floats[float64](tensor)
				require.NoError(t, err)
				for j, v := range w.Bias {
					require.Equal(t, bias[w.Columns[j]], v)
				}
			}
		}
		require.NoError(t, files.Close())
		require.NoError(t, c.Close())
	}
}

// TestWeightsOfEveryStage asks for all stages: those that multiply or scale have weights.
func TestWeightsOfEveryStage(t *testing.T) {
	c, err := model.Load("testdata/qwen2")
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	without := []string{"embed", "attn.q_rope", "attn.k_rope", "attn.scores", "attn.probs", "attn.context", "attn_residual", "mlp.act", "output"}
	for _, s := range append(model.StageNames(c.Config), "layers.3.attn.q", "layers.x.attn.q", "nonsense") {
		_, err := c.Weights(s)
		name := s
		if parts := strings.SplitN(s, ".", 3); len(parts) == 3 {
			name = parts[2]
		}
		if slices.Contains(without, name) || !slices.Contains(model.StageNames(c.Config), s) {
			require.ErrorContains(t, err, "has no weights in this qwen2 of 3 layers")
		} else {
			require.NoError(t, err, s)
		}
	}
	_, err = c.TokenRows([]int{0, 96})
	require.ErrorContains(t, err, "row 96 of model.embed_tokens.weight: want 0 to 95")
	rows, err := c.TokenRows([]int{7, 0})
	require.NoError(t, err)
	head, err := c.Weights("logits") // tied
	require.NoError(t, err)
	require.Equal(t, head.Matrix.Row(7), rows.Row(0))
	positions, err := c.PositionRows([]int{1})
	require.NoError(t, err)
	require.Zero(t, positions.Rows)
}
