package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// file is tokenizer.json, as far as it matters.
type file struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []fileToken     `json:"added_tokens"`
	Normalizer    *component      `json:"normalizer"`
	PreTokenizer  *component      `json:"pre_tokenizer"`
	PostProcessor *component      `json:"post_processor"`
	Decoder       *component      `json:"decoder"`
	Model         *fileModel      `json:"model"`
}

// component is a normaliser, pre-tokenizer, post-processor or decoder of any type.
type component struct {
	Type          string                             `json:"type"`
	Normalizers   []component                        `json:"normalizers"`
	PreTokenizers []component                        `json:"pretokenizers"`
	Processors    []component                        `json:"processors"`
	Pattern       struct{ Regex *string }            `json:"pattern"`          // Split
	Behavior      string                             `json:"behavior"`         // Split
	Invert        bool                               `json:"invert"`           // Split
	PrefixSpace   bool                               `json:"add_prefix_space"` // ByteLevel
	UseRegex      *bool                              `json:"use_regex"`        // ByteLevel; missing means true
	Single        []templatePiece                    `json:"single"`           // TemplateProcessing
	SpecialTokens map[string]struct{ IDs []tokenID } `json:"special_tokens"`   // TemplateProcessing
}

// templatePiece is an element of a template: exactly one of the two is there.
type templatePiece struct {
	Sequence     *struct{ ID string } `json:"Sequence"`
	SpecialToken *struct{ ID string } `json:"SpecialToken"`
}

type fileToken struct {
	ID         *tokenID `json:"id"`
	Content    string   `json:"content"`
	SingleWord *bool    `json:"single_word"`
	LStrip     *bool    `json:"lstrip"`
	RStrip     *bool    `json:"rstrip"`
	Normalized *bool    `json:"normalized"`
}

type fileModel struct {
	Type         string             `json:"type"`
	Dropout      *float64           `json:"dropout"`
	Prefix       string             `json:"continuing_subword_prefix"`
	Suffix       string             `json:"end_of_word_suffix"`
	IgnoreMerges bool               `json:"ignore_merges"`
	Vocab        map[string]tokenID `json:"vocab"`
	Merges       []fileMerge        `json:"merges"`
}

// tokenID is the id of a token. A null is no id; JSON alone would take it for 0.
type tokenID int

// UnmarshalJSON reads an integer.
func (id *tokenID) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(string(data))
	if err != nil {
		return fmt.Errorf("a token has the id %.40s: want an integer", data)
	}
	*id = tokenID(n)
	return nil
}

// maxID bounds ids, as model does vocabularies.
const maxID = 1<<24 - 1

// maxFile bounds the file, in bytes: its content takes several times that in memory.
// The largest that models come with have some 35 MB.
const maxFile = 256 << 20

// maxAdded bounds the text of an added token, in bytes, and with it the cost of looking
// for them, that many steps at most for a byte of text; maxAllAdded bounds all of them
// together, each byte of which is a node of a tree. Models come with tokens of up to 60
// bytes, 10 KB together.
const (
	maxAdded    = 256
	maxAllAdded = 1 << 18
)

// maxTemplate bounds the tokens that a template puts before a text, or after it: a short file
// could name a long list of ids many times.
const maxTemplate = 1 << 10

