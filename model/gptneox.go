package model

// gptNeoX describes GPT-NeoX and Pythia (Black et al., 2022, "GPT-NeoX-20B: an
// open-source autoregressive language model"): one fused layer in which each head
// has its query, key and value side by side; rotary embeddings of a part of each
// head; attention and MLP beside each other, unless use_parallel_residual is false.
func gptNeoX(f *fields) (Config, blueprint) {
	c := decoder(f)
	c.Norm, c.NormEpsilon = LayerNorm, f.numberOr("layer_norm_eps", 1e-5)
	c.KVHeads, c.Gated = c.Heads, false
	c.Activation = f.textOr("hidden_act", "gelu")
	c.Parallel = f.flagOr("use_parallel_residual", true)
	c.HeadSize = f.share(c.Width, c.Heads)
	c.RoPE = f.rope(c.HeadSize, names{theta: "rotary_emb_base", share: "rotary_pct", missing: 0.25})
	bias := f.flagOr("attention_bias", true)
	b := blueprint{
		prefix: "gpt_neox.", layer: "layers.%d.", embedding: "embed_in", finalNorm: "final_layer_norm", head: "embed_out",
		attnNorm: "input_layernorm", mlpNorm: "post_attention_layernorm",
		out:     alone("attention.dense", bias, 1, c.Width),
		up:      alone("mlp.dense_h_to_4h", true, c.Inner, 1),
		down:    alone("mlp.dense_4h_to_h", true, 1, c.Width),
		buffers: []string{"attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"},
	}
	b.interleaved(c, "attention.query_key_value", bias)
	return c, b
}
