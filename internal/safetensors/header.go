package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

const metadataKey = "__metadata__"

// entry is what the header says of one tensor.
type entry struct {
	name       string
	dtype      DType
	shape      []int
	begin, end int
}

// header reads the JSON object token by token: encoding/json, decoding into a
// map, would let the last of two equal keys win in silence.
type header struct{ *json.Decoder }

func parseHeader(text []byte) (entries []entry, metadata map[string]string, err error) {
	h, err := newHeader(text)
	if err != nil {
		return nil, nil, err
	}
	err = h.object("header", func(key string) error {
		if key == metadataKey {
			metadata, err = h.metadata()
			return err
		}
		e, err := h.entry(key)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return entries, metadata, h.end()
}

func newHeader(text []byte) (header, error) {
	if !utf8.Valid(text) {
		return header{}, errors.New("header is not UTF-8")
	}
	h := header{json.NewDecoder(bytes.NewReader(text))}
	h.UseNumber()
	return h, nil
}

// end returns an error unless nothing follows the object.
func (h header) end() error {
	if _, err := h.Token(); err != io.EOF {
		return fmt.Errorf("header goes on at byte %d, after its JSON object", h.InputOffset())
	}
	return nil
}

func (h header) metadata() (map[string]string, error) {
	m := map[string]string{}
	err := h.object(metadataKey, func(key string) (err error) {
		m[key], err = h.text(fmt.Sprintf("%s %q", metadataKey, key))
		return err
	})
	return m, err
}

func (h header) entry(name string) (entry, error) {
	e := entry{name: name}
	what := fmt.Sprintf("tensor %q", name)
	var offsets []int
	found := 0
	err := h.object(what, func(key string) (err error) {
		found++
		switch key {
		case "dtype":
			var s string
			s, err = h.text(what + ": dtype")
			e.dtype = DType(s)
		case "shape":
			e.shape, err = h.ints(what + ": shape")
		case "data_offsets":
			offsets, err = h.ints(what + ": data_offsets")
		default:
			err = fmt.Errorf("%s: unknown key %q", what, key)
		}
		return err
	})
	switch {
	case err != nil:
		return e, err
	case found != 3: // keys are neither unknown nor repeated
		return e, fmt.Errorf("%s: needs dtype, shape and data_offsets", what)
	case len(offsets) != 2:
		return e, fmt.Errorf("%s: data_offsets %v: two numbers are needed", what, offsets)
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, nil
}

// object reads an object, calling value to read what each key stands for. A
// repeated key is an error.
func (h header) object(what string, value func(key string) error) error {
	if err := h.delim(what, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for h.More() {
		key, err := h.text(what + ": key")
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%s: key %q is given twice", what, key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return h.delim(what, '}')
}

// ints reads an array of integers, none negative.
func (h header) ints(what string) ([]int, error) {
	if err := h.delim(what, '['); err != nil {
		return nil, err
	}
	v := []int{}
	for h.More() {
		token, err := h.token(what)
		if err != nil {
			return nil, err
		}
		number, _ := token.(json.Number)
		n, err := strconv.ParseUint(string(number), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("%s[%d] is %v: want an integer from 0 to 2^%d-1", what, len(v), show(token), strconv.IntSize-1)
		}
		v = append(v, int(n))
	}
	return v, h.delim(what, ']')
}

func (h header) text(what string) (string, error) {
	token, err := h.token(what)
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%s is %v: want a string", what, token)
	}
	return s, nil
}

func (h header) delim(what string, want json.Delim) error {
	token, err := h.token(what)
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%s: %v at byte %d of the header: want %v", what, show(token), h.InputOffset(), want)
	}
	return nil
}

func (h header) token(what string) (json.Token, error) {
	token, err := h.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: invalid JSON at byte %d of the header: %w", what, h.InputOffset(), err)
	}
	return token, nil
}

// show writes a token for an error, which keeps to one line.
func show(token json.Token) string {
	if s, ok := token.(string); ok {
		return fmt.Sprintf("%.40q", s)
	}
	return fmt.Sprint(token)
}