// Parse reads the content of a tokenizer.json: byte-level BPE with one of the splits that package
// tokenizer knows. Whatever else would change tokens is an error, which names it.
func Parse(data []byte) (*Tokenizer, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%d bytes: want %d at most", len(data), maxFile)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8: want JSON in UTF-8")
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
			return nil, fmt.Errorf("%s is a %s: want %v", wrong.Field, wrong.Value, wrong.Type)
		}
		return nil, err
	}
	switch {
	case f.Version != "1.0":
		return nil, fmt.Errorf("version %q: want 1.0", f.Version)
	case isSet(f.Truncation):
		return nil, errors.New("truncation is set: want null")
	case isSet(f.Padding):
		return nil, errors.New("padding is set: want null")
	case f.Model == nil:
		return nil, errors.New("no model: want one of type BPE")
	}
	t := &Tokenizer{texts: map[int]string{}, ids: map[string]int{}}
	for _, build := range []func(*file) error{t.setModel, t.setNormalizer, t.setPreTokenizer, t.setDecoder, t.setAddedTokens, t.setPostProcessor} {
		if err := build(&f); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func isSet(value json.RawMessage) bool { return len(value) > 0 && string(value) != "null" }

// eachPart calls f for the parts of a component, of which a Sequence has several
// and a missing one none.
func eachPart(c *component, parts func(*component) []component, f func(*component) error) error {
	if c == nil {
		return nil
	}
	if c.Type != "Sequence" {
		return f(c)
	}
	for _, part := range parts(c) {
		if err := eachPart(&part, parts, f); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tokenizer) setNormalizer(f *file) error {
	return eachPart(f.Normalizer, func(c *component) []component { return c.Normalizers }, func(c *component) error {
		if c.Type != "NFC" {
			return fmt.Errorf("normalizer: type %q is not supported: want null, NFC or a Sequence", c.Type)
		}
		t.normalize = nfc // a second time it changes nothing
		return nil
	})
}

func (t *Tokenizer) setPreTokenizer(f *file) error {
	byteLevel := 0
	err := eachPart(f.PreTokenizer, func(c *component) []component { return c.PreTokenizers }, func(c *component) error {
		if byteLevel > 0 {
			return fmt.Errorf("pre_tokenizer: %s after ByteLevel: want ByteLevel last", c.Type)
		}
		switch c.Type {
		case "ByteLevel":
			byteLevel++
			by := cutter{blank: c.PrefixSpace}
			if c.UseRegex == nil || *c.UseRegex {
				by.word = gpt2Word
			}
			t.cutters = append(t.cutters, by)
			return nil
		case "Split":
			word, err := c.split()
			t.cutters = append(t.cutters, cutter{word: word})
			return err
		}
		return fmt.Errorf("pre_tokenizer: type %q is not supported: want ByteLevel, Split or a Sequence", c.Type)
	})
	if err == nil && byteLevel == 0 {
		err = errors.New("pre_tokenizer: no ByteLevel: want byte-level BPE")
	}
	return err
}

// split returns the function for the pattern of a Split. As the words of a known
// pattern are the whole text, behaviours differ only in what we do not support.
func (c *component) split() (func(string) int, error) {
	if c.Behavior != "Isolated" || c.Invert {
		return nil, fmt.Errorf("pre_tokenizer: Split with behavior %q and invert %v is not supported: want Isolated and false", c.Behavior, c.Invert)
	}
	if c.Pattern.Regex == nil {
		return nil, errors.New("pre_tokenizer: Split by no Regex: want the pattern of GPT-2, Llama 3 or Qwen2")
	}
	word, ok := patterns[*c.Pattern.Regex]
	if !ok {
		return nil, fmt.Errorf("pre_tokenizer: unknown pattern %q: want that of GPT-2, Llama 3 or Qwen2", *c.Pattern.Regex)
	}
	return word, nil
}

func (t *Tokenizer) setDecoder(f *file) error {
	switch {
	case f.Decoder == nil:
		return errors.New("no decoder: want ByteLevel")
	case f.Decoder.Type != "ByteLevel":
		return fmt.Errorf("decoder: type %q is not supported: want ByteLevel", f.Decoder.Type)
	}
	return nil
}

func (t *Tokenizer) setPostProcessor(f *file) error {
	return eachPart(f.PostProcessor, func(c *component) []component { return c.Processors }, func(c *component) error {
		switch c.Type {
		case "ByteLevel":
			return nil // trims offsets, which we have none of
		case "TemplateProcessing":
			return t.addTemplate(c)
		}
		return fmt.Errorf("post_processor: type %q is not supported: want null, ByteLevel, TemplateProcessing or a Sequence", c.Type)
	})
}

// addTemplate reads what a TemplateProcessing does to a single text.
func (t *Tokenizer) addTemplate(c *component) error {
	var tmpl template
	places, ids := 0, &tmpl.before
	for i, piece := range c.Single {
		switch {
		case piece.Sequence != nil && piece.SpecialToken == nil && piece.Sequence.ID == "A":
			places, ids = places+1, &tmpl.after
		case piece.SpecialToken != nil && piece.Sequence == nil:
			special, err := t.special(c, piece.SpecialToken.ID)
			if err != nil {
				return err
			}
			if *ids = append(*ids, special...); len(*ids) > maxTemplate {
				return fmt.Errorf("post_processor: the template of a single text has more than %d tokens on one side of it", maxTemplate)
			}
		default:
			return fmt.Errorf("post_processor: piece %d of the template of a single text: want SpecialToken, or Sequence A", i)
		}
	}
	if places != 1 {
		return fmt.Errorf("post_processor: the template of a single text has %d places for it: want 1", places)
	}
	t.templates = append(t.templates, tmpl)
	return nil
}

// special returns the ids of a special token of a template.
func (t *Tokenizer) special(c *component, name string) ([]int, error) {
	special, ok := c.SpecialTokens[name]
	if !ok {
		return nil, fmt.Errorf("post_processor: the template's token %q is not among its special_tokens", name)
	}
	var ids []int
	for _, id := range special.IDs {
		if !t.Has(int(id)) {
			return nil, fmt.Errorf("post_processor: the template's token %q has the id %d, which no token has", name, id)
		}
		ids = append(ids, int(id))
	}
	return ids, nil
}

func (t *Tokenizer) setAddedTokens(f *file) error {
	all := 0
	for i, a := range f.AddedTokens {
		if a.ID == nil || a.SingleWord == nil || a.LStrip == nil || a.RStrip == nil || a.Normalized == nil {
			return fmt.Errorf("added_tokens: %.40q, number %d: want id, single_word, lstrip, rstrip and normalized", a.Content, i)
		}
		if a.Content == "" {
			continue // as Hugging Face does
		}
		if err := t.name(a.Content, int(*a.ID)); err != nil {
			return fmt.Errorf("added_tokens: %w", err)
		}
		set, pattern := &t.raw, a.Content
		if *a.Normalized {
			set = &t.normalized
			if t.normalize != nil {
				pattern = t.normalize(pattern)
			}
		}
		if len(pattern) > maxAdded {
			return fmt.Errorf("added_tokens: number %d, %.40q..., has %d bytes: want %d at most", i, pattern, len(pattern), maxAdded)
		}
		if all += len(pattern); all > maxAllAdded {
			return fmt.Errorf("added_tokens: the first %d have more than %d bytes together", i+1, maxAllAdded)
		}
		if !set.insert(pattern, addedToken{int(*a.ID), *a.SingleWord, *a.LStrip, *a.RStrip}) {
			return fmt.Errorf("added_tokens: %q is there twice", pattern)
		}
	}
	return nil
}

// name gives a token its id. A token of the vocabulary may be added once more, and
// still stands for the bytes that it spells.
func (t *Tokenizer) name(token string, id int) error {
	if id < 0 || id > maxID {
		return fmt.Errorf("token %q has the id %d: want 0 to %d", token, id, maxID)
	}
	if before, ok := t.ids[token]; ok {
		if before != id {
			return fmt.Errorf("token %q has the ids %d and %d", token, before, id)
		}
		return nil
	}
	if t.Has(id) {
		return fmt.Errorf("id %d of the token %q is taken by another", id, token)
	}
	t.ids[token], t.texts[id] = id, token
	t.size = max(t.size, id+1)
	return nil
}
