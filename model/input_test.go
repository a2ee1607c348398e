package model

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestLoadRefusesConfigurations(t *testing.T) {
	for _, bad := range []struct {
		field string
		value any
		text  string
	}{
		{"model_type", "mamba", `config.json: unknown architecture "mamba": want model_type gpt2, gpt_neox, llama, mistral, phi3, qwen2, qwen3`},
		{"model_type", nil, `config.json: unknown architecture "": want model_type gpt2, gpt_neox, llama, mistral, phi3, qwen2, qwen3`},
		{"n_layer", 0, "config.json: n_layer is 0: want 1 to 65536"},
		{"n_layer", 1 << 16, `model.safetensors: no tensor "transformer.h.3.ln_1.weight" among its 40`},
		{"n_embd", -48, "config.json: n_embd is -48: want 1 to 16777216"},
		{"n_embd", 50, "config.json: a width of 50 is no multiple of 6 heads"},
		{"n_embd", 1 << 25, "config.json: n_embd is 33554432: want 1 to 16777216"},
		{"n_embd", "48", "config.json: n_embd is \"48\": want an integer"},
		{"n_head", 0, "config.json: n_head is 0: want 1 to 16777216"},
		{"n_head", 5, "config.json: a width of 48 is no multiple of 5 heads"},
		{"n_inner", 0, "config.json: n_inner is 0: want 1 to 16777216"},
		{"n_inner", 1 << 30, "config.json: n_inner is 1073741824: want 1 to 16777216"},
		{"n_inner", 191, "model.safetensors: tensor transformer.h.0.mlp.c_fc.weight has shape [48 192]: config.json asks for [48 191]"},
		{"n_positions", 0, "config.json: n_positions is 0: want 1 to 16777216"},
		{"n_positions", 65, "model.safetensors: tensor transformer.wpe.weight has shape [64 48]: config.json asks for [65 48]"},
		{"vocab_size", nil, "config.json: vocab_size is missing: want 1 to 16777216"},
		{"vocab_size", 95, "model.safetensors: tensor transformer.wte.weight has shape [96 48]: config.json asks for [95 48]"},
		{"layer_norm_epsilon", -1e-5, "config.json: the epsilon of the norms is -1e-05: want 0 <= epsilon < 1"},
		{"activation_function", "mish", `config.json: unknown activation "mish": want gelu, gelu_fast, gelu_new, gelu_python, gelu_pytorch_tanh, relu, silu, swish`},
		{"n_layer", 1, "model.safetensors: tensor transformer.h.1.attn.c_attn.bias is none of a gpt2 of 1 layer, as config.json describes it"},
		{"add_cross_attention", true, "config.json: add_cross_attention is not supported"},
		{"scale_attn_weights", false, "config.json: scale_attn_weights is false, which is not supported"},
		{"scale_attn_by_inverse_layer_idx", true, "config.json: scale_attn_by_inverse_layer_idx is not supported"},
	} {
		f := smallFolder(t)
		f.config[bad.field] = bad.value
		_, err := LoadFS(f.fs(t))
		require.EqualError(t, err, bad.text, "%s = %v", bad.field, bad.value)
	}
}

