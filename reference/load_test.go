package reference

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// edited is the tiny model with its configuration and its tensors changed.
func edited(t *testing.T, config func(map[string]any), tensors func([]safetensors.Tensor) []safetensors.Tensor) fstest.MapFS {
	text, err := os.ReadFile(tiny + "/config.json")
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(text, &c))
	if config != nil {
		config(c)
	}
	text, err = json.Marshal(c)
	require.NoError(t, err)

	file, err := safetensors.Open(tiny + "/model.safetensors")
	require.NoError(t, err)
	var list []safetensors.Tensor
	for _, name := range file.Names() {
		x, err := file.Tensor(name)
		require.NoError(t, err)
		list = append(list, x)
	}
	if tensors != nil {
		list = tensors(list)
	}
	var data bytes.Buffer
	require.NoError(t, safetensors.WriteTo(&data, nil, list))
	return fstest.MapFS{"config.json": {Data: text}, "model.safetensors": {Data: data.Bytes()}}
}

func unprefixed(list []safetensors.Tensor) []safetensors.Tensor {
	for i := range list {
		list[i].Name = strings.TrimPrefix(list[i].Name, "transformer.")
	}
	return list
}

// doubledHead adds an lm_head that is twice the embedding.
func doubledHead(list []safetensors.Tensor) []safetensors.Tensor {
	i := slices.IndexFunc(list, func(x safetensors.Tensor) bool { return strings.HasSuffix(x.Name, "wte.weight") })
	w, err := safetensors.Floats[float64](list[i])
	if err != nil {
		panic(err)
	}
	for i := range w {
		w[i] *= 2
	}
	return append(list, safetensors.FromFloats("lm_head.weight", []int{96, 48}, w))
}

func TestLoadTakesNamesWithoutPrefix(t *testing.T) {
	g, err := Load(edited(t, nil, unprefixed))
	require.NoError(t, err)
	requireSameModel(t, g)
}

func TestLoadUsesUntiedHeadOnlyIfToldSo(t *testing.T) {
	o := Options{Digits: 10}
	want := logits(t, open(t, tiny).Model, []int{5}, o)

	tied, err := Load(edited(t, nil, doubledHead))
	require.NoError(t, err)
	requireSameBits(t, want, logits(t, tied, []int{5}, o))

	untied, err := Load(edited(t, func(c map[string]any) { c["tie_word_embeddings"] = false }, doubledHead))
	require.NoError(t, err)
	for i, x := range logits(t, untied, []int{5}, o) {
		require.Zero(t, x.Cmp(want[i].SetMantExp(want[i], 1)), "logit %d", i)
	}
}

func TestLoadFillsInDefaults(t *testing.T) {
	g, err := Load(edited(t, func(c map[string]any) {
		for _, key := range []string{"n_inner", "layer_norm_epsilon", "activation_function", "tie_word_embeddings", "scale_attn_weights"} {
			delete(c, key)
		}
	}, nil))
	require.NoError(t, err)
	requireSameModel(t, g)
}

// requireSameModel checks that g computes what the tiny model does.
func requireSameModel(t *testing.T, g *Model) {
	o := Options{Digits: 10}
	requireSameBits(t, logits(t, open(t, tiny).Model, []int{5, 6}, o), logits(t, g, []int{5, 6}, o))
}

func TestLoadRefusesBadConfigurations(t *testing.T) {
	for key, c := range map[string]struct {
		value any
		want  string
	}{
		"model_type":                      {"mamba", `config.json: model_type is "mamba", none of gpt2, gpt_neox,`},
		"n_layer":                         {0, "the number of layers is 0"},
		"n_embd":                          {-48, "the width is -48, not within 1"},
		"n_head":                          {5, "width 48 is not a multiple of 5 heads"},
		"n_inner":                         {1 << 30, "the width of the MLP is 1073741824"},
		"n_positions":                     {"many", "config.json: n_positions is many, not an integer"},
		"vocab_size":                      {95, "tensor transformer.wte.weight has shape [96 48]; config.json calls for [95 48]"},
		"layer_norm_epsilon":              {-1e-5, "the norms' epsilon is -0.00001, not above 0"},
		"activation_function":             {"mish", `the activation is "mish"`},
		"scale_attn_weights":              {false, "only true, false, false is supported"},
		"scale_attn_by_inverse_layer_idx": {true, "only true, false, false is supported"},
		"add_cross_attention":             {true, "only true, false, false is supported"},
		"tie_word_embeddings":             {false, `no tensor "lm_head.weight"`},
	} {
		_, err := Load(edited(t, func(m map[string]any) { m[key] = c.value }, nil))
		require.ErrorContains(t, err, c.want, key)
	}
}

func TestLoadRefusesBadFiles(t *testing.T) {
	whole := edited(t, nil, nil)
	for _, name := range []string{"config.json", "model.safetensors"} {
		without := edited(t, nil, nil)
		delete(without, name)
		_, err := Load(without)
		require.ErrorContains(t, err, name)

		broken := edited(t, nil, nil)
		broken[name] = &fstest.MapFile{Data: whole[name].Data[:100]}
		_, err = Load(broken)
		require.ErrorContains(t, err, name)
	}
}

func TestLoadRefusesBadTensors(t *testing.T) {
	const name = "transformer.h.1.mlp.c_fc.bias"
	at := func(list []safetensors.Tensor) int {
		return slices.IndexFunc(list, func(x safetensors.Tensor) bool { return x.Name == name })
	}
	_, err := Load(edited(t, nil, func(list []safetensors.Tensor) []safetensors.Tensor {
		return slices.Delete(list, at(list), at(list)+1)
	}))
	require.ErrorContains(t, err, `model.safetensors: no tensor "`+name)

	_, err = Load(edited(t, nil, func(list []safetensors.Tensor) []safetensors.Tensor {
		bad := make([]float32, 192)
		bad[7] = float32(math.Inf(1))
		list[at(list)] = safetensors.FromFloats(name, []int{192}, bad)
		return list
	}))
	require.ErrorContains(t, err, "model.safetensors: tensor "+name+" holds +Inf at element 7")
}
