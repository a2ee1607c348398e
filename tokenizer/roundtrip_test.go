package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// FuzzRoundTrip looks for text that comes back other than it was, and for streams
// that differ from decoding at once.
func FuzzRoundTrip(f *testing.F) {
	for _, e := range expectations(f, "qwen2") {
		f.Add(e.Text)
	}
	for _, text := range []string{"\xff", "a\xe2\x82", "\xe2\x82x \xf0\x9f\x98", " \xc2\x85\n \u3000x", "'ſ'S'LL", "\U000100a8\u0301", "\xff\u0301e\u0301", "<|endoftext|", "e" + strings.Repeat("\u0301\u0323", 40)} {
		f.Add(text)
	}
	tokenizers := map[string]*Tokenizer{"bytes": Bytes()}
	for _, style := range []string{"gpt2", "llama3", "qwen2"} {
		tokenizers[style] = load(f, style)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for style, tok := range tokenizers {
			want := text
			if style == "qwen2" {
				want = pieces(tok, text)
			}
			ids := tok.Encode(text)
			decoded, err := tok.Decode(ids)
			require.NoError(t, err)
			require.Equal(t, want, decoded, style)
			require.Equal(t, strings.Join(stream(t, tok, ids), ""), valid(decoded), style)
		}
	})
}

// pieces normalises the text between added tokens.
func pieces(tok *Tokenizer, text string) string {
	var out strings.Builder
	tok.raw.split(text, func(piece string, id int) {
		if id == noToken {
			piece = nfc(piece)
		}
		out.WriteString(piece)
	})
	return out.String()
}

// valid replaces what is no UTF-8, one U+FFFD for each maximal subpart.
func valid(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			for size < len(text) && !utf8.FullRuneInString(text[:size+1]) {
				size++
			}
		}
		out.WriteRune(r)
		text = text[size:]
	}
	return out.String()
}

// stream returns what a Stream gives for each id, and at the end.
func stream(t testing.TB, tok *Tokenizer, ids []int) (parts []string) {
	s := tok.NewStream()
	for _, id := range ids {
		part, err := s.Next(id)
		require.NoError(t, err)
		require.True(t, utf8.ValidString(part))
		parts = append(parts, part)
	}
	return append(parts, s.Flush())
}

func TestStreamHoldsBackHalfACharacter(t *testing.T) {
	for text, want := range map[string][]string{
		"a\u00e9b":         {"a", "", "é", "b", ""},
		"\u20ac":           {"", "", "€", ""},
		"\U0001f600":       {"", "", "", "😀", ""},
		"\xe2\x82":         {"", "", "\ufffd"},
		"\xe2\x82A":        {"", "", "\ufffdA", ""},
		"\xe2\xe2\x82\xac": {"", "\ufffd", "", "€", ""},
		"\x80\xc0\x80":     {"\ufffd", "\ufffd", "\ufffd", ""},
		"\xf0\x80\x80":     {"", "\ufffd\ufffd", "\ufffd", ""},
		"\xed\xa0\x80":     {"", "\ufffd\ufffd", "\ufffd", ""},
		"\ufffd":           {"", "", "\ufffd", ""},
	} {
		require.Equal(t, want, stream(t, Bytes(), Bytes().Encode(text)), "%q", text)
	}
	_, err := Bytes().NewStream().Next(256)
	require.ErrorContains(t, err, "id 256")
}

// The vectors of Normalization Form C that package norm gets wrong, and some that it
// does not: UAX #15, and https://go.dev/issue/81028.
func TestNFC(t *testing.T) {
	for text, want := range map[string]string{
		"e\u0301":                                "\u00e9",
		"\u212b":                                 "\u00c5",
		"q\u0307\u0323":                          "q\u0323\u0307",
		"e\u0302\u0323":                          "\u1ec7",
		"\u1100\u1161\u11a8":                     "\uac01",
		"\u0958":                                 "\u0915\u093c", // a composition exclusion
		"\U000100a8\u0301":                       "\U000100a8\u0301",
		"\U00010041\u0301":                       "\U00010041\u0301",
		"\U00011099\U000110ba":                   "\U0001109a",
		"\xffe\u0301\xe2":                        "\xff\u00e9\xe2",
		"\xff\u0301e\u0323\u0302\xc3":            "\xff\u0301\u1ec7\xc3",
		"e" + strings.Repeat("\u0302\u0323", 40): "\u1ec7" + strings.Repeat("\u0323", 39) + strings.Repeat("\u0302", 39),
	} {
		require.Equal(t, want, nfc(text), "%+q", text)
		require.Equal(t, want, nfc(want), "%+q", want)
	}
	require.NotEqual(t, "\U000100a8\u0301", norm.NFC.String("\U000100a8\u0301"), "package norm is mended: is nfc still needed?")
}
