package tokenizer

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Tokenizer turns text into the ids of tokens, and back. It may be used by several
// goroutines.
type Tokenizer struct {
	raw        addedTokens // looked for in the text as it is
	normalized addedTokens // looked for in the normalised text
	normalize  func(string) string
	cutters    []cutter
	bpe        bpe
	templates  []template
	texts      map[int]string // what each id stands for
	ids        map[string]int // by the name in the vocabulary or the content of an added token
	size       int
}

// cutter cuts a text into words.
type cutter struct {
	blank bool             // put a blank before a text that does not begin with one
	word  func(string) int // the length of the first word; nil: the text is one
}

// Load is LoadFS of the folder dir, which its errors name.
func Load(dir string) (*Tokenizer, error) {
	t, err := LoadFS(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("tokenizer %s: %w", dir, err)
	}
	return t, nil
}

// LoadFS reads tokenizer.json from the root of fsys. Where there is no such file the
// error is fs.ErrNotExist.
func LoadFS(fsys fs.FS) (*Tokenizer, error) {
	if info, err := fs.Stat(fsys, "tokenizer.json"); err == nil && info.Size() > maxFile {
		return nil, fmt.Errorf("tokenizer.json: %d bytes: want %d at most", info.Size(), maxFile)
	}
	data, err := fs.ReadFile(fsys, "tokenizer.json")
	if err != nil {
		return nil, err
	}
	t, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return t, nil
}

// Bytes returns the tokenizer whose tokens are the 256 bytes, each its own id.
func Bytes() *Tokenizer {
	t := &Tokenizer{texts: map[int]string{}, ids: map[string]int{}, size: 256}
	for b := range 256 {
		t.bpe.bytes[b] = int32(b)
		t.texts[b] = string([]byte{byte(b)})
		t.ids[t.texts[b]] = b
	}
	return t
}

// Encode returns the ids of a text, without the tokens that stand around a text.
// Added tokens, such as <|endoftext|>, are recognised where the text spells them.
// Bytes that are no UTF-8 are characters of no class, and become their bytes'
// tokens. Cost: O(n log n) for n bytes.
func (t *Tokenizer) Encode(text string) []int {
	m := merger{bpe: &t.bpe, ids: make([]int, 0, len(text)/3+1)}
	t.raw.split(text, func(piece string, id int) {
		if id != noToken {
			m.ids = append(m.ids, id)
			return
		}
		if t.normalize != nil {
			piece = t.normalize(piece)
		}
		t.normalized.split(piece, func(piece string, id int) {
			if id != noToken {
				m.ids = append(m.ids, id)
				return
			}
			cut(piece, t.cutters, m.add)
		})
	})
	return m.ids
}

// cut hands on the words of a text that is not empty.
func cut(text string, by []cutter, emit func(word string)) {
	if len(by) == 0 {
		emit(text)
		return
	}
	if by[0].blank && !strings.HasPrefix(text, " ") {
		text = " " + text
	}
	for len(text) > 0 {
		n := len(text)
		if by[0].word != nil {
			n = by[0].word(text)
		}
		cut(text[:n], by[1:], emit)
		text = text[n:]
	}
}

// EncodeWithSpecial returns the ids of a text as a model is to read it: with the
// tokens that the post-processor puts around it, such as <|begin_of_text|>.
func (t *Tokenizer) EncodeWithSpecial(text string) []int {
	ids := t.Encode(text)
	for _, template := range t.templates {
		ids = template.apply(ids)
	}
	return ids
}

// Decode returns what the tokens stand for. Tokens may end within a character, so
// the text need not be UTF-8: see [Stream] for whole characters. It is an error if
// an id is none of a token.
//
// Where the tokenizer neither normalises nor puts blanks before words, and no added
// token strips blanks, Decode(Encode(text)) is text, whatever its bytes.
func (t *Tokenizer) Decode(ids []int) (string, error) {
	var out strings.Builder
	for i, id := range ids {
		text, ok := t.texts[id]
		if !ok {
			return "", fmt.Errorf("tokenizer: id %d at position %d has no token: the ids are below %d", id, i, t.size)
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// Size returns the number above all ids of tokens. The vocabulary of a model may be
// larger, being padded.
func (t *Tokenizer) Size() int { return t.size }

// Has tells whether the id is one of a token.
func (t *Tokenizer) Has(id int) bool {
	_, ok := t.texts[id]
	return ok
}

// ID returns the id of a token by its name: the content of an added token, such as
// "<|im_end|>", or the spelling of the vocabulary.
func (t *Tokenizer) ID(name string) (id int, ok bool) {
	id, ok = t.ids[name]
	return id, ok
}
