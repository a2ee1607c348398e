package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxSize bounds every dimension of a model, and maxLayers the number of its layers.
const (
	maxSize   = 1 << 24
	maxLayers = 1 << 16
)

// fields is a JSON object of config.json. Names count as they are written, and
// null as missing. The first error is kept, so that the description of a family
// need not stop to look; what is read after it is of no use.
type fields struct {
	where  string
	values map[string]json.RawMessage
	err    *error
}

// parseFields reads the object, in which no name may be given twice.
func parseFields(where string, data []byte) *fields {
	f := &fields{where: where, values: map[string]json.RawMessage{}, err: new(error)}
	f.fail(f.object(data))
	return f
}

func (f *fields) object(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil {
		return f.syntax(err)
	} else if open != json.Delim('{') {
		return fmt.Errorf("%s: want a JSON object", f.where)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return f.syntax(err)
		}
		name := key.(string) // the decoder takes nothing else for a key
		if _, twice := f.values[name]; twice {
			return fmt.Errorf("%s: %q is given twice", f.where, name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return f.syntax(err)
		}
		f.values[name] = value
	}
	if _, err := d.Token(); err != nil {
		return f.syntax(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%s: goes on after its JSON object", f.where)
	}
	return nil
}

func (f *fields) syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("unexpected end of JSON input")
	}
	return fmt.Errorf("%s: %w", f.where, err)
}

func (f *fields) fail(err error) {
	if *f.err == nil {
		*f.err = err
	}
}

func (f *fields) failf(format string, args ...any) {
	f.fail(fmt.Errorf("%s: "+format, append([]any{f.where}, args...)...))
}

// has tells whether the field is there, and not null.
func (f *fields) has(name string) bool {
	v, ok := f.values[name]
	return ok && string(v) != "null"
}

// null tells whether the field is there, and null.
func (f *fields) null(name string) bool { return string(f.values[name]) == "null" }

// read decodes a field into v. Where it is missing, v stays as it is.
func (f *fields) read(name, want string, v any) {
	if f.has(name) && json.Unmarshal(f.values[name], v) != nil {
		f.failf("%s is %.40s: want %s", name, f.text(name), want)
	}
}

// text returns what stands in the file, on one line.
func (f *fields) text(name string) string {
	var b bytes.Buffer
	if json.Compact(&b, f.values[name]) != nil {
		return string(f.values[name])
	}
	return b.String()
}

// size returns a dimension, which must be there.
func (f *fields) size(name string) int { return f.must(name, maxSize) }

// must returns an integer from 1 to most, which must be there.
func (f *fields) must(name string, most int) int {
	if !f.has(name) {
		f.failf("%s is missing: want 1 to %d", name, most)
	}
	return f.within(name, 1, 1, most)
}

func (f *fields) sizeOr(name string, missing int) int { return f.within(name, missing, 1, maxSize) }

// within returns an integer from least to most, the least after an error.
func (f *fields) within(name string, missing, least, most int) int {
	n := missing
	f.read(name, "an integer", &n)
	if n < least || n > most {
		f.failf("%s is %d: want %d to %d", name, n, least, most)
		return least
	}
	return n
}

func (f *fields) numberOr(name string, missing float64) float64 {
	x := missing
	f.read(name, "a number", &x)
	return x
}

func (f *fields) flagOr(name string, missing bool) bool {
	b := missing
	f.read(name, "true or false", &b)
	return b
}

func (f *fields) textOr(name, missing string) string {
	s := missing
	f.read(name, "a string", &s)
	return s
}

func (f *fields) texts(name string) (list []string) {
	f.read(name, "a list of strings", &list)
	return list
}

// inner returns the object under a name; an empty one where it is missing.
func (f *fields) inner(name string) *fields {
	in := &fields{where: f.where + ": " + name, values: map[string]json.RawMessage{}, err: f.err}
	if f.has(name) {
		f.fail(in.object(f.values[name]))
	}
	return in
}

// refuse fails where the field, which stands for something that is not implemented,
// asks for it.
func (f *fields) refuse(name string) {
	if f.flagOr(name, false) {
		f.failf("%s is not supported", name)
	}
}
