package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/samebits/samebits/internal/plural"
)

// Config describes a transformer: what it computes, not where its weights lie.
type Config struct {
	Family      string  `json:"family"`            // as config.json names it: model_type
	Layers      int     `json:"layers"`            // transformer blocks
	Width       int     `json:"width"`             // numbers that describe a token between layers
	Heads       int     `json:"heads"`             // attention heads
	KVHeads     int     `json:"kv_heads"`          // heads of keys and values, each for Heads/KVHeads of queries
	HeadSize    int     `json:"head_size"`         // width of a head
	Inner       int     `json:"inner"`             // width of the MLP
	Context     int     `json:"context"`           // longest sequence, in tokens
	Vocabulary  int     `json:"vocabulary"`        // different tokens
	Norm        string  `json:"norm"`              // LayerNorm or RMSNorm
	NormEpsilon float64 `json:"norm_epsilon"`      // added to the variance, or to the mean square
	QKNorm      bool    `json:"qk_norm"`           // RMSNorm of each head of the queries and keys
	Activation  string  `json:"activation"`        // of the MLP, by its Hugging Face name
	Gated       bool    `json:"gated"`             // the MLP multiplies activation(gate) and up
	Parallel    bool    `json:"parallel"`          // attention and MLP read the same x
	RoPE        *RoPE   `json:"rope,omitempty"`    // nil: learned positions
	Windows     []int   `json:"windows,omitempty"` // of each layer, see Window; nil: all 0
	Tied        bool    `json:"tied"`              // logits use the token embedding
	Storage     string  `json:"storage"`           // the type of the weights that config.json names, or ""
}

// The norms.
const (
	LayerNorm = "LayerNorm"
	RMSNorm   = "RMSNorm"
)

// Window returns how many keys a token sees in layer i, its own and those before
// it; 0 means all.
func (c Config) Window(i int) int {
	if c.Windows == nil {
		return 0
	}
	return c.Windows[i]
}

// group is the number of query heads that share a head of keys and values.
func (c Config) group() int { return c.Heads / c.KVHeads }

// slide gives every layer of which that is true the same window.
func (c *Config) slide(window int, layer func(i int) bool) {
	c.Windows = make([]int, c.Layers)
	for i := range c.Windows {
		if layer(i) {
			c.Windows[i] = window
		}
	}
}

// families are the descriptions of the architectures, by their model_type.
var families = map[string]func(*fields) (Config, blueprint){
	"gpt2": gpt2, "gpt_neox": gptNeoX, "llama": llama, "mistral": mistral, "phi3": phi3, "qwen2": qwen2, "qwen3": qwen3,
}

// Families lists the model_type of each architecture that Load reads.
func Families() []string { return slices.Sorted(maps.Keys(families)) }

// parseConfig reads config.json.
func parseConfig(data []byte) (Config, blueprint, error) {
	f := parseFields("config.json", data)
	name := f.textOr("model_type", "")
	family, ok := families[name]
	if !ok {
		f.failf("unknown architecture %.40q: want model_type %s", name, strings.Join(Families(), ", "))
	}
	if f.has("quantization_config") {
		f.failf("quantization_config is not supported: want weights in F16, BF16, F32 or F64")
	}
	if *f.err != nil {
		return Config{}, blueprint{}, *f.err
	}
	c, b := family(f)
	c.Family, c.Storage = name, f.storage()
	f.fail(c.check())
	return c, b, *f.err
}

// storage returns the type of the weights, which either dialect of config.json may
// name. The tensors say for themselves what they are.
func (f *fields) storage() string {
	s := f.textOr("dtype", f.textOr("torch_dtype", ""))
	if old := f.textOr("torch_dtype", s); old != s {
		f.failf("dtype is %.40q and torch_dtype %.40q: want one", s, old)
	}
	return s
}

// check returns an error where the numbers, each of which is in its range, cannot
// describe a transformer together.
func (c Config) check() error {
	if c.Heads%c.KVHeads != 0 {
		return fmt.Errorf("config.json: %s of queries and %d of keys: want a multiple", plural.Of(c.Heads, "head"), c.KVHeads)
	}
	if c.HeadSize > maxSize/c.Heads {
		return fmt.Errorf("config.json: %s of %d: want %d numbers at most", plural.Of(c.Heads, "head"), c.HeadSize, maxSize)
	}
	if !(c.NormEpsilon >= 0 && c.NormEpsilon < 1) {
		return fmt.Errorf("config.json: the epsilon of the norms is %v: want 0 <= epsilon < 1", c.NormEpsilon)
	}
	if _, ok := activations[c.Activation]; !ok {
		names := strings.Join(slices.Sorted(maps.Keys(activations)), ", ")
		return fmt.Errorf("config.json: unknown activation %.40q: want %s", c.Activation, names)
	}
	if c.RoPE != nil {
		return c.RoPE.check(c.HeadSize)
	}
	return nil
}

// headLeaf is the leaf of the contraction over heads, in the attention output
// projection: the largest divisor of the head size that is at most the order's
// leaf, so that any cut between heads falls between leaves.
func (c Config) headLeaf(leaf int) int {
	for leaf = min(leaf, c.HeadSize); c.HeadSize%leaf != 0; leaf-- {
	}
	return leaf
}
