package model

import (
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// expected holds what PyTorch computed for the small model: for two sequences of 17
// tokens the logits and, in float64, the hidden states, and their greedy
// continuation by 24 tokens.
type expected struct {
	ids, greedy [2][]int
	file        *safetensors.File
}

func loadExpected(t *testing.T) expected {
	file, err := safetensors.Open(small + "/expected.safetensors")
	require.NoError(t, err)
	e := expected{file: file}
	e.ids, e.greedy = rows(t, file, "ids"), rows(t, file, "greedy")
	return e
}

func rows(t *testing.T, file *safetensors.File, name string) [2][]int {
	tensor, err := file.Tensor(name)
	require.NoError(t, err)
	v, err := safetensors.Ints(tensor)
	require.NoError(t, err)
	return [2][]int{v[:len(v)/2], v[len(v)/2:]}
}

// floats returns a tensor's part for one of the two sequences.
func (e expected) floats(t *testing.T, name string, row int) []float64 {
	tensor, err := e.file.Tensor(name)
	require.NoError(t, err)
	v, err := safetensors.Floats[float64](tensor)
	require.NoError(t, err)
	half := len(v) / 2
	return v[row*half : (row+1)*half]
}

func TestLogitsAgreeWithPyTorch(t *testing.T) {
	e, c := loadExpected(t), loadSmall(t)
	for row, ids := range e.ids {
		for _, order := range orders[float64](every) {
			d := worst(logits(t, build[float64](t, c, setup{order, 2, 2}), ids), e.floats(t, "logits_f64", row))
			require.Less(t, d, 1e-13, "%v", order)
		}
		for _, order := range orders[float32](every) {
			d := worst(logits(t, build[float32](t, c, setup{order, 2, 2}), ids), e.floats(t, "logits_f32", row))
			require.Less(t, d, 1e-5, "%v", order)
		}
	}
}

func TestGonumAgreesWithPyTorch(t *testing.T) {
	e, c := loadExpected(t), loadSmall(t)
	for ranks := 1; ranks <= 6; ranks++ {
		m64, err := New(c, Options[float64]{Backend: gemm.Gonum[float64]{}, Ranks: ranks})
		require.NoError(t, err)
		require.Less(t, worst(logits(t, m64, e.ids[0]), e.floats(t, "logits_f64", 0)), 1e-13)
		m32, err := New(c, Options[float32]{Backend: gemm.Gonum[float32]{}, Ranks: ranks})
		require.NoError(t, err)
		require.Less(t, worst(logits(t, m32, e.ids[0]), e.floats(t, "logits_f32", 0)), 1e-5)
	}
}

// PyTorch's hidden states are the embedding, the outputs of the layers but the last
// and, in its place, what the final norm makes of it.
func TestStagesAgreeWithPyTorch(t *testing.T) {
	e := loadExpected(t)
	for row, ids := range e.ids {
		for _, order := range orders[float64](every) {
			tr := record(t, build[float64](t, loadSmall(t), setup{order, 3, 1}), ids)
			for tensor, stage := range map[string]string{
				"hidden_f64.0": "embed", "hidden_f64.1": "layers.0.output", "hidden_f64.2": "layers.1.output", "hidden_f64.3": "final_norm",
			} {
				require.Less(t, worst(tr.values[stage], e.floats(t, tensor, row)), 1e-13, "%s, %v", stage, order)
			}
		}
	}
}
