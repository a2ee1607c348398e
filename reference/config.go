package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"

	"github.com/samebits/samebits/internal/plural"
)

const (
	configFile  = "config.json"
	weightsFile = "model.safetensors"
)

// config is what config.json says, with the defaults of Hugging Face
// transformers. Numbers that enter the arithmetic stay the decimals that the file
// holds.
type config struct {
	ModelType  string
	Layers     int
	Width      int
	Heads      int
	KVHeads    int // of keys and values, which groups of heads share
	Head       int // numbers in a head
	Inner      int // width of the MLP
	Positions  int
	Vocabulary int
	Epsilon    json.Number
	Activation string
	Tied       bool
	Parallel   bool  // attention and MLP both read the layer's input
	Windows    []int // keys that a token sees, layer by layer; 0 is all
	Rotary     *rotary

	attentionBias, mlpBias bool
}

// rotary is how queries and keys are turned by their position.
type rotary struct {
	Size                    int // numbers of a head that turn
	Theta                   json.Number
	Scaling                 string
	Factor, Low, High, Base json.Number // of linear and llama3
}

func loadConfig(fsys fs.FS) (config, error) {
	text, err := fs.ReadFile(fsys, configFile)
	if err != nil {
		return config{}, fmt.Errorf("reference: %w", err)
	}
	c, err := parseConfig(text)
	if err != nil {
		return c, fmt.Errorf("reference: %s: %w", configFile, err)
	}
	return c, nil
}

func parseConfig(text []byte) (config, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v := values{}
	if err := d.Decode(&v.fields); err != nil {
		return config{}, err
	}
	c := config{ModelType: v.text("", "model_type")}
	f, known := architectures[c.ModelType]
	if !known {
		return c, fmt.Errorf("model_type is %q, none of gpt2, gpt_neox, llama, mistral, phi3, qwen2, qwen3", c.ModelType)
	}
	v.read(&c, f)
	if v.err != nil {
		return c, v.err
	}
	return c, c.check()
}

// read fills in c. Where two names are given, one is GPT-2's.
func (v *values) read(c *config, f architecture) {
	c.Layers = v.integer(0, "n_layer", "num_hidden_layers")
	c.Width = v.integer(0, "n_embd", "hidden_size")
	c.Heads = v.integer(0, "n_head", "num_attention_heads")
	c.KVHeads = v.integer(c.Heads, "num_key_value_heads")
	c.Head = v.integer(f.head, "head_dim")
	if c.Head == 0 && c.Heads > 0 {
		if c.Head = c.Width / c.Heads; c.Head*c.Heads != c.Width {
			v.fail(fmt.Errorf("width %d is not a multiple of %d heads", c.Width, c.Heads))
		}
	}
	c.Inner = v.integer(4*c.Width, "n_inner", "intermediate_size")
	c.Positions = v.integer(0, "n_positions", "max_position_embeddings")
	c.Vocabulary = v.integer(0, "vocab_size")
	c.Epsilon = v.number(f.epsilon, "layer_norm_epsilon", "layer_norm_eps", "rms_norm_eps")
	c.Activation = v.text(f.activation, "activation_function", "hidden_act")
	c.Tied = v.flag(f.tied, "tie_word_embeddings")
	c.Parallel = f.layerNorm && f.rotates && v.flag(true, "use_parallel_residual")
	c.attentionBias, c.mlpBias = f.attentionBias, f.mlpBias
	if f.attentionNamed {
		c.attentionBias = v.flag(f.attentionBias, "attention_bias")
	}
	if f.mlpNamed {
		c.mlpBias = v.flag(f.mlpBias, "mlp_bias")
	}
	if f.rotates {
		c.Rotary = v.rotary(c.Head, f)
	}
	c.Windows = v.windows(c.Layers, f)

	// Variants of GPT-2 that no forward pass here knows.
	if !v.flag(true, "scale_attn_weights") || v.flag(false, "scale_attn_by_inverse_layer_idx") || v.flag(false, "add_cross_attention") {
		v.fail(fmt.Errorf("scale_attn_weights, scale_attn_by_inverse_layer_idx and add_cross_attention: only true, false, false is supported"))
	}
}

