package model

// gpt2 describes GPT-2 (Radford et al., 2019, "Language models are unsupervised
// multitask learners"): learned positions, LayerNorm before attention and MLP, one
// fused layer for queries, keys and values, weights stored [in, out].
func gpt2(f *fields) (Config, blueprint) {
	c := Config{
		Layers: f.must("n_layer", maxLayers), Width: f.size("n_embd"), Heads: f.size("n_head"),
		Context: f.size("n_positions"), Vocabulary: f.size("vocab_size"),
		Norm: LayerNorm, NormEpsilon: f.numberOr("layer_norm_epsilon", 1e-5),
		Activation: f.textOr("activation_function", "gelu_new"), Tied: f.flagOr("tie_word_embeddings", true),
	}
	c.KVHeads = c.Heads
	c.HeadSize = f.share(c.Width, c.Heads)
	c.Inner = f.sizeOr("n_inner", min(4*c.Width, maxSize))
	f.refuse("add_cross_attention")
	f.refuse("scale_attn_by_inverse_layer_idx")
	if !f.flagOr("scale_attn_weights", true) {
		f.failf("scale_attn_weights is false, which is not supported")
	}
	b := blueprint{
		prefix: "transformer.", layer: "h.%d.", embedding: "wte", positions: "wpe", finalNorm: "ln_f", head: "lm_head",
		attnNorm: "ln_1", mlpNorm: "ln_2", conv1D: true,
		out:     alone("attn.c_proj", true, 1, c.Width),
		up:      alone("mlp.c_fc", true, c.Inner, 1),
		down:    alone("mlp.c_proj", true, 1, c.Width),
		buffers: []string{"attn.bias", "attn.masked_bias"},
	}
	b.blocked(c, "attn.c_attn", true)
	return c, b
}
