package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fileMerge is a merge in tokenizer.json: ["a","b"], or in older files "a b".
type fileMerge struct{ left, right string }

// UnmarshalJSON reads either form.
func (m *fileMerge) UnmarshalJSON(data []byte) error {
	var parts []string
	if len(data) > 0 && data[0] == '"' {
		var line string
		if err := json.Unmarshal(data, &line); err != nil {
			return err
		}
		parts = strings.Split(line, " ")
	} else if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return fmt.Errorf("model.merges: %s: want two tokens", data)
	}
	m.left, m.right = parts[0], parts[1]
	return nil
}

func (t *Tokenizer) setModel(f *file) error {
	m := f.Model
	switch {
	case m.Type != "" && m.Type != "BPE": // older files do not say
		return fmt.Errorf("model: type %q is not supported: want BPE", m.Type)
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("model: dropout %v would merge at random: want null", *m.Dropout)
	case m.Prefix != "" || m.Suffix != "":
		return errors.New("model: continuing_subword_prefix and end_of_word_suffix are not supported: want null")
	}
	if err := t.setVocabulary(m); err != nil {
		return fmt.Errorf("model.vocab: %w", err)
	}
	if len(m.Merges) > 0 && m.Merges[0].left == "#version:" {
		m.Merges = m.Merges[1:] // the first line of an older file
	}
	if len(m.Merges) > maxID {
		return fmt.Errorf("model.merges: %d of them: want %d at most", len(m.Merges), maxID)
	}
	t.bpe.merges = make(map[pair]merge, len(m.Merges))
	for rank, pieces := range m.Merges {
		if err := t.addMerge(rank, pieces); err != nil {
			return fmt.Errorf("model.merges: %w", err)
		}
	}
	return nil
}

// setVocabulary takes the tokens, of which every byte must be one.
func (t *Tokenizer) setVocabulary(m *fileModel) error {
	if m.IgnoreMerges {
		t.bpe.words = make(map[string]int32, len(m.Vocab))
	}
	for _, token := range slices.Sorted(maps.Keys(m.Vocab)) { // sorted, so that an error is always the same
		id := int(m.Vocab[token])
		if err := t.name(token, id); err != nil {
			return err
		}
		text, spelled := unspell(token)
		t.texts[id] = text
		if spelled && m.IgnoreMerges {
			t.bpe.words[text] = int32(id)
		}
	}
	for b, spelling := range byteSpelling {
		id, ok := t.ids[string(spelling)]
		if !ok {
			return fmt.Errorf("no token %q, for the byte 0x%02x: want all 256 bytes", string(spelling), b)
		}
		t.bpe.bytes[b] = int32(id)
	}
	return nil
}

// addMerge adds the merge of that rank. Of two merges of the same pair the last one
// counts, as with Hugging Face.
func (t *Tokenizer) addMerge(rank int, pieces fileMerge) error {
	var ids [3]int
	for i, token := range []string{pieces.left, pieces.right, pieces.left + pieces.right} {
		id, ok := t.ids[token]
		if !ok {
			return fmt.Errorf("merge %d of %q and %q: %q is not in the vocabulary", rank, pieces.left, pieces.right, token)
		}
		ids[i] = id
	}
	t.bpe.merges[pair{int32(ids[0]), int32(ids[1])}] = merge{int32(rank), int32(ids[2])}
	return nil
}
