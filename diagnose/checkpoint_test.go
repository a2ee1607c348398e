package diagnose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing/fstest"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model"
)

// fused lists what lies side by side in one matrix of the checkpoint, output by output:
// the stage and its row. It is nil where each stage has a matrix of its own.
type fusedRow struct {
	stage string
	row   int
}

func (f family) fusedQKV(layer string) (rows []fusedRow) {
	switch f.name {
	case "gpt2", "phi3":
		for _, s := range []string{"attn.q", "attn.k", "attn.v"} {
			n := f.kv * f.size
			if s == "attn.q" {
				n = f.heads * f.size
			}
			for j := range n {
				rows = append(rows, fusedRow{layer + s, j})
			}
		}
	case "gpt_neox":
		for h := range f.heads {
			for _, s := range []string{"attn.q", "attn.k", "attn.v"} {
				for d := range f.size {
					rows = append(rows, fusedRow{layer + s, h*f.size + d})
				}
			}
		}
	}
	return rows
}

func (f family) fusedGate(layer string) (rows []fusedRow) {
	if f.name == "phi3" {
		for _, s := range []string{"mlp.gate", "mlp.up"} {
			for j := range f.inner {
				rows = append(rows, fusedRow{layer + s, j})
			}
		}
	}
	return rows
}

func (m *randomModel) fuse(rows []fusedRow) weights {
	var p weights
	for _, r := range rows {
		from := m.parts[r.stage]
		p.w = append(p.w, from.w[r.row])
		if from.bias != nil {
			p.bias = append(p.bias, from.bias[r.row])
		}
	}
	return p
}

// checkpoint writes the model as Hugging Face does and loads it.
func (m *randomModel) checkpoint() *model.Checkpoint {
	if m.loaded != nil {
		return m.loaded
	}
	var tensors []safetensors.Tensor
	put := func(name string, p weights) {
		w := p.w
		if m.name == "gpt2" && len(w) > 1 && name[:2] == "h." {
			w = transpose(w)
		}
		var flat []float32
		for _, row := range w {
			for _, v := range row {
				flat = append(flat, float32(v))
			}
		}
		shape := []int{len(w), len(w[0])}
		if len(w) == 1 {
			shape = shape[1:]
		}
		tensors = append(tensors, safetensors.FromFloats(name+".weight", shape, flat))
		if p.bias != nil {
			var b []float32
			for _, v := range p.bias {
				b = append(b, float32(v))
			}
			tensors = append(tensors, safetensors.FromFloats(name+".bias", []int{len(b)}, b))
		}
	}
	n := names[m.name]
	put(n["tokens"], m.parts["tokens"])
	if m.turning == 0 {
		put(n["positions"], m.parts["positions"])
	}
	put(n["final_norm"], m.parts["final_norm"])
	if !m.tied {
		put(n["logits"], m.parts["logits"])
	}
	for i := range m.layers {
		layer, prefix := fmt.Sprintf("layers.%d.", i), fmt.Sprintf(n["layer"], i)
		if rows := m.fusedQKV(layer); rows != nil {
			put(prefix+n["attn.qkv"], m.fuse(rows))
		}
		if rows := m.fusedGate(layer); rows != nil {
			put(prefix+n["mlp.gate_up"], m.fuse(rows))
		}
		for _, s := range []string{"attn_norm", "mlp_norm", "attn.q", "attn.k", "attn.v", "attn.out", "attn.q_norm", "attn.k_norm", "mlp.gate", "mlp.up", "mlp.down"} {
			if p, ok := m.parts[layer+s]; ok && n[s] != "" {
				put(prefix+n[s], p)
			}
		}
	}
	var data bytes.Buffer
	if err := safetensors.WriteTo(&data, nil, tensors); err != nil {
		panic(err)
	}
	config, err := json.Marshal(m.config())
	if err != nil {
		panic(err)
	}
	c, err := model.LoadFS(fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: data.Bytes()}})
	if err != nil {
		panic(err)
	}
	m.loaded = c
	return c
}

func transpose(w [][]float64) [][]float64 {
	t := make([][]float64, len(w[0]))
	for j := range t {
		for i := range w {
			t[j] = append(t[j], w[i][j])
		}
	}
	return t
}

// names are those of the tensors.
var names = map[string]map[string]string{
	"gpt2": {"tokens": "wte", "positions": "wpe", "final_norm": "ln_f", "layer": "h.%d.", "attn_norm": "ln_1", "mlp_norm": "ln_2",
		"attn.qkv": "attn.c_attn", "attn.out": "attn.c_proj", "mlp.up": "mlp.c_fc", "mlp.down": "mlp.c_proj"},
	"gpt_neox": {"tokens": "gpt_neox.embed_in", "final_norm": "gpt_neox.final_layer_norm", "logits": "embed_out", "layer": "gpt_neox.layers.%d.",
		"attn_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm", "attn.qkv": "attention.query_key_value",
		"attn.out": "attention.dense", "mlp.up": "mlp.dense_h_to_4h", "mlp.down": "mlp.dense_4h_to_h"},
	"llama": llamaTensors(nil), "qwen2": llamaTensors(nil), "qwen3": llamaTensors(nil),
	"phi3": llamaTensors(map[string]string{"attn.q": "", "attn.k": "", "attn.v": "", "mlp.gate": "", "mlp.up": "", "attn.qkv": "self_attn.qkv_proj", "mlp.gate_up": "mlp.gate_up_proj"}),
}

func llamaTensors(other map[string]string) map[string]string {
	n := map[string]string{"tokens": "model.embed_tokens", "final_norm": "model.norm", "logits": "lm_head", "layer": "model.layers.%d.",
		"attn_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm",
		"attn.q": "self_attn.q_proj", "attn.k": "self_attn.k_proj", "attn.v": "self_attn.v_proj", "attn.out": "self_attn.o_proj",
		"attn.q_norm": "self_attn.q_norm", "attn.k_norm": "self_attn.k_norm",
		"mlp.gate": "mlp.gate_proj", "mlp.up": "mlp.up_proj", "mlp.down": "mlp.down_proj"}
	for k, v := range other {
		n[k] = v
	}
	return n
}

// config is config.json.
func (m *randomModel) config() map[string]any {
	if m.name == "gpt2" {
		return map[string]any{"model_type": "gpt2", "n_layer": m.layers, "n_embd": m.width, "n_head": m.heads, "n_inner": m.inner,
			"n_positions": m.context, "vocab_size": m.vocabulary, "layer_norm_epsilon": m.eps, "activation_function": m.activation}
	}
	c := map[string]any{"model_type": m.name, "num_hidden_layers": m.layers, "hidden_size": m.width, "num_attention_heads": m.heads,
		"num_key_value_heads": m.kv, "intermediate_size": m.inner, "max_position_embeddings": m.context, "vocab_size": m.vocabulary,
		"hidden_act": m.activation, "tie_word_embeddings": m.tied, "rope_theta": m.theta}
	switch m.name {
	case "gpt_neox":
		delete(c, "num_key_value_heads")
		delete(c, "rope_theta")
		c["rotary_emb_base"], c["rotary_pct"], c["layer_norm_eps"] = m.theta, float64(m.turning)/float64(m.size), m.eps
	default:
		c["rms_norm_eps"] = m.eps
	}
	switch m.name {
	case "llama":
		c["rope_scaling"] = map[string]any{"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 16}
	case "phi3":
		c["sliding_window"] = m.window
	case "qwen3":
		c["head_dim"] = m.size
	}
	return c
}
