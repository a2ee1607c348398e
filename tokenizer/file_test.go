package tokenizer

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// edited returns the tokenizer.json of a style after the edit.
func edited(t testing.TB, style string, edit func(f map[string]any)) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", style, "tokenizer.json"))
	require.NoError(t, err)
	var f map[string]any
	require.NoError(t, json.Unmarshal(data, &f))
	edit(f)
	data, err = json.Marshal(f)
	require.NoError(t, err)
	return data
}

func token(id int, content string) map[string]any {
	return map[string]any{"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false}
}

type object = map[string]any

// at returns the object under the names.
func at(f object, names ...string) object {
	for _, name := range names {
		f = f[name].(object)
	}
	return f
}

func TestParseRefuses(t *testing.T) {
	splitOf := func(f object) object { return at(f, "pre_tokenizer")["pretokenizers"].([]any)[0].(object) }
	template := func(f object) object { return at(f, "post_processor")["processors"].([]any)[1].(object) }
	for want, edit := range map[string]func(f object){
		`version "2.0": want 1.0`:                                                                func(f object) { f["version"] = "2.0" },
		`version "": want 1.0`:                                                                   func(f object) { delete(f, "version") },
		`truncation is set: want null`:                                                           func(f object) { f["truncation"] = object{"max_length": 5} },
		`padding is set: want null`:                                                              func(f object) { f["padding"] = object{} },
		`no model: want one of type BPE`:                                                         func(f object) { f["model"] = nil },
		`model: type "Unigram" is not supported: want BPE`:                                       func(f object) { at(f, "model")["type"] = "Unigram" },
		`model: dropout 0.1 would merge at random: want null`:                                    func(f object) { at(f, "model")["dropout"] = 0.1 },
		`continuing_subword_prefix and end_of_word_suffix are not supported`:                     func(f object) { at(f, "model")["end_of_word_suffix"] = "</w>" },
		`model.vocab: no token "Ġ", for the byte 0x20: want all 256 bytes`:                       func(f object) { delete(at(f, "model", "vocab"), "Ġ"); at(f, "model")["merges"] = []any{} },
		`model.vocab: token "extra" has the id -1: want 0 to 16777215`:                           func(f object) { at(f, "model", "vocab")["extra"] = -1 },
		`model.vocab: token "extra" has the id 16777216: want 0 to 16777215`:                     func(f object) { at(f, "model", "vocab")["extra"] = 1 << 24 },
		`model.vocab: id 7 of the token "zzz" is taken by another`:                               func(f object) { at(f, "model", "vocab")["zzz"] = 7 },
		`a token has the id null: want an integer`:                                               func(f object) { at(f, "model", "vocab")["extra"] = nil },
		`a token has the id 1.5: want an integer`:                                                func(f object) { f["added_tokens"] = []any{object{"id": 1.5, "content": "x"}} },
		`post_processor: the template's token "end" has the id -1, which no token has`:           func(f object) { at(template(f), "special_tokens", "end")["ids"] = []any{-1} },
		`a token has the id "x": want an integer`:                                                func(f object) { at(f, "model", "vocab")["extra"] = "x" },
		`model.merges: merge 0 of "x" and "y": "xy" is not in the vocabulary`:                    func(f object) { at(f, "model")["merges"] = []any{"x y"} },
		`model.merges: "x y z": want two tokens`:                                                 func(f object) { at(f, "model")["merges"] = []any{"x y z"} },
		`model.merges: ["x"]: want two tokens`:                                                   func(f object) { at(f, "model")["merges"] = []any{[]any{"x"}} },
		`normalizer: type "Lowercase" is not supported: want null, NFC or a Sequence`:            func(f object) { f["normalizer"] = object{"type": "Lowercase"} },
		`pre_tokenizer: no ByteLevel: want byte-level BPE`:                                       func(f object) { f["pre_tokenizer"] = nil },
		`pre_tokenizer: type "Whitespace" is not supported: want ByteLevel, Split or a Sequence`: func(f object) { f["pre_tokenizer"] = object{"type": "Whitespace"} },
		`pre_tokenizer: ByteLevel after ByteLevel: want ByteLevel last`: func(f object) {
			p := at(f, "pre_tokenizer")
			p["pretokenizers"] = append(p["pretokenizers"].([]any), object{"type": "ByteLevel"})
		},
		`pre_tokenizer: unknown pattern "\\s+": want that of GPT-2, Llama 3 or Qwen2`: func(f object) { splitOf(f)["pattern"] = object{"Regex": `\s+`} },
		`pre_tokenizer: Split by no Regex`:                                            func(f object) { splitOf(f)["pattern"] = object{"String": " "} },
		`pre_tokenizer: Split with behavior "Removed" and invert true is not supported: want Isolated and false`: func(f object) {
			splitOf(f)["behavior"], splitOf(f)["invert"] = "Removed", true
		},
		`no decoder: want ByteLevel`:                                                      func(f object) { f["decoder"] = nil },
		`decoder: type "Metaspace" is not supported: want ByteLevel`:                      func(f object) { f["decoder"] = object{"type": "Metaspace"} },
		`post_processor: type "BertProcessing" is not supported`:                          func(f object) { f["post_processor"] = object{"type": "BertProcessing"} },
		`post_processor: the template's token "<s>" is not among its special_tokens`:      func(f object) { template(f)["special_tokens"] = object{} },
		`post_processor: the template's token "end" has the id 9999, which no token has`:  func(f object) { at(template(f), "special_tokens", "end")["ids"] = []any{9999} },
		`post_processor: piece 0 of the template of a single text: want SpecialToken, or`: func(f object) { template(f)["single"] = []any{object{"Sequence": object{"id": "B"}}} },
		`post_processor: the template of a single text has 2 places for it: want 1`:       func(f object) { a := object{"Sequence": object{"id": "A"}}; template(f)["single"] = []any{a, a} },
		`post_processor: the template of a single text has more than 1024 tokens on one`: func(f object) {
			at(template(f), "special_tokens", "end")["ids"] = slices.Repeat([]any{1}, 600)
			end := object{"SpecialToken": object{"id": "end"}}
			template(f)["single"] = []any{object{"Sequence": object{"id": "A"}}, end, end}
		},
		`added_tokens: "x0", number 0: want id, single_word, lstrip, rstrip and normalized`: func(f object) {
			missing := token(900, "x0")
			missing["id"] = nil
			f["added_tokens"] = []any{missing}
		},
		`added_tokens: number 0, "zzz`:             func(f object) { f["added_tokens"] = []any{token(900, strings.Repeat("z", 257))} },
		`zzz"..., has 257 bytes: want 256 at most`: func(f object) { f["added_tokens"] = []any{token(900, strings.Repeat("z", 257))} },
		`added_tokens: the first 1025 have more than 262144 bytes together`: func(f object) {
			var many []any
			for i := range 1100 {
				many = append(many, token(9000+i, fmt.Sprintf("%0256d", i)))
			}
			f["added_tokens"] = many
		},
		`added_tokens: "x1", number 0: want id, single_word, lstrip, rstrip and normalized`: func(f object) { f["added_tokens"] = []any{object{"id": 900, "content": "x1"}} },
		`added_tokens: token "a" has the ids 64 and 901`:                                    func(f object) { f["added_tokens"] = []any{token(901, "a")} },
		`added_tokens: id 64 of the token "x2" is taken by another`:                         func(f object) { f["added_tokens"] = []any{token(64, "x2")} },
		`added_tokens: "x3" is there twice`:                                                 func(f object) { f["added_tokens"] = []any{token(902, "x3"), token(902, "x3")} },
	} {
		_, err := Parse(edited(t, "everything", edit))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	for text, want := range map[string]string{
		"":              "unexpected end of JSON input",
		"[]":            "cannot unmarshal array",
		"{\"a\":\xff}":  "not UTF-8",
		`{"version":1}`: "version is a number: want string",
	} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, want)
	}
}

