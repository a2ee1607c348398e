package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/samebits/samebits/internal/atomicfile"
)

// Write makes the file at path, whole or not at all. Its bytes are those of
// WriteTo. A tensor that Parse would refuse is an error.
func Write(path string, metadata map[string]string, tensors []Tensor) error {
	return atomicfile.Write(path, func(w io.Writer) error { return WriteTo(w, metadata, tensors) })
}

// WriteTo writes a safetensors file to w. The bytes depend on nothing but the
// contents: metadata go by key, tensors by dtype and then by name, the widest
// dtype first, so that each is aligned to its elements; spaces pad the header to
// a multiple of 8 bytes. The reference implementation does the same, but for the
// order of several metadata, which it leaves to chance.
func WriteTo(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(b.DType.rank(), a.DType.rank()), strings.Compare(a.Name, b.Name))
	})
	text, err := formatHeader(metadata, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// formatHeader returns the header with its length in front and its padding.
func formatHeader(metadata map[string]string, tensors []Tensor) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteByte('{')
	if len(metadata) > 0 {
		if err := checkMetadata(metadata); err != nil {
			return nil, err
		}
		member(&b, metadataKey, metadata)
	}
	at := 0
	names := map[string]bool{}
	for _, t := range tensors {
		if err := checkName(t.Name, names); err != nil {
			return nil, err
		}
		if err := t.check(); err != nil {
			return nil, t.errorf("%w", err)
		}
		end := at + len(t.Data)
		member(&b, t.Name, struct {
			DType   DType  `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.DType, append([]int{}, t.Shape...), [2]int{at, end}})
		at = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len()-8 > maxHeader {
		return nil, fmt.Errorf("header of %d bytes exceeds the %d allowed", b.Len()-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}

// member appends "key":value, after a comma unless it is the first.
func member(b *bytes.Buffer, key string, value any) {
	if b.Bytes()[b.Len()-1] != '{' {
		b.WriteByte(',')
	}
	encode(b, key)
	b.WriteByte(':')
	encode(b, value)
}

// encode appends value as JSON. A map goes by its keys.
func encode(b *bytes.Buffer, value any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic("safetensors: " + err.Error()) // strings and ints always encode
	}
	b.Truncate(b.Len() - 1) // the newline that Encode adds
}

// checkName refuses a name that was seen before or cannot be a JSON string.
func checkName(name string, seen map[string]bool) error {
	switch {
	case !utf8.ValidString(name):
		return fmt.Errorf("tensor %q: the name is not UTF-8", name)
	case name == metadataKey:
		return fmt.Errorf("tensor %q: the name is reserved for metadata", name)
	case seen[name]:
		return fmt.Errorf("tensor %q: given twice", name)
	}
	seen[name] = true
	return nil
}

func checkMetadata(metadata map[string]string) error {
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("%s %q: %q is not UTF-8", metadataKey, key, value)
		}
	}
	return nil
}