func TestLoadRefusesFolders(t *testing.T) {
	_, err := Load(t.TempDir())
	require.ErrorContains(t, err, "config.json: no such file or directory")
	require.ErrorContains(t, err, "model /")

	files := smallFolder(t).fs(t)
	_, err = LoadFS(fstest.MapFS{"config.json": files["config.json"]})
	require.EqualError(t, err, "neither model.safetensors nor model.safetensors.index.json can be read: open model.safetensors.index.json: file does not exist")

	_, err = LoadFS(fstest.MapFS{"config.json": {Data: []byte(`{"n_layer": 3,`)}})
	require.EqualError(t, err, "config.json: unexpected end of JSON input")

	for _, n := range []int{0, 7, 100, 374127} {
		short := fstest.MapFS{"config.json": files["config.json"], "model.safetensors": {Data: files["model.safetensors"].Data[:n]}}
		_, err = LoadFS(short)
		require.ErrorContains(t, err, "model.safetensors: ", "%d bytes", n)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestLoadRefusesTensors(t *testing.T) {
	const name = "transformer.h.1.attn.c_proj.weight"
	change := func(tensor safetensors.Tensor) func(folder) {
		return func(f folder) { f.tensors[name] = tensor }
	}
	to := func(v float32) func(folder) {
		return func(f folder) {
			set(t, f, name, func(i int, x float32) float32 {
				if i == 5 {
					return v
				}
				return x
			})
		}
	}
	for text, bad := range map[string]func(folder){
		`model.safetensors: no tensor "` + name + `" among its 39`:                                 func(f folder) { delete(f.tensors, name) },
		"tensor " + name + " has shape [48 47]: config.json asks for [48 48]":                      change(safetensors.FromFloats(name, []int{48, 47}, make([]float32, 48*47))),
		"tensor " + name + " has shape [2304]: config.json asks for [48 48]":                       change(safetensors.FromFloats(name, []int{2304}, make([]float32, 2304))),
		"tensor " + name + ": element 5 is NaN: want finite weights":                               to(float32(math.NaN())),
		"tensor " + name + ": element 5 is +Inf: want finite weights":                              to(float32(math.Inf(1))),
		"tensor " + name + ": element 5 is -Inf: want finite weights":                              to(float32(math.Inf(-1))),
		`model.safetensors: tensor "` + name + `": dtype is I64: floats are F16, BF16, F32 or F64`: change(safetensors.FromInts(name, []int{48, 48}, make([]int, 2304))),
	} {
		f := smallFolder(t)
		bad(f)
		c, err := LoadFS(f.fs(t))
		if err == nil { // what is in a tensor is seen when it is read
			_, err = New(c, Options[float64]{Backend: gemm.Native[float64]{}, Ranks: 2})
		}
		require.ErrorContains(t, err, text)
		require.True(t, strings.HasPrefix(err.Error(), "model.safetensors: "), "%v", err)
	}
}

func TestWeightsThatFloat32DoesNotHold(t *testing.T) {
	const name = "transformer.ln_f.weight"
	f := smallFolder(t)
	set(t, f, name, func(i int, x float64) float64 { return 1 + float64(i)*0x1p-30 })
	c := f.load(t)
	_, err := New(c, Options[float32]{Backend: gemm.Native[float32]{}})
	require.EqualError(t, err, `model.safetensors: tensor "transformer.ln_f.weight": element 1 is 1.0000000009313226: no float32 equals it, read it as float64`)
	_, err = New(c, Options[float64]{Backend: gemm.Native[float64]{}})
	require.NoError(t, err)
}

func TestNewRefusesRanks(t *testing.T) {
	c := loadSmall(t)
	for _, ranks := range []int{-1, 7, 1 << 30} {
		_, err := New(c, Options[float32]{Backend: gemm.Native[float32]{}, Ranks: ranks})
		require.ErrorContains(t, err, ": want 1 to the number of heads, 6", "%d", ranks)
	}
	zero, one := build[float32](t, c, setup{reduce.Pairwise, 0, 1}), build[float32](t, c, setup{reduce.Pairwise, 1, 1})
	require.Len(t, zero.weights, 1)
	require.Equal(t, bitsOf(logits(t, one, []int{1})), bitsOf(logits(t, zero, []int{1})))
}

func TestNewRefusesOptions(t *testing.T) {
	c, native := smallFolder(t).load(t), gemm.Native[float32]{}
	for text, o := range map[string]Options[float32]{
		"model: no backend: want one, such as gemm.NewNative returns":                                       {},
		"model: deadline of -5ns: want 0 or more":                                                           {Backend: native, Deadline: -5},
		`model: unknown fault "gremlin": want one of qkv-contiguous-shard, bias-every-rank, allreduce-race`: {Backend: native, Fault: "gremlin"},
	} {
		_, err := New(c, o)
		require.EqualError(t, err, text)
	}
}
