package trace_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

func mapping(t *testing.T, text string) *trace.Mapping {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	m, err := trace.ReadMapping(path)
	require.NoError(t, err)
	return m
}

func TestReadMapped(t *testing.T) {
	const text = `{
		"input_ids": "ids", "wte": "embed", "h.{i}.attn.c_proj": "layers.{i}.attn.out", "h.{i}.attn.bias": null,
		"h.0.ln": "layers.0.first", "h.{layer}.ln": "layers.{layer}.mlp_norm",
		"tp{r}/h.{i}.mlp": "layers.{i}.mlp.down.rank.{r}", "h.{i}.{i}": null
	}`
	path := storeTensors(t, map[string]string{"order": `["h.10.ln","wte","h.10.attn.bias","h.0.attn.c_proj","h.0.ln","h.01.ln","tp3/h.2.mlp","other"]`},
		safetensors.FromInts("input_ids", []int{1, 2}, []int{8, 9}), one("wte"), one("h.0.attn.c_proj"), one("h.10.attn.bias"),
		one("h.0.ln"), one("h.10.ln"), one("h.01.ln"), one("tp3/h.2.mlp"), one("other"))
	_, err := trace.ParseMapping([]byte(text))
	require.EqualError(t, err, `mapping of "h.{i}.{i}": {i} is there twice`)
	tr, err := trace.ReadMapped(path, mapping(t, text[:len(text)-len(`, "h.{i}.{i}": null
	}`)]+"}"))
	require.NoError(t, err)
	require.Equal(t, []int{8, 9}, tr.IDs)
	require.Equal(t, []string{"layers.10.mlp_norm", "embed", "layers.0.attn.out", "layers.0.first", "h.01.ln", "layers.2.mlp.down.rank.3", "other"}, names(tr))
}

func one(name string) safetensors.Tensor {
	return safetensors.FromFloats(name, []int{1}, []float32{1})
}

func TestReadMappedErrors(t *testing.T) {
	path := store(t, nil, "h.1", "h.2")
	for text, want := range map[string]string{
		`{"h.{i}": "embed"}`:                   `tensors "h.1" and "h.2" are both mapped to "embed"`,
		`{"h.1": "h.2"}`:                       `tensors "h.1" and "h.2" are both mapped to "h.2"`,
		`{"h.{i}": "a{i}", "{j}": null}`:       "",
		`{"h.{i}": "a{i}", "h.{j}": ""}`:       `mapping of "h.{j}": an empty name`,
		`{"h.{i}": "x.{i}", "h.{j}": "y.{j}"}`: `tensor "h.1" matches two names of the mapping, "h.{i}" and "h.{j}"`,
		`{"h.1": "a", "h.1": "b"}`:             `mapping of "h.1": it is there twice`,
		`{"h.{i}": "a{j}"}`:                    `mapping of "h.{i}" to "a{j}": {j} has no number on the left`,
		`{"h.1": 3}`:                           `mapping of "h.1": `,
		`["h.1"]`:                              "mapping of names: want a JSON object such as",
		`{"h.1": "a"`:                          "mapping of names: ",
		`{"h.1": "a"} x`:                       "more follows",
		``:                                     "mapping of names: want a JSON object",
	} {
		m, err := trace.ParseMapping([]byte(text))
		if err == nil {
			_, err = trace.ReadMapped(path, m)
		}
		if want == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, want, text)
	}
	_, err := trace.ReadMapping("absent.json")
	require.ErrorIs(t, err, os.ErrNotExist)
}
