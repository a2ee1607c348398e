package model

// phi3 describes Phi-3 and Phi-4-mini (Abdin et al., 2024, "Phi-3 technical report"):
// Llama with one fused layer for queries, keys and values, in blocks, and one for
// gate and up; rotary embeddings of all of a head or a part; a sliding window in
// every layer where sliding_window is set.
func phi3(f *fields) (Config, blueprint) {
	c := decoder(f)
	c.NormEpsilon = f.numberOr("rms_norm_eps", 1e-5)
	c.HeadSize = f.headSize(c)
	c.RoPE = f.rope(c.HeadSize, names{share: "partial_rotary_factor"})
	if f.has("sliding_window") {
		c.slide(f.size("sliding_window"), func(int) bool { return true })
	}
	b := llamaNames(c, false, false, false)
	b.blocked(c, "self_attn.qkv_proj", false)
	b.gate = linear{name: "mlp.gate_up_proj", outputs: 2 * c.Inner, stride: 1}
	b.up = linear{name: "mlp.gate_up_proj", outputs: 2 * c.Inner, offset: c.Inner, stride: 1}
	return c, b
}
