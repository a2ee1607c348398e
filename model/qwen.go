package model

import "github.com/samebits/samebits/internal/plural"

// qwen2 describes Qwen2 and Qwen2.5 (Yang et al., 2024, "Qwen2 technical report"):
// Llama with biases on queries, keys and values, whatever config.json says, and
// sliding windows in the upper layers where use_sliding_window is set.
func qwen2(f *fields) (Config, blueprint) {
	c := decoder(f)
	c.KVHeads = f.sizeOr("num_key_value_heads", f.unlessNull("num_key_value_heads", 32, c.Heads))
	c.HeadSize = f.headSize(c)
	c.RoPE = f.rope(c.HeadSize, names{})
	f.qwenWindows(&c)
	return c, llamaNames(c, true, false, false)
}

// qwen3 describes the dense Qwen3 (Yang et al., 2025, "Qwen3 technical report"): a
// head size of its own, RMSNorm of each head of the queries and keys, no biases
// unless attention_bias is set.
func qwen3(f *fields) (Config, blueprint) {
	c := decoder(f)
	c.KVHeads = f.sizeOr("num_key_value_heads", f.unlessNull("num_key_value_heads", 32, c.Heads))
	c.HeadSize = f.sizeOr("head_dim", 128)
	c.RoPE = f.rope(c.HeadSize, names{})
	c.QKNorm = true
	f.qwenWindows(&c)
	bias := f.flagOr("attention_bias", false)
	return c, llamaNames(c, bias, bias, false)
}

// qwenWindows reads which layers slide: those that layer_types names or, in older
// files, those from max_window_layers on. Without use_sliding_window none does.
func (f *fields) qwenWindows(c *Config) {
	types := f.texts("layer_types")
	if types != nil && len(types) != c.Layers {
		f.failf("layer_types has %s for %s", plural.Words(len(types), "entry", "entries"), plural.Of(c.Layers, "layer"))
		return
	}
	for i, t := range types {
		if t != "full_attention" && t != "sliding_attention" {
			f.failf("layer_types[%d] is %.40q: want full_attention or sliding_attention", i, t)
		}
	}
	if !f.flagOr("use_sliding_window", false) || f.null("sliding_window") {
		for i, t := range types {
			if t == "sliding_attention" {
				f.failf("layer_types[%d] is %q without use_sliding_window and a sliding_window", i, t)
			}
		}
		return
	}
	from := f.within("max_window_layers", 28, 0, maxLayers)
	c.slide(f.sizeOr("sliding_window", 4096), func(i int) bool {
		if types != nil {
			return types[i] == "sliding_attention"
		}
		return i >= from
	})
}
