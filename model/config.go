package model

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Config describes a transformer.
type Config struct {
	Family      string  `json:"family"`       // "gpt2"
	Layers      int     `json:"layers"`       // transformer blocks
	Width       int     `json:"width"`        // numbers that describe a token between layers
	Heads       int     `json:"heads"`        // attention heads
	Inner       int     `json:"inner"`        // width of the MLP
	Context     int     `json:"context"`      // longest sequence, in tokens
	Vocabulary  int     `json:"vocabulary"`   // different tokens
	NormEpsilon float64 `json:"norm_epsilon"` // added to the variance
	Activation  string  `json:"activation"`   // of the MLP, by its Hugging Face name
	Tied        bool    `json:"tied"`         // logits use the token embedding
}

// HeadSize returns the width of a head.
func (c Config) HeadSize() int { return c.Width / c.Heads }

// gpt2Config is config.json of the GPT-2 family, as far as it matters. Pointers
// tell a missing field from a zero.
type gpt2Config struct {
	ModelType         string   `json:"model_type"`
	Layers            int      `json:"n_layer"`
	Width             int      `json:"n_embd"`
	Heads             int      `json:"n_head"`
	Inner             *int     `json:"n_inner"`
	Context           int      `json:"n_positions"`
	Vocabulary        int      `json:"vocab_size"`
	Epsilon           *float64 `json:"layer_norm_epsilon"`
	Activation        string   `json:"activation_function"`
	Tied              *bool    `json:"tie_word_embeddings"`
	ScaleWeights      *bool    `json:"scale_attn_weights"`
	ScaleInverseLayer bool     `json:"scale_attn_by_inverse_layer_idx"`
	CrossAttention    bool     `json:"add_cross_attention"`
}

// parseConfig reads config.json.
func parseConfig(data []byte) (Config, error) {
	g := gpt2Config{Activation: "gelu_new"}
	if err := json.Unmarshal(data, &g); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
			return Config{}, fmt.Errorf("config.json: %s is a %s: want %v", wrong.Field, wrong.Value, wrong.Type)
		}
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	if g.ModelType != "gpt2" {
		return Config{}, fmt.Errorf("config.json: unknown architecture %q: want model_type \"gpt2\"", g.ModelType)
	}
	c := Config{
		Family: "gpt2", Layers: g.Layers, Width: g.Width, Heads: g.Heads, Inner: 4 * g.Width,
		Context: g.Context, Vocabulary: g.Vocabulary, NormEpsilon: 1e-5, Activation: g.Activation, Tied: true,
	}
	if g.Inner != nil {
		c.Inner = *g.Inner
	}
	if g.Epsilon != nil {
		c.NormEpsilon = *g.Epsilon
	}
	if g.Tied != nil {
		c.Tied = *g.Tied
	}
	if g.CrossAttention {
		return c, fmt.Errorf("config.json: add_cross_attention is not supported")
	}
	if g.ScaleInverseLayer || g.ScaleWeights != nil && !*g.ScaleWeights {
		return c, fmt.Errorf("config.json: scale_attn_by_inverse_layer_idx and unscaled attention are not supported")
	}
	return c, c.check()
}

// check returns an error where the numbers cannot describe a transformer.
func (c Config) check() error {
	for _, f := range []struct {
		name  string
		value int
	}{
		{"n_layer", c.Layers}, {"n_embd", c.Width}, {"n_head", c.Heads}, {"n_inner", c.Inner},
		{"n_positions", c.Context}, {"vocab_size", c.Vocabulary},
	} {
		if f.value < 1 || f.value > 1<<24 {
			return fmt.Errorf("config.json: %s is %d: want 1 to %d", f.name, f.value, 1<<24)
		}
	}
	if c.Width%c.Heads != 0 {
		return fmt.Errorf("config.json: n_embd %d is no multiple of n_head %d", c.Width, c.Heads)
	}
	if !(c.NormEpsilon >= 0 && c.NormEpsilon < 1) {
		return fmt.Errorf("config.json: layer_norm_epsilon is %v: want 0 <= epsilon < 1", c.NormEpsilon)
	}
	if _, ok := activations[c.Activation]; !ok {
		return fmt.Errorf("config.json: unknown activation_function %q: want gelu_new, gelu_pytorch_tanh or gelu", c.Activation)
	}
	return nil
}

// headLeaf is the leaf of the contraction over heads, in the attention output
// projection: the largest divisor of the head size that is at most the order's
// leaf, so that any cut between heads falls between leaves.
func (c Config) headLeaf(leaf int) int {
	d := c.HeadSize()
	for leaf = min(leaf, d); d%leaf != 0; leaf-- {
	}
	return leaf
}
