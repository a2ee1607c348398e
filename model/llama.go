package model

import "github.com/samebits/samebits/internal/plural"

// decoder reads the fields that the families after GPT-2 share.
func decoder(f *fields) Config {
	c := Config{
		Layers: f.must("num_hidden_layers", maxLayers), Width: f.size("hidden_size"), Heads: f.size("num_attention_heads"),
		Inner: f.size("intermediate_size"), Context: f.size("max_position_embeddings"), Vocabulary: f.size("vocab_size"),
		Norm: RMSNorm, NormEpsilon: f.numberOr("rms_norm_eps", 1e-6),
		Activation: f.textOr("hidden_act", "silu"), Gated: true, Tied: f.flagOr("tie_word_embeddings", false),
	}
	c.KVHeads = f.sizeOr("num_key_value_heads", c.Heads)
	return c
}

// share returns the width of one of n heads.
func (f *fields) share(width, heads int) int {
	if width%heads != 0 {
		f.failf("a width of %d is no multiple of %s", width, plural.Of(heads, "head"))
	}
	return width / heads
}

// headSize returns head_dim or, where it is missing, the heads' share of the width.
func (f *fields) headSize(c Config) int {
	if f.has("head_dim") {
		return f.size("head_dim")
	}
	return f.share(c.Width, c.Heads)
}

// llamaNames describes where Llama and its relatives keep their weights.
func llamaNames(c Config, qkvBias, outBias, mlpBias bool) blueprint {
	b := blueprint{
		prefix: "model.", layer: "layers.%d.", embedding: "embed_tokens", finalNorm: "norm", head: "lm_head",
		attnNorm: "input_layernorm", mlpNorm: "post_attention_layernorm", qNorm: "self_attn.q_norm", kNorm: "self_attn.k_norm",
		out:     alone("self_attn.o_proj", outBias, 1, c.Width),
		gate:    alone("mlp.gate_proj", mlpBias, c.Inner, 1),
		up:      alone("mlp.up_proj", mlpBias, c.Inner, 1),
		down:    alone("mlp.down_proj", mlpBias, 1, c.Width),
		buffers: []string{"self_attn.rotary_emb.inv_freq"},
	}
	b.separate(c, "self_attn.", qkvBias)
	return b
}

// llama describes Llama 2 and 3 (Touvron et al., 2023, "Llama 2: open foundation
// and fine-tuned chat models"): RMSNorm, rotary embeddings, heads of keys and values
// that several heads of queries share, a gated MLP.
func llama(f *fields) (Config, blueprint) {
	c := decoder(f)
	c.HeadSize = f.headSize(c)
	c.RoPE = f.rope(c.HeadSize, names{})
	attention, mlp := f.flagOr("attention_bias", false), f.flagOr("mlp_bias", false)
	return c, llamaNames(c, attention, attention, mlp)
}

// mistral describes Mistral 7B (Jiang et al., 2023, "Mistral 7B"): Llama with a
// sliding window in every layer, unless sliding_window is null.
func mistral(f *fields) (Config, blueprint) {
	c := decoder(f)
	c.KVHeads = f.sizeOr("num_key_value_heads", f.unlessNull("num_key_value_heads", 8, c.Heads))
	c.HeadSize = f.headSize(c)
	c.RoPE = f.rope(c.HeadSize, names{})
	if !f.null("sliding_window") {
		c.slide(f.sizeOr("sliding_window", 4096), func(int) bool { return true })
	}
	return c, llamaNames(c, false, false, false)
}

// unlessNull returns the first number where the field is missing, the second where
// it is null: Hugging Face keeps the two apart.
func (f *fields) unlessNull(name string, missing, null int) int {
	if f.null(name) {
		return null
	}
	return missing
}
