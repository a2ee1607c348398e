package diagnose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing/fstest"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model"
)

// family is what the test's own forward pass knows of a transformer.
type family struct {
	name                                      string
	width, heads, kv, size, inner, vocabulary int
	tokens, layers, context                   int
	layerNorm, gated, parallel, qkNorm, tied  bool
	qkvBias, outBias, mlpBias                 bool
	eps, theta                                float64
	turning, window                           int // numbers of a head that turn, 0: learned positions
	activation                                string
	scaled                                    bool // llama3: factor 8, low 1, high 4, original 16
}

func newFamily(name, size string) family {
	f := family{name: name, width: 48, heads: 6, kv: 6, size: 8, inner: 96, vocabulary: 96, tokens: 12, layers: 3, context: 64, eps: 1e-5}
	if size == "medium" {
		f.width, f.heads, f.kv, f.size, f.inner, f.tokens = 128, 8, 8, 16, 256, 20
	}
	switch name {
	case "gpt2":
		f.layerNorm, f.tied, f.qkvBias, f.outBias, f.mlpBias, f.activation = true, true, true, true, true, "gelu_new"
		return f
	case "gpt_neox":
		f.layerNorm, f.parallel, f.qkvBias, f.outBias, f.mlpBias, f.activation = true, true, true, true, true, "gelu"
		f.turning, f.theta = f.size/4*2, 25000
		return f
	}
	f.gated, f.activation, f.turning = true, "silu", f.size
	switch name {
	case "llama":
		f.kv, f.theta, f.scaled = 2, 500000, true
	case "qwen2":
		f.kv, f.theta, f.tied, f.qkvBias, f.eps = f.heads/2, 1000000, true, true, 1e-6
	case "phi3":
		f.theta, f.window = 250000, 5
	case "qwen3":
		f.kv, f.theta, f.size, f.qkNorm, f.eps = 2, 1000000, 2*f.size, true, 1e-6
		f.turning = f.size
	}
	return f
}

// weights holds the parameters of a stage: w is [outputs][inputs].
type weights struct {
	w    [][]float64
	bias []float64
}

type randomModel struct {
	family
	parts  map[string]weights // by stage; "tokens", "positions" and "untied" besides
	loaded *model.Checkpoint
}

// newRandomModel draws a model. All weights are float32.
func newRandomModel(f family, scale float64, seed uint64) *randomModel {
	m := &randomModel{family: f, parts: map[string]weights{}}
	rng := rand.New(rand.NewPCG(seed, 99))
	std := 0.02 * scale
	matrix := func(rows, cols int) [][]float64 {
		w := make([][]float64, rows)
		for i := range w {
			w[i] = make([]float64, cols)
			for j := range w[i] {
				w[i][j] = toFloat32(std * rng.NormFloat64())
			}
		}
		return w
	}
	vector := func(n int, about, by float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = toFloat32(about + by*rng.NormFloat64())
		}
		return v
	}
	linear := func(name string, out, in int, bias bool) {
		p := weights{w: matrix(out, in)}
		if bias {
			p.bias = vector(out, 0, std)
		}
		m.parts[name] = p
	}
	norm := func(name string, n int, bias bool) {
		p := weights{w: [][]float64{vector(n, 1, 0.1)}}
		if bias {
			p.bias = vector(n, 0, std)
		}
		m.parts[name] = p
	}
	linear("tokens", f.vocabulary, f.width, false)
	linear("positions", f.context, f.width, false)
	linear("untied", f.vocabulary, f.width, false)
	for i := range f.layers {
		l := fmt.Sprintf("layers.%d.", i)
		norm(l+"attn_norm", f.width, f.layerNorm)
		norm(l+"mlp_norm", f.width, f.layerNorm)
		linear(l+"attn.q", f.heads*f.size, f.width, f.qkvBias)
		linear(l+"attn.k", f.kv*f.size, f.width, f.qkvBias)
		linear(l+"attn.v", f.kv*f.size, f.width, f.qkvBias)
		linear(l+"attn.out", f.width, f.heads*f.size, f.outBias)
		linear(l+"mlp.up", f.inner, f.width, f.mlpBias)
		linear(l+"mlp.down", f.width, f.inner, f.mlpBias)
		if f.gated {
			linear(l+"mlp.gate", f.inner, f.width, false)
		}
		if f.qkNorm {
			norm(l+"attn.q_norm", f.size, false)
			norm(l+"attn.k_norm", f.size, false)
		}
	}
	norm("final_norm", f.width, f.layerNorm)
	m.parts["logits"] = weights{w: m.parts["untied"].w}
	if f.tied {
		m.parts["logits"] = m.parts["tokens"]
	}
	return m
}

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
