package tokenizer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// styles are the folders of testdata with a tokenizer.json and what Hugging Face
// made of texts with it: see testdata/README.md.
var styles = []string{"gpt2", "llama3", "qwen2", "everything"}

// expectation is a text of expected.json with what Hugging Face made of it.
type expectation struct {
	Text    string `json:"text"`
	IDs     []int  `json:"ids"`
	Special []int  `json:"ids_with_special"`
	Decoded string `json:"decoded"`
}

func load(t testing.TB, style string) *Tokenizer {
	t.Helper()
	tok, err := Load(filepath.Join("testdata", style))
	require.NoError(t, err)
	return tok
}

func expectations(t testing.TB, style string) (all []expectation) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", style, "expected.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &all))
	require.NotEmpty(t, all)
	return all
}

func TestTokensAreHuggingFaces(t *testing.T) {
	for _, style := range styles {
		tok := load(t, style)
		for _, e := range expectations(t, style) {
			require.Equal(t, e.IDs, tok.Encode(e.Text), "%s: %q", style, e.Text)
			require.Equal(t, e.Special, tok.EncodeWithSpecial(e.Text), "%s: %q", style, e.Text)
			decoded, err := tok.Decode(e.IDs)
			require.NoError(t, err)
			require.Equal(t, e.Decoded, decoded, "%s: %q", style, e.Text)
		}
	}
}

// The comparison sees one wrong alternative of a pattern, one merge less, and
// missing normalisation.
func TestComparisonSeesFaults(t *testing.T) {
	agrees := func(style string, tok *Tokenizer) bool {
		for _, e := range expectations(t, style) {
			if !slices.Equal(e.IDs, tok.Encode(e.Text)) {
				return false
			}
		}
		return true
	}
	for _, style := range styles {
		require.True(t, agrees(style, load(t, style)))
	}
	llama3 := load(t, "llama3")
	llama3.cutters[0].word = func(text string) int { return llamaWord(text, 1) }
	require.False(t, agrees("llama3", llama3))
	qwen2 := load(t, "qwen2")
	qwen2.normalize = nil
	require.False(t, agrees("qwen2", qwen2))
	gpt2 := load(t, "gpt2")
	delete(gpt2.bpe.merges, pair{gpt2.bpe.bytes[' '], gpt2.bpe.bytes['t']})
	require.False(t, agrees("gpt2", gpt2))
	everything := load(t, "everything")
	everything.bpe.words = nil
	require.False(t, agrees("everything", everything))
}

// digestOfCharacters is that of testdata/characters.json.
func digestOfCharacters(tok *Tokenizer) string {
	h := sha256.New()
	for c := rune(0); c <= unicode.MaxRune; c++ {
		dense := c < 0x3500 || 0xa000 <= c && c < 0xac00 || 0xf900 <= c && c < 0x20000
		if 0xd800 <= c && c < 0xe000 || !dense && c%97 != 0 {
			continue
		}
		x := string(c)
		for _, id := range tok.Encode("a" + x + "b " + x + " " + x + "1'" + x + "\n" + x + x + "2" + x + "\u0301 " + x) {
			h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id)))
		}
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestCharactersAreHuggingFaces(t *testing.T) {
	if unicode.Version != "15.0.0" {
		t.Skipf("the digests are for Unicode 15.0, this Go has %s", unicode.Version)
	}
	data, err := os.ReadFile("testdata/characters.json")
	require.NoError(t, err)
	var want map[string]string
	require.NoError(t, json.Unmarshal(data, &want))
	require.Len(t, want, 2)
	for style, digest := range want {
		require.Equal(t, digest, digestOfCharacters(load(t, style)), style)
	}
}

func TestBytes(t *testing.T) {
	tok := Bytes()
	text := "d\x00\xff\u00e9"
	require.Equal(t, []int{'d', 0, 0xff, 0xc3, 0xa9}, tok.Encode(text))
	require.Equal(t, tok.Encode(text), tok.EncodeWithSpecial(text))
	decoded, err := tok.Decode(tok.Encode(text))
	require.NoError(t, err)
	require.Equal(t, text, decoded)
	require.Equal(t, 256, tok.Size())
	require.Empty(t, tok.Encode(""))
}

func TestLookUp(t *testing.T) {
	tok := load(t, "llama3")
	require.Equal(t, 1602, tok.Size())
	id, ok := tok.ID("<|end_of_text|>")
	require.True(t, ok)
	require.Equal(t, 1601, id)
	_, ok = tok.ID("<|nothing|>")
	require.False(t, ok)
	require.True(t, tok.Has(0) && tok.Has(1601))
	require.False(t, tok.Has(-1) || tok.Has(1602))
	_, err := tok.Decode([]int{5, 1602})
	require.EqualError(t, err, "tokenizer: id 1602 at position 1 has no token: the ids are below 1602")
}

// Where Hugging Face reads an added token's content as spelled bytes, it loses it:
// "caf\xe9" is what it makes of the é of Latin-1.
func TestAddedTokensDecodeToTheirContent(t *testing.T) {
	tok, err := Parse(edited(t, "gpt2", func(f map[string]any) {
		f["added_tokens"] = []any{token(1600, "café"), token(220, "Ġ")}
	}))
	require.NoError(t, err)
	for text, ids := range map[string][]int{"café": {1600}, "Ġ": {220}, " ": {220}} {
		require.Equal(t, ids, tok.Encode(text))
	}
	decoded, err := tok.Decode([]int{1600, 220})
	require.NoError(t, err)
	require.Equal(t, "café ", decoded, "what the vocabulary has stands for the bytes that it spells")
}

// A token that is found in the blanks which rstrip took in has none to take in before it, and
// the blanks after it are not counted again. (Hugging Face ends with an error for lstrip.)
func TestStrippedBlanksAreFoundAgain(t *testing.T) {
	for _, strip := range []string{"lstrip", "rstrip"} {
		tok, err := Parse(edited(t, "gpt2", func(f map[string]any) {
			x, blank := token(1700, "<x>"), token(1701, "\t")
			x["rstrip"], blank[strip] = true, true
			f["added_tokens"] = []any{x, blank}
		}))
		require.NoError(t, err)
		require.Equal(t, []int{'a', 1700, 1701, 1701, 'b'}, letters(tok.Encode("a<x>\t\tb"), tok), strip)
	}
}

// letters returns the ids of added tokens, and of others the bytes.
func letters(ids []int, tok *Tokenizer) (out []int) {
	for _, id := range ids {
		if id < 1700 {
			id = int(tok.texts[id][0])
		}
		out = append(out, id)
	}
	return out
}

func TestSeveralGoroutines(t *testing.T) {
	tok := load(t, "qwen2")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, e := range expectations(t, "qwen2") {
				assert.Equal(t, e.IDs, tok.Encode(e.Text))
			}
		})
	}
	wg.Wait()
}
