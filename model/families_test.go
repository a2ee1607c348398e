package model

import (
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// published are the models that Hugging Face transformers computed, see
// testdata/README.md.
var published = []string{"gpt2", "gpt_neox", "llama", "qwen2"}

func eachPublished(t *testing.T, test func(t *testing.T, c *Checkpoint, e expected)) {
	for _, name := range published {
		t.Run(name, func(t *testing.T) {
			c, err := Load("testdata/" + name)
			require.NoError(t, err)
			file, err := safetensors.Open("testdata/" + name + "/expected.safetensors")
			require.NoError(t, err)
			test(t, c, expected{ids: rows(t, file, "ids"), greedy: rows(t, file, "greedy"), file: file})
		})
	}
}

// The project promises 1e-11 of the largest logit; these are rounding errors.
func TestFamiliesAgreeWithTransformers(t *testing.T) {
	eachPublished(t, func(t *testing.T, c *Checkpoint, e expected) {
		m64 := build[float64](t, c, setup{reduce.Pairwise, 3, 1})
		m32 := build[float32](t, c, setup{reduce.DoubleDouble, 5, 1})
		for row, ids := range e.ids {
			tr := record(t, m64, ids)
			want := e.floats(t, "logits_f64", row)
			largest := worst(want, make([]float64, len(want)))
			d := worst(tr.values["logits"], want)
			t.Logf("float64: %.3g of %.3g", d, largest)
			require.Less(t, d, 1e-13*largest)
			for tensor, stage := range map[string]string{
				"hidden_f64.0": "embed", "hidden_f64.1": "layers.0.output", "hidden_f64.2": "layers.1.output", "hidden_f64.3": "final_norm",
			} {
				want := e.floats(t, tensor, row)
				require.Less(t, worst(tr.values[stage], want), 1e-13*max(1, worst(want, make([]float64, len(want)))), stage)
			}
			require.Less(t, worst(logits(t, m32, ids), want), 2e-5*largest)
		}
	})
}

func TestFamiliesContinueAsTransformers(t *testing.T) {
	eachPublished(t, func(t *testing.T, c *Checkpoint, e expected) {
		m := build[float64](t, c, setup{reduce.Pairwise, 2, 1})
		for row, next := range e.ids {
			s := m.NewSession()
			var got []int
			for len(got) < len(e.greedy[row]) {
				out, err := s.Forward(t.Context(), next, nil)
				require.NoError(t, err)
				last := out.Row(out.Rows - 1)
				next = []int{slices.Index(last, slices.Max(last))}
				got = append(got, next...)
			}
			require.Equal(t, e.greedy[row], got)
		}
	})
}

// Faults that a family invites must be far from rounding, or the comparison above
// would not see them.
func TestWrongDescriptionsBreakAgreement(t *testing.T) {
	faults := map[string]map[string]func(c *Checkpoint){
		"gpt_neox": {
			"blocked, not interleaved": func(c *Checkpoint) { c.names.blocked(c.Config, c.names.q.name, true) },
			"all of a head turns":      func(c *Checkpoint) { c.Config.RoPE.Size = c.Config.HeadSize },
			"serial residual":          func(c *Checkpoint) { c.Config.Parallel = false },
			"GELU by tanh":             func(c *Checkpoint) { c.Config.Activation = "gelu_new" },
		},
		"llama": {
			"theta 1000":       func(c *Checkpoint) { c.Config.RoPE.Theta = 1000 },
			"linear scaling":   func(c *Checkpoint) { c.Config.RoPE.Scaling, c.Config.RoPE.Factor = "linear", 2 },
			"epsilon 1e-6":     func(c *Checkpoint) { c.Config.NormEpsilon = 1e-6 },
			"gate and up":      func(c *Checkpoint) { c.names.gate, c.names.up = c.names.up, c.names.gate },
			"window of 16":     func(c *Checkpoint) { c.Config.slide(16, func(int) bool { return true }) },
			"ReLU":             func(c *Checkpoint) { c.Config.Activation = "relu" },
			"the embedding":    func(c *Checkpoint) { c.Config.Tied = true },
			"queries for keys": func(c *Checkpoint) { c.names.k.name, c.names.v.name = c.names.v.name, c.names.k.name },
		},
		"qwen2": {
			"no biases": func(c *Checkpoint) { c.names.q.bias, c.names.k.bias, c.names.v.bias = false, false, false },
			"theta":     func(c *Checkpoint) { c.Config.RoPE.Theta = 1e6 },
		},
	}
	eachPublished(t, func(t *testing.T, c *Checkpoint, e expected) {
		want := e.floats(t, "logits_f64", 0)
		largest := worst(want, make([]float64, len(want)))
		for name, inject := range faults[c.Config.Family] {
			wrong := *c
			if c.Config.RoPE != nil {
				rope := *c.Config.RoPE
				wrong.Config.RoPE = &rope
			}
			inject(&wrong)
			d := worst(logits(t, build[float64](t, &wrong, setup{reduce.Pairwise, 2, 1}), e.ids[0]), want)
			t.Logf("%s: off by %.3g of %.3g", name, d, largest)
			require.Greater(t, d, 1e-7*largest, name)
			require.False(t, math.IsInf(d, 1))
		}
	})
}
