package model

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sample is a random configuration of a family, and the seed of its weights.
type sample struct {
	config map[string]any
	seed   uint64
}

// samples draws small models of a family: heads of keys and values from one to all,
// either dialect of config.json, every option that changes what is computed.
func samples(family string) *rapid.Generator[sample] {
	return rapid.Custom(func(t *rapid.T) sample {
		d := draw{t, map[string]any{"model_type": family}}
		if family == "gpt2" {
			d.gpt2()
		} else {
			d.decoder(family)
		}
		return sample{d.config, rapid.Uint64Range(1, 1<<32).Draw(t, "seed")}
	})
}

// draw fills in a configuration.
type draw struct {
	*rapid.T
	config map[string]any
}

func of[V any](d draw, name string, values ...V) V { return rapid.SampledFrom(values).Draw(d.T, name) }

func (d draw) set(name string, values ...any) any {
	v := of(d, name, values...)
	if v != missing {
		d.config[name] = v
	}
	return v
}

// missing is a value that leaves a field out.
const missing = "\x00"

func (d draw) gpt2() {
	heads := d.set("n_head", 1, 2, 3, 5).(int)
	d.config["n_embd"] = heads * of(d, "head", 4, 6, 8, 40)
	d.config["n_layer"], d.config["n_positions"], d.config["vocab_size"] = 2, 48, 37
	d.set("n_inner", missing, nil, 33, 70)
	d.set("activation_function", missing, "gelu", "gelu_new", "relu")
	d.set("tie_word_embeddings", missing, true, false)
	d.set("layer_norm_epsilon", missing, 1e-6)
}

func (d draw) decoder(family string) {
	groups := map[int][]int{1: {1}, 2: {1, 2}, 3: {1, 3}, 4: {1, 2, 4}, 6: {1, 2, 3, 6}}
	heads := d.set("num_attention_heads", 1, 2, 3, 4, 6).(int)
	head := of(d, "head", 4, 8, 12, 40)
	d.config["hidden_size"] = heads * head
	d.config["num_hidden_layers"], d.config["max_position_embeddings"], d.config["vocab_size"] = 2, 48, 37
	d.set("intermediate_size", 8, 33, 70)
	d.set("tie_word_embeddings", missing, true, false)
	switch family {
	case "gpt_neox":
		d.set("hidden_act", missing, "gelu", "gelu_new", "relu")
		d.set("use_parallel_residual", missing, true, false)
		d.set("attention_bias", missing, true, false)
		d.rope("rotary_emb_base", "rotary_pct", 0.5, 1.0)
		return
	case "phi3":
		d.set("sliding_window", missing, nil, 3, 7)
		d.rope("rope_theta", "partial_rotary_factor", missing, 0.5, 1.0)
	case "llama":
		d.set("attention_bias", missing, true, false)
		d.set("mlp_bias", missing, true, false)
	case "mistral":
		d.set("sliding_window", missing, nil, 3, 7, 40)
	case "qwen2", "qwen3":
		d.set("attention_bias", missing, true, false)
		d.set("use_sliding_window", missing, true, false)
		d.set("sliding_window", 5, 9)
		d.set("max_window_layers", 0, 1, missing)
		if d.config["use_sliding_window"] == true {
			d.set("layer_types", missing, nil, []any{"full_attention", "sliding_attention"})
		}
	}
	d.config["num_key_value_heads"] = of(d, "kv", groups[heads]...)
	if family == "qwen3" || family != "phi3" && of(d, "explicit", true, false) {
		d.set("head_dim", 4, 10, 16)
	}
	d.set("hidden_act", missing, "silu", "gelu", "gelu_pytorch_tanh")
	d.set("rms_norm_eps", missing, 1e-5)
	if family != "phi3" {
		d.rope("rope_theta", "", missing)
	}
}

// rope draws rotary embeddings in either dialect.
func (d draw) rope(theta, share string, shares ...any) {
	t, part := of[any](d, "theta", 10000.0, 500, 1e6), of(d, "share", shares...)
	scaling := of(d, "scaling",
		map[string]any{"rope_type": "default"},
		map[string]any{"rope_type": "linear", "factor": 2.5},
		map[string]any{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 24})
	if of(d, "dialect", "old", "new") == "old" {
		d.config[theta] = t
		if part != missing {
			d.config[share] = part
		}
		if scaling["rope_type"] != "default" {
			d.config["rope_scaling"] = scaling
		}
		return
	}
	parameters := map[string]any{"rope_theta": t}
	for k, v := range scaling {
		parameters[k] = v
	}
	if part != missing {
		parameters["partial_rotary_factor"] = part
	}
	d.config["rope_parameters"] = parameters
}

// folder makes random weights, which bfloat16 holds, for the configuration.
func (s sample) folder(t require.TestingT) folder {
	f := folder{s.config, map[string]safetensors.Tensor{}}
	f.fill(t, rand.New(rand.NewPCG(s.seed, 1)))
	for name, x := range f.tensors {
		for i := 0; i < len(x.Data); i += 4 {
			x.Data[i], x.Data[i+1] = 0, 0
		}
		f.tensors[name] = x
	}
	return f
}

// halved returns the folder with its weights, which must allow it, in bfloat16.
func (f folder) halved() folder {
	return stored(f, safetensors.BF16, func(b []byte, x float32) []byte {
		return binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(x)>>16))
	})
}