// What takes more memory than any real file needs is refused before it is read.
func TestLoadRefusesLargeFiles(t *testing.T) {
	_, err := LoadFS(fstest.MapFS{"tokenizer.json": {Data: make([]byte, maxFile+1)}})
	require.EqualError(t, err, "tokenizer.json: 268435457 bytes: want 268435456 at most")
}

func TestParseTakesOlderFiles(t *testing.T) {
	tok, err := Parse(edited(t, "gpt2", func(f map[string]any) {
		model := at(f, "model")
		delete(model, "type")
		model["unk_token"], model["continuing_subword_prefix"], model["end_of_word_suffix"] = "", "", ""
		lines := []any{"#version: 0.2"}
		for _, m := range model["merges"].([]any) {
			lines = append(lines, m.([]any)[0].(string)+" "+m.([]any)[1].(string))
		}
		model["merges"] = lines
		f["added_tokens"] = append(f["added_tokens"].([]any), token(1700, "")) // Hugging Face passes it over
	}))
	require.NoError(t, err)
	for _, e := range expectations(t, "gpt2") {
		require.Equal(t, e.IDs, tok.Encode(e.Text))
	}
	require.False(t, tok.Has(1700))
}

func TestLoadNamesTheFile(t *testing.T) {
	_, err := Load("no/such/folder")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "no/such/folder")
	_, err = LoadFS(fstest.MapFS{"tokenizer.json": {Data: []byte("{")}})
	require.ErrorContains(t, err, "tokenizer.json: ")
}

