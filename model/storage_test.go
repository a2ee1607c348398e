package model

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"github.com/x448/float16"
)

// coarse rounds all weights to numbers that F16 and BF16 both hold: 8 significant
// bits and nothing small.
func coarse(t *testing.T) folder {
	f := smallFolder(t)
	for name := range f.tensors {
		set(t, f, name, func(i int, x float32) float32 {
			if math.Abs(float64(x)) < 0x1p-12 {
				return 0
			}
			return math.Float32frombits(math.Float32bits(x) &^ 0xffff)
		})
	}
	return f
}

// stored returns the folder with its F32 weights in another type.
func stored(f folder, dtype safetensors.DType, encode func(data []byte, x float32) []byte) folder {
	out := folder{f.config, map[string]safetensors.Tensor{}}
	for name, t := range f.tensors {
		var data []byte
		for i := range t.Elements() {
			data = encode(data, math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:])))
		}
		out.tensors[name] = safetensors.Tensor{Name: name, DType: dtype, Shape: t.Shape, Data: data}
	}
	return out
}

func TestStorageDoesNotChangeTheBits(t *testing.T) {
	le, f := binary.LittleEndian, coarse(t)
	folders := map[string]folder{
		"F16":  stored(f, safetensors.F16, func(b []byte, x float32) []byte { return le.AppendUint16(b, uint16(float16.Fromfloat32(x))) }),
		"BF16": stored(f, safetensors.BF16, func(b []byte, x float32) []byte { return le.AppendUint16(b, uint16(math.Float32bits(x)>>16)) }),
		"F64":  stored(f, safetensors.F64, func(b []byte, x float32) []byte { return le.AppendUint64(b, math.Float64bits(float64(x))) }),
	}
	ids := []int{1, 2, 3, 95}
	want32 := bitsOf(logits(t, build[float32](t, f.load(t), setup{reduce.Pairwise, 2, 1}), ids))
	want64 := bitsOf(logits(t, build[float64](t, f.load(t), setup{reduce.Pairwise, 2, 1}), ids))
	for name, g := range folders {
		require.Equal(t, want32, bitsOf(logits(t, build[float32](t, g.load(t), setup{reduce.Pairwise, 2, 1}), ids)), name)
		require.Equal(t, want64, bitsOf(logits(t, build[float64](t, g.load(t), setup{reduce.Pairwise, 2, 1}), ids)), name)
	}
	require.NotEqual(t, want32, bitsOf(logits(t, build[float32](t, loadSmall(t), setup{reduce.Pairwise, 2, 1}), ids)))
}

func TestNamesWithoutPrefixAndBuffersBesides(t *testing.T) {
	ids := []int{4, 5, 6}
	want := bitsOf(logits(t, build[float32](t, loadSmall(t), setup{reduce.Pairwise, 1, 1}), ids))
	f := smallFolder(t)
	bare := folder{f.config, map[string]safetensors.Tensor{}}
	for name, tensor := range f.tensors {
		tensor.Name = strings.TrimPrefix(name, "transformer.")
		bare.tensors[tensor.Name] = tensor
	}
	require.Equal(t, want, bitsOf(logits(t, build[float32](t, bare.load(t), setup{reduce.Pairwise, 1, 1}), ids)))
	for prefix, g := range map[string]folder{"transformer.": f, "": bare} { // as old checkpoints have them
		bias, masked := prefix+"h.0.attn.bias", prefix+"h.0.attn.masked_bias"
		g.tensors[bias] = safetensors.Tensor{Name: bias, DType: safetensors.BOOL, Shape: []int{1, 1, 2, 2}, Data: []byte{1, 0, 1, 1}}
		g.tensors[masked] = safetensors.FromFloats(masked, nil, []float32{float32(math.Inf(-1))})
		require.Equal(t, want, bitsOf(logits(t, build[float32](t, g.load(t), setup{reduce.Pairwise, 1, 1}), ids)))
	}
}

// An untied head of twice the embedding gives twice the logits, exactly.
func TestUntiedHead(t *testing.T) {
	ids := []int{7, 8}
	tied := logits(t, build[float32](t, loadSmall(t), setup{reduce.Pairwise, 3, 1}), ids)
	f := smallFolder(t)
	f.config["tie_word_embeddings"] = false
	_, err := LoadFS(f.fs(t))
	require.ErrorContains(t, err, `model.safetensors: no tensor "lm_head.weight"`)
	head := f.tensors["transformer.wte.weight"]
	head.Name, head.Data = "lm_head.weight", slices.Clone(head.Data)
	f.tensors[head.Name] = head
	set(t, f, head.Name, func(_ int, x float32) float32 { return 2 * x })
	got := logits(t, build[float32](t, f.load(t), setup{reduce.Pairwise, 3, 1}), ids)
	for i := range got {
		require.Equal(t, 2*tied[i], got[i])
	}
}

// GELU by tanh and by erf are two functions: what config.json names is used.
func TestActivationIsTheConfigurations(t *testing.T) {
	ids := []int{7, 8}
	f := smallFolder(t)
	results := map[string][]float64{}
	for _, name := range []string{"gelu_new", "gelu_pytorch_tanh", "gelu"} {
		f.config["activation_function"] = name
		results[name] = logits(t, build[float64](t, f.load(t), setup{reduce.Pairwise, 1, 1}), ids)
	}
	require.Equal(t, bitsOf(results["gelu_new"]), bitsOf(results["gelu_pytorch_tanh"]))
	require.Greater(t, worst(results["gelu"], results["gelu_new"]), 1e-9)
	require.Less(t, worst(results["gelu"], results["gelu_new"]), 1e-2)
}