// rotary reads the older dialect, whose fields stand side by side, or the newer,
// which keeps all in rope_parameters.
func (v *values) rotary(head int, f architecture) *rotary {
	in := v.object("rope_parameters", "rope_scaling")
	r := &rotary{
		Theta:   in.number(v.number("10000", "rotary_emb_base", "rope_theta"), "rope_theta"),
		Scaling: in.text("default", "rope_type", "type"),
		Factor:  in.number("0", "factor"),
		Low:     in.number("0", "low_freq_factor"),
		High:    in.number("0", "high_freq_factor"),
		Base:    in.number("0", "original_max_position_embeddings"),
	}
	share := in.number(v.number(f.turns, "rotary_pct", "partial_rotary_factor"), "partial_rotary_factor")
	part, err := share.Float64()
	v.fail(err)
	v.fail(in.err)
	r.Size = int(part * float64(head))
	return r
}

// windows tells for each layer how many keys a token sees.
func (v *values) windows(layers int, f architecture) []int {
	w := make([]int, max(0, min(layers, 1<<16)))
	size := v.integer(0, "sliding_window")
	if _, given := v.fields["sliding_window"]; !given {
		size = f.window
	}
	if f.windowOptional && !v.flag(false, "use_sliding_window") {
		size = 0
	}
	types, listed := v.fields["layer_types"].([]any)
	for i := range w {
		switch {
		case f.windowOptional && listed && i < len(types) && types[i] != "sliding_attention":
		case f.windowOptional && !listed && i < v.integer(28, "max_window_layers"):
		default:
			w[i] = size
		}
	}
	if f.windowOptional && listed && len(types) != layers {
		v.fail(fmt.Errorf("layer_types has %d entries for %s", len(types), plural.Of(layers, "layer")))
	}
	return w
}

func (c config) check() error {
	for _, size := range []struct {
		name  string
		value int
	}{
		{"the number of layers", c.Layers}, {"the width", c.Width}, {"the number of heads", c.Heads},
		{"the number of heads of keys", c.KVHeads}, {"the size of a head", c.Head}, {"the width of the MLP", c.Inner},
		{"the number of positions", c.Positions}, {"vocab_size", c.Vocabulary},
	} {
		if size.value < 1 || size.value > 1<<24 {
			return fmt.Errorf("%s is %d, not within 1 to %d", size.name, size.value, 1<<24)
		}
	}
	if c.Heads%c.KVHeads != 0 {
		return fmt.Errorf("%d heads are not a multiple of %s", c.Heads, plural.Words(c.KVHeads, "head of keys", "heads of keys"))
	}
	if _, known := activations[c.Activation]; !known {
		return fmt.Errorf("the activation is %q, none of gelu, gelu_new, silu, relu and their other names", c.Activation)
	}
	if e, ok := new(big.Float).SetString(c.Epsilon.String()); !ok || e.Sign() <= 0 || e.IsInf() {
		return fmt.Errorf("the norms' epsilon is %s, not above 0", c.Epsilon)
	}
	if c.Rotary != nil {
		return c.Rotary.check(c.Head)
	}
	return nil
}

func (r *rotary) check(head int) error {
	if r.Size < 2 || r.Size > head || r.Size%2 != 0 {
		return fmt.Errorf("%d of the %d numbers of a head turn: not an even number of them", r.Size, head)
	}
	if decimalNumber(r.Theta, 64).Cmp(integer(1)) < 0 {
		return fmt.Errorf("rope_theta is %s, not at least 1", r.Theta)
	}
	switch r.Scaling {
	case "default":
	case "linear", "llama3":
		if decimalNumber(r.Factor, 64).Cmp(integer(1)) < 0 {
			return fmt.Errorf("the rope's factor is %s, not at least 1", r.Factor)
		}
		if low := decimalNumber(r.Low, 64); r.Scaling == "llama3" &&
			(low.Sign() <= 0 || low.Cmp(decimalNumber(r.High, 64)) >= 0 || decimalNumber(r.Base, 64).Sign() <= 0) {
			return fmt.Errorf("llama3 scaling with factors %s and %s and a context of %s", r.Low, r.High, r.Base)
		}
	default:
		return fmt.Errorf("rope type %q is none of default, linear, llama3", r.Scaling)
	}
	return nil
}

// epsilon is the decimal number that the file holds, not the float64 next to it.
func (c config) epsilon(prec uint) *big.Float { return decimalNumber(c.Epsilon, prec) }

// decimalNumber is a JSON number of a size that makes sense, or else 0.
func decimalNumber(n json.Number, prec uint) *big.Float {
	x, ok := float(prec).SetString(n.String())
	if !ok || x.IsInf() {
		return float(prec)
	}
	return x
}