// nasty are values that take the place of others.
var nasty = []any{
	nil, true, -1, 0.5, 1e99, 1 << 24, 300, "", "\u0120", "ByteLevel", "Sequence", "A", []any{}, []any{nil}, []any{"a", "b"}, object{},
	object{"type": "Sequence"}, object{"type": "ByteLevel", "add_prefix_space": true},
}

// places calls f for each value below v, with a function that replaces it. Of large
// objects it takes the first values.
func places(v any, f func(replace func(any))) {
	switch v := v.(type) {
	case object:
		keys := slices.Sorted(maps.Keys(v))
		for _, k := range keys[:min(len(keys), 12)] {
			f(func(other any) { v[k] = other })
			places(v[k], f)
		}
	case []any:
		for i := range v {
			f(func(other any) { v[i] = other })
			places(v[i], f)
		}
	}
}

// Whatever stands where something else should: an error, or a tokenizer that works.
func TestParseAnyValueAnywhere(t *testing.T) {
	number, parsed := 0, 0
	edited(t, "everything", func(f object) { places(f, func(func(any)) { number++ }) })
	require.Greater(t, number, 200)
	stride := 3 // each place gets every third value
	if testing.Short() {
		stride = 10
	}
	for place := range number {
		for i := place % stride; i < len(nasty); i += stride {
			value := nasty[i]
			data := edited(t, "everything", func(f object) {
				at := 0
				places(f, func(replace func(any)) {
					if at++; at == place+1 {
						replace(value)
					}
				})
			})
			tok, err := Parse(data)
			if err != nil {
				continue
			}
			parsed++
			ids := tok.EncodeWithSpecial("the solo <s> r\u00e9s \xff\n\n1234 <lr> ")
			_, err = tok.Decode(ids)
			require.NoError(t, err, "value %v at place %d", value, place)
		}
	}
	require.Greater(t, parsed, 50, "some do not matter")
}

// Nesting does not end the program.
func TestParseDeepNesting(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 100000) + strings.Repeat("]}", 100000)
	_, err := Parse([]byte(`{"version":"1.0","normalizer":` + deep + `}`))
	require.ErrorContains(t, err, "max depth")
}

// FuzzParse looks for files that end the program, and for tokenizers that lose text
// which they should keep.
func FuzzParse(f *testing.F) {
	for _, edit := range []func(object){
		func(object) {}, func(f object) { f["post_processor"] = nil }, func(f object) { f["normalizer"] = nil },
		func(f object) { f["added_tokens"] = []any{token(300, "abc")} },
	} {
		f.Add(edited(f, "everything", edit), "the solo <s> r\u00e9s \xff\n\n1234")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := Parse(data)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		tok.EncodeWithSpecial(text)
		decoded, err := tok.Decode(tok.Encode(text))
		require.NoError(t, err)
		if len(tok.raw.next) == 0 && len(tok.normalized.next) == 0 && tok.normalize == nil && !hasBlank(tok) {
			require.Equal(t, text, decoded)
		}
	})
}

func hasBlank(tok *Tokenizer) bool {
	for _, c := range tok.cutters {
		if c.blank {
			return true
		}
	}
	return false
}
