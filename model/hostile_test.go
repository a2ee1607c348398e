package model

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// plain is a small model of a family without options.
func plain(t require.TestingT, family string) folder {
	f := folder{map[string]any{"model_type": family}, map[string]safetensors.Tensor{}}
	for _, field := range []struct {
		name, gpt2 string
		value      int
	}{
		{"num_hidden_layers", "n_layer", 2}, {"hidden_size", "n_embd", 24}, {"num_attention_heads", "n_head", 6},
		{"intermediate_size", "n_inner", 40}, {"max_position_embeddings", "n_positions", 16}, {"vocab_size", "vocab_size", 11},
	} {
		name := field.name
		if family == "gpt2" {
			name = field.gpt2
		}
		f.config[name] = field.value
	}
	switch family {
	case "gpt_neox":
		f.config["rotary_pct"] = 0.5
	case "qwen3":
		f.config["head_dim"] = 4
	}
	if family != "gpt2" && family != "gpt_neox" {
		f.config["num_key_value_heads"] = 2
	}
	f.fill(t, rand.New(rand.NewPCG(3, 4)))
	return f
}

func TestFamiliesRefuseConfigurations(t *testing.T) {
	for _, bad := range []struct {
		family, field string
		value         any
		text          string
	}{
		{"llama", "num_key_value_heads", 4, "config.json: 6 heads of queries and 4 of keys: want a multiple"},
		{"llama", "num_key_value_heads", 0, "config.json: num_key_value_heads is 0: want 1 to 16777216"},
		{"llama", "head_dim", 1 << 23, "config.json: 6 heads of 8388608: want 16777216 numbers at most"},
		{"llama", "head_dim", 5, "config.json: rotary embeddings of 5 of the 5 numbers of a head: want an even number of them, at least 2"},
		{"llama", "head_dim", 6, "model.safetensors: tensor model.layers.0.self_attn.q_proj.weight has shape [24 24]: config.json asks for [36 24]"},
		{"llama", "attention_bias", true, `model.safetensors: no tensor "model.layers.0.self_attn.q_proj.bias" among its 21`},
		{"llama", "attention_bias", "yes", `config.json: attention_bias is "yes": want true or false`},
		{"llama", "intermediate_size", nil, "config.json: intermediate_size is missing: want 1 to 16777216"},
		{"llama", "max_position_embeddings", 1.5, "config.json: max_position_embeddings is 1.5: want an integer"},
		{"llama", "rms_norm_eps", "1e-5", `config.json: rms_norm_eps is "1e-5": want a number`},
		{"llama", "hidden_act", "mish", `config.json: unknown activation "mish": want gelu, gelu_fast, gelu_new, gelu_python, gelu_pytorch_tanh, relu, silu, swish`},
		{"llama", "rope_theta", 0, "config.json: rope_theta is 0: want 1 to 1e18"},
		{"llama", "rope_theta", []int{1}, "config.json: rope_theta is [1]: want a number"},
		{"llama", "rope_scaling", 3, "config.json: rope_scaling: want a JSON object"},
		{"llama", "rope_scaling", map[string]any{"type": "yarn", "factor": 4}, `config.json: rope_scaling: unknown rope type "yarn": want default, linear or llama3`},
		{"llama", "rope_scaling", map[string]any{"rope_type": "dynamic"}, `config.json: rope_scaling: unknown rope type "dynamic": want default, linear or llama3`},
		{"llama", "rope_scaling", map[string]any{"type": "linear"}, "config.json: rope scaling linear by a factor of 0: want 1 to 1e9"},
		{"llama", "rope_scaling", map[string]any{"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1, "original_max_position_embeddings": 8},
			"config.json: rope scaling llama3 with low_freq_factor 4 and high_freq_factor 1: want 0 < low < high"},
		{"llama", "rope_scaling", map[string]any{"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4},
			"config.json: rope_scaling: original_max_position_embeddings is missing: want 1 to 16777216"},
		{"llama", "rope_parameters", map[string]any{"rope_type": "longrope"}, `config.json: rope_parameters: unknown rope type "longrope": want default, linear or llama3`},
		{"llama", "rope_parameters", map[string]any{"full_attention": map[string]any{}}, "config.json: rope_parameters: full_attention: rotary embeddings that differ from layer to layer are not supported"},
		{"llama", "rope_parameters", map[string]any{"partial_rotary_factor": 0.5}, "config.json: rope_parameters: partial_rotary_factor is 0.5: this family turns whole heads"},
		{"llama", "quantization_config", map[string]any{"bits": 4}, "config.json: quantization_config is not supported: want weights in F16, BF16, F32 or F64"},
		{"gpt_neox", "rotary_pct", 0.3, "config.json: rotary embeddings of 1 of the 4 numbers of a head: want an even number of them, at least 2"},
		{"gpt_neox", "rotary_pct", 1.5, "config.json: rotary embeddings of 1.5 of a head: want more than 0, at most 1"},
		{"gpt_neox", "hidden_size", 25, "config.json: a width of 25 is no multiple of 6 heads"},
		{"gpt_neox", "attention_bias", false, "model.safetensors: tensor gpt_neox.layers.0.attention.dense.bias is none of a gpt_neox of 2 layers, as config.json describes it"},
		{"mistral", "sliding_window", 0, "config.json: sliding_window is 0: want 1 to 16777216"},
		{"qwen2", "layer_types", []any{"full_attention"}, "config.json: layer_types has 1 entry for 2 layers"},
		{"qwen2", "layer_types", []any{"full_attention", "linear_attention"}, `config.json: layer_types[1] is "linear_attention": want full_attention or sliding_attention`},
		{"qwen2", "layer_types", []any{"full_attention", "sliding_attention"}, `config.json: layer_types[1] is "sliding_attention" without use_sliding_window and a sliding_window`},
		{"qwen3", "head_dim", nil, "model.safetensors: tensor model.layers.0.self_attn.q_norm.weight has shape [4]: config.json asks for [128]"},
		{"qwen3", "model_type", "llama", "model.safetensors: tensor model.layers.0.self_attn.k_norm.weight is none of a llama of 2 layers, as config.json describes it"},
		{"qwen2", "model_type", "llama", "model.safetensors: tensor model.layers.0.self_attn.k_proj.bias is none of a llama of 2 layers, as config.json describes it"},
		{"llama", "model_type", "qwen3", `model.safetensors: no tensor "model.layers.0.self_attn.q_norm.weight" among its 21`},
		{"phi3", "num_key_value_heads", 3, "model.safetensors: tensor model.layers.0.self_attn.qkv_proj.weight has shape [40 24]: config.json asks for [48 24]"},
		{"phi3", "vocab_size", 12, "model.safetensors: tensor model.embed_tokens.weight has shape [11 24]: config.json asks for [12 24]"},
		{"phi3", "torch_dtype", 5, "config.json: torch_dtype is 5: want a string"},
	} {
		f := plain(t, bad.family)
		f.config[bad.field] = bad.value
		_, err := LoadFS(f.fs(t))
		require.EqualError(t, err, bad.text, "%s = %v", bad.field, bad.value)
	}
}

func TestDialectsThatContradictEachOther(t *testing.T) {
	for text, fields := range map[string]map[string]any{
		`config.json: rope_theta is 5000 and rope_parameters gives 10000: want one`: {"rope_theta": 5000, "rope_parameters": map[string]any{"rope_theta": 10000}},
		`config.json: both rope_parameters and rope_scaling: want one`:              {"rope_scaling": map[string]any{"type": "linear", "factor": 2}, "rope_parameters": map[string]any{}},
		`config.json: dtype is "float32" and torch_dtype "bfloat16": want one`:      {"dtype": "float32", "torch_dtype": "bfloat16"},
	} {
		f := plain(t, "llama")
		for name, v := range fields {
			f.config[name] = v
		}
		_, err := LoadFS(f.fs(t))
		require.EqualError(t, err, text)
	}
	_, _, err := parseConfig([]byte(`{"model_type": "llama", "vocab_size": 3, "vocab_size": 4}`))
	require.EqualError(t, err, `config.json: "vocab_size" is given twice`)
	for _, text := range []string{``, `7`, `null`, `[]`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1}}`, `{"a":1} {}`, "{\"a\":\n[1,\n"} {
		_, _, err := parseConfig([]byte(text))
		require.ErrorContains(t, err, "config.json: ", text)
		require.NotContains(t, err.Error(), "\n")
	}
}

// Each tensor of each family, left out, turned round or of another type, is missed by name.
func TestEveryTensorIsChecked(t *testing.T) {
	for _, family := range Families() {
		f := plain(t, family)
		for name, x := range f.tensors {
			delete(f.tensors, name)
			_, err := LoadFS(f.fs(t))
			require.ErrorContains(t, err, name, "%s: missing", family)

			wrong := x
			wrong.Shape = append([]int{1}, x.Shape...)
			f.tensors[name] = wrong
			_, err = LoadFS(f.fs(t))
			require.ErrorContains(t, err, "model.safetensors: tensor "+name+" has shape", family)

			f.tensors[name] = safetensors.Tensor{Name: name, DType: safetensors.I32, Shape: x.Shape, Data: x.Data}
			_, err = LoadFS(f.fs(t))
			require.ErrorContains(t, err, `tensor "`+name+`": dtype is I32`)
			f.tensors[name] = x
		}
		f.load(t)
	}
}

func TestIndexIsChecked(t *testing.T) {
	const index, first, second = "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
	whole := plain(t, "llama").split(t, 2)
	place := func(tensor, file string) func(m map[string]string) {
		return func(m map[string]string) { m[tensor] = file }
	}
	for text, change := range map[string]func(m map[string]string){
		`lists gone.safetensors: open gone.safetensors: file does not exist`:              place("model.norm.weight", "gone.safetensors"),
		`weight_map "x" is "../x": want the name of a file in the same folder`:            place("x", "../x"),
		`weight_map "x" is "/etc/passwd": want the name of a file in the same folder`:     place("x", "/etc/passwd"),
		`weight_map "x" is "": want the name of a file in the same folder`:                place("x", ""),
		`weight_map "x" is "a\\b": want the name of a file in the same folder`:            place("x", `a\b`),
		`tensor "x" is not in ` + first:                                                   place("x", first),
		`tensor "model.embed_tokens.weight" is not in ` + first:                           place("model.embed_tokens.weight", first),
		`has a tensor "model.norm.weight" that the index does not list`:                   func(m map[string]string) { delete(m, "model.norm.weight") },
		`weight_map is missing or empty: want the file of each tensor`:                    func(m map[string]string) { clear(m) },
		`lists config.json: config.json: header length`:                                   place("x", "config.json"),
		`lists model.safetensors.index.json: model.safetensors.index.json: header length`: place("x", index),
	} {
		var parsed struct {
			WeightMap map[string]string `json:"weight_map"`
		}
		require.NoError(t, json.Unmarshal(whole[index].Data, &parsed))
		change(parsed.WeightMap)
		data, err := json.Marshal(map[string]any{"weight_map": parsed.WeightMap})
		require.NoError(t, err)
		_, err = LoadFS(fstest.MapFS{"config.json": whole["config.json"], first: whole[first], second: whole[second], index: {Data: data}})
		require.ErrorContains(t, err, text)
		require.True(t, strings.HasPrefix(err.Error(), index+": "), err)
	}
	for _, text := range []string{``, `{`, `[]`, `{"weight_map": 3}`, `{"weight_map": {"x": 3}}`, `{"weight_map": {"x": "a", "x": "b"}}`, `{"weight_map": {"x": "a"}} 3`, "{\"metadata\": \xff}"} {
		_, err := LoadFS(fstest.MapFS{"config.json": whole["config.json"], index: {Data: []byte(text)}})
		require.ErrorContains(t, err, index+": ", text)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestTensorInTwoFiles(t *testing.T) {
	f := plain(t, "llama")
	whole := f.split(t, 2)
	twice := folder{f.config, map[string]safetensors.Tensor{"model.norm.weight": f.tensors["model.norm.weight"]}}.fs(t)
	index := strings.Replace(string(whole["model.safetensors.index.json"].Data), `"weight_map":{`, `"weight_map":{"extra":"extra.safetensors",`, 1)
	whole["extra.safetensors"] = twice["model.safetensors"]
	whole["model.safetensors.index.json"] = &fstest.MapFile{Data: []byte(index)}
	_, err := LoadFS(whole)
	require.ErrorContains(t, err, `tensor "model.norm.weight" is in extra.safetensors and in model-0000`)
}

// Every truncation of every file of a sharded folder is an error of one line that
// names the file.
func TestTruncatedShards(t *testing.T) {
	whole := plain(t, "phi3").split(t, 2)
	for name, file := range whole {
		for n := 0; n < len(file.Data); n += 1 + len(file.Data)/40 {
			cut := fstest.MapFS{}
			for other, f := range whole {
				cut[other] = f
			}
			cut[name] = &fstest.MapFile{Data: file.Data[:n]}
			_, err := LoadFS(cut)
			require.ErrorContains(t, err, name, n)
			require.NotContains(t, err.Error(), "\n")
		}
	}
}

// A weight that is not finite is seen by the rank that reads it, wherever it lies,
// and one of the embedding when its token comes.
func TestWeightsThatAreNotFiniteAreSeen(t *testing.T) {
	for _, family := range Families() {
		f := plain(t, family)
		for name, x := range f.tensors {
			last := x.Elements() - 1
			broken := x
			broken.Data = slices.Clone(x.Data)
			copy(broken.Data[4*last:], []byte{0, 0, 0xc0, 0x7f})
			f.tensors[name] = broken
			c := f.load(t)
			m, err := New(c, Options[float32]{Backend: gemm.Native[float32]{}, Ranks: 3})
			if err == nil {
				id := c.Config.Vocabulary - 1
				_, err = m.Logits(t.Context(), slices.Repeat([]int{id}, c.Config.Context))
			}
			require.ErrorContains(t, err, "model.safetensors: tensor "+name+": element", family)
			require.ErrorContains(t, err, "is NaN: want finite weights")
			f.tensors[name] = x
		}
	}
}

func TestContextIsTheLimit(t *testing.T) {
	for _, family := range Families() {
		s := build[float32](t, plain(t, family).load(t), setup{reduce.Pairwise, 2, 1}).NewSession()
		_, err := s.Forward(t.Context(), make([]int, 17), nil)
		require.EqualError(t, err, "model: 17 tokens exceed the context of 16", family)
		_, err = s.Forward(t.Context(), make([]int, 16), nil)
		require.NoError(t, err)
		_, err = s.Forward(t.Context(), []int{0}, nil)
		require.EqualError(t, err, "model: 17 tokens exceed the context of 16", family)
	}
}

// FuzzConfig: no config.json makes the reader panic, and an error takes one line.
func FuzzConfig(f *testing.F) {
	for i, family := range Families() {
		text, err := json.Marshal(samples(family).Example(i).config)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"model_type":"llama","rope_parameters":{"rope_type":"llama3"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, b, err := parseConfig(text)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.NotEmpty(t, b.outerNeeds(c))
		require.NotEmpty(t, b.layerNeeds(c, c.Layers-1))
		require.NotEmpty(t, StageNames(Config{Layers: 1, RoPE: c.RoPE}))
		require.GreaterOrEqual(t, c.Window(0), 0)
	})
}

// FuzzFolder: whatever lies in a folder, it is refused in one line or it runs.
func FuzzFolder(f *testing.F) {
	for _, family := range Families() {
		files := plain(f, family).fs(f)
		f.Add(files["config.json"].Data, files["model.safetensors"].Data, []byte(nil))
		parts := plain(f, family).split(f, 1)
		f.Add(files["config.json"].Data, parts["model-00001-of-00001.safetensors"].Data, parts["model.safetensors.index.json"].Data)
	}
	f.Fuzz(func(t *testing.T, config, weights, index []byte) {
		files := fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: weights}}
		if len(index) > 0 {
			files = fstest.MapFS{
				"config.json": {Data: config}, "model-00001-of-00001.safetensors": {Data: weights}, "model.safetensors.index.json": {Data: index},
			}
		}
		c, err := LoadFS(files)
		if err == nil {
			var m *Model[float32]
			if m, err = New(c, Options[float32]{Backend: gemm.Native[float32]{}, Ranks: min(2, c.Config.Heads)}); err == nil {
				_, err = m.Logits(t.Context(), []int{0})
			}
		}
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
		}
	})
}
