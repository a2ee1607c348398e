package reference

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"
)

const (
	configFile  = "config.json"
	weightsFile = "model.safetensors"
)

// config is what a GPT-2's config.json says, with the defaults of Hugging Face
// transformers.
type config struct {
	ModelType  string      `json:"model_type"`
	Layers     int         `json:"n_layer"`
	Width      int         `json:"n_embd"`
	Heads      int         `json:"n_head"`
	Inner      *int        `json:"n_inner"`
	Positions  int         `json:"n_positions"`
	Vocabulary int         `json:"vocab_size"`
	Epsilon    json.Number `json:"layer_norm_epsilon"`
	Activation string      `json:"activation_function"`
	Tied       bool        `json:"tie_word_embeddings"`

	// Variants of the architecture that no forward pass here knows.
	ScaleScores  bool `json:"scale_attn_weights"`
	ScaleByLayer bool `json:"scale_attn_by_inverse_layer_idx"`
	CrossAttends bool `json:"add_cross_attention"`
}

func loadConfig(fsys fs.FS) (config, error) {
	c := config{Epsilon: "1e-05", Activation: "gelu_new", Tied: true, ScaleScores: true}
	text, err := fs.ReadFile(fsys, configFile)
	if err != nil {
		return c, fmt.Errorf("reference: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("reference: %s: %w", configFile, err)
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("reference: %s: %w", configFile, err)
	}
	return c, nil
}

func (c config) check() error {
	if c.ModelType != "gpt2" {
		return fmt.Errorf("model_type is %q, not \"gpt2\"", c.ModelType)
	}
	for _, size := range []struct {
		name  string
		value int
	}{
		{"n_layer", c.Layers}, {"n_embd", c.Width}, {"n_head", c.Heads}, {"n_inner", c.inner()},
		{"n_positions", c.Positions}, {"vocab_size", c.Vocabulary},
	} {
		if size.value < 1 || size.value > 1<<24 {
			return fmt.Errorf("%s is %d, not within 1 to %d", size.name, size.value, 1<<24)
		}
	}
	if c.Width%c.Heads != 0 {
		return fmt.Errorf("n_embd %d is not a multiple of n_head %d", c.Width, c.Heads)
	}
	if _, known := activations[c.Activation]; !known {
		return fmt.Errorf("activation_function is %q, none of gelu_new, gelu, relu", c.Activation)
	}
	if e, ok := new(big.Float).SetString(c.Epsilon.String()); !ok || e.Sign() <= 0 || e.IsInf() {
		return fmt.Errorf("layer_norm_epsilon is %s, not above 0", c.Epsilon)
	}
	if !c.ScaleScores || c.ScaleByLayer || c.CrossAttends {
		return fmt.Errorf("scale_attn_weights %t, scale_attn_by_inverse_layer_idx %t, add_cross_attention %t: only true, false, false is supported",
			c.ScaleScores, c.ScaleByLayer, c.CrossAttends)
	}
	return nil
}

// inner is the width of the MLP, four times the model's unless n_inner says.
func (c config) inner() int {
	if c.Inner != nil {
		return *c.Inner
	}
	return 4 * c.Width
}

// epsilon is the decimal number that the file holds, not the float64 next to it.
func (c config) epsilon(prec uint) *big.Float {
	e, _ := float(prec).SetString(c.Epsilon.String()) // check has seen that it parses
	return e
}
