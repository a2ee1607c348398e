package reduce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/samebits/samebits/internal/plural"
)

// stateJSON is a state in JSON: SPEC.md, section 10. Numbers that may exceed 2^53,
// which many readers of JSON cannot hold, are strings in decimal; the bits of
// values are strings in hexadecimal, as wide as the type.
type stateJSON struct {
	Format    string      `json:"format"`
	Version   uint64      `json:"version"`
	Spec      uint64      `json:"spec"`
	Order     string      `json:"order"`
	Parameter uint64      `json:"parameter"`
	Type      string      `json:"type"`
	Lanes     uint64      `json:"lanes"`
	Start     string      `json:"start"`
	Count     string      `json:"count"`
	Nodes     []nodeJSON  `json:"nodes,omitempty"`
	Binned    *binnedJSON `json:"binned,omitempty"`
	Exact     *exactJSON  `json:"exact,omitempty"`
}

type nodeJSON struct {
	Level uint64   `json:"level"`
	Index string   `json:"index"`
	From  uint64   `json:"from"`
	To    uint64   `json:"to"`
	High  []string `json:"h"`
	Low   []string `json:"l,omitempty"`
}

type asidesJSON struct {
	PosInf  string `json:"positive_infinities"`
	NegInf  string `json:"negative_infinities"`
	NaN     string `json:"nans"`
	NegZero string `json:"negative_zeros"`
}

type exactJSON struct {
	asidesJSON
	Negative bool     `json:"negative"`
	Lowest   uint64   `json:"lowest"`
	Digits   []string `json:"digits"`
}

const stateFormat = "samebits state"

// MarshalJSON returns the state in its one form in JSON: SPEC.md, section 10. Errors
// are those of AppendBinary. It is a method of values, so that package json finds it
// also where it has no pointer: there it would write {}, without an error.
func (a Accumulator[T]) MarshalJSON() ([]byte, error) {
	s, err := a.state()
	if err != nil {
		return nil, err
	}
	return json.Marshal(s.json())
}

// UnmarshalJSON makes a the state with that JSON, whatever it was before. It is an
// error, and a stays as it is, unless the text is what MarshalJSON makes of some
// Accumulator[T], under this version of SPEC.md, but for white space and the order
// of an object's members: no member may be missing, unknown or given twice. Of
// null, too, it is an error.
func (a *Accumulator[T]) UnmarshalJSON(data []byte) error {
	s, err := parseJSON(data, bitsOf[T]())
	if err != nil {
		return fmt.Errorf("reduce: state of %s of JSON: %w", plural.Of(len(data), "byte"), err)
	}
	return a.setState(s)
}

// MarshalJSON returns the state in its one form in JSON: SPEC.md, section 10. Errors
// are those of AppendBinary. It is a method of values as that of Accumulator is.
func (a Superaccumulator) MarshalJSON() ([]byte, error) {
	s, err := a.wholeState()
	if err != nil {
		return nil, err
	}
	return json.Marshal(s.json())
}

// UnmarshalJSON makes a the state with that JSON, under the conditions of
// Accumulator.UnmarshalJSON.
func (a *Superaccumulator) UnmarshalJSON(data []byte) error {
	s, err := parseJSON(data, 0)
	if err != nil {
		return fmt.Errorf("reduce: state of %s of JSON: %w", plural.Of(len(data), "byte"), err)
	}
	return a.setWholeState(s)
}

func (s *state) json() *stateJSON {
	j := &stateJSON{
		Format: stateFormat, Version: s.version, Spec: s.spec,
		Order: s.order.String(), Parameter: s.parameter, Type: typeName(s.bits), Lanes: s.lanes,
		Start: decimal(s.start), Count: decimal(s.count),
	}
	for _, n := range s.nodes {
		width := s.valueBits() / 4
		j.Nodes = append(j.Nodes, nodeJSON{n.level, decimal(n.index), n.from, n.to, hexStrings(n.h, width), hexStrings(n.l, width)})
	}
	if s.binned != nil {
		j.Binned = s.binned.json()
	}
	if e := s.exact; e != nil {
		j.Exact = &exactJSON{e.aside.json(), e.negative, e.lowest, hexStrings(e.digits, limbBits/4)}
	}
	return j
}

func (a asideCounts) json() asidesJSON {
	return asidesJSON{decimal(a[posInf]), decimal(a[negInf]), decimal(a[nan]), decimal(a[negZero])}
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }

func hexStrings[V uint32 | uint64](values []V, width uint64) []string {
	s := make([]string, len(values))
	for i, v := range values {
		s[i] = fmt.Sprintf("%0*x", width, v)
	}
	return s
}

// parseJSON reads a state of terms of the given width and demands that the text be its one form, but for white
// space and the order of members.
func parseJSON(data []byte, wantBits uint64) (*state, error) {
	tree, err := readTree(data)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	j := new(stateJSON)
	if err := d.Decode(j); err != nil {
		return nil, err
	}
	s, err := j.state(wantBits)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(s.json())
	if err != nil {
		return nil, err
	}
	if canonical, err := readTree(text); err != nil || !reflect.DeepEqual(tree, canonical) {
		return nil, fmt.Errorf("a member is missing or not in its one form: want %.1000s", text)
	}
	return s, nil
}

func (j *stateJSON) state(wantBits uint64) (*state, error) {
	if j.Format != stateFormat {
		return nil, fmt.Errorf("format %q: want %q", j.Format, stateFormat)
	}
	p := &jsonNumbers{}
	s := &state{
		version: j.Version, spec: j.Spec, order: p.order(j.Order), parameter: j.Parameter, bits: p.typeBits(j.Type), lanes: j.Lanes,
		start: p.number("start", j.Start, 10, 64), count: p.number("count", j.Count, 10, 64),
	}
	if p.err == nil {
		p.err = s.checkHeader(wantBits)
	}
	for _, n := range j.Nodes {
		at := place{n.Level, p.number("index", n.Index, 10, 64), n.From, n.To}
		s.nodes = append(s.nodes, stateNode{at, p.numbers("h", n.High, s.valueBits()), p.numbers("l", n.Low, s.valueBits())})
	}
	if j.Binned != nil {
		s.binned = p.binned(j.Binned)
	}
	if e := j.Exact; e != nil {
		s.exact = &exactState{aside: p.asides(e.asidesJSON), negative: e.Negative, lowest: e.Lowest}
		for _, d := range p.numbers("digits", e.Digits, limbBits) {
			s.exact.digits = append(s.exact.digits, uint32(d))
		}
	}
	return s, p.err
}

// jsonNumbers reads the strings in JSON. It keeps the first error.
type jsonNumbers struct{ err error }

func (p *jsonNumbers) fail(format string, values ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, values...)
	}
}

func (p *jsonNumbers) order(name string) Kind {
	for _, k := range stateCodes[1:] {
		if k.String() == name {
			return k
		}
	}
	p.fail("order %q: want one of %v", name, stateCodes[1:])
	return stateCodes[1]
}

func (p *jsonNumbers) typeBits(name string) uint64 {
	for _, width := range []uint64{0, 32, 64} {
		if typeName(width) == name {
			return width
		}
	}
	p.fail("type %q: want f32, f64 or any", name)
	return 0
}

func (p *jsonNumbers) number(what, text string, base, width int) uint64 {
	v, err := strconv.ParseUint(text, base, width)
	if err != nil {
		p.fail("%s: %w", what, err)
	}
	return v
}

func (p *jsonNumbers) numbers(what string, texts []string, width uint64) []uint64 {
	values := make([]uint64, len(texts))
	for i, text := range texts {
		values[i] = p.number(what, text, 16, int(width))
	}
	return values
}

func (p *jsonNumbers) asides(j asidesJSON) asideCounts {
	return asideCounts{
		posInf: p.number("positive_infinities", j.PosInf, 10, 64), negInf: p.number("negative_infinities", j.NegInf, 10, 64),
		nan: p.number("nans", j.NaN, 10, 64), negZero: p.number("negative_zeros", j.NegZero, 10, 64),
	}
}

// readTree reads one JSON value as maps, slices and json.Numbers. Unlike
// encoding/json, it refuses a member that is given twice.
func readTree(data []byte) (any, error) {
	if !json.Valid(data) { // bounds the depth, too
		return nil, json.Unmarshal(data, new(any))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return readValue(d)
}

func readValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return readObject(d)
	case json.Delim('['):
		return readArray(d)
	}
	return token, nil
}

func readObject(d *json.Decoder) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // the text is valid
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("member %q is given twice", name)
		}
		if object[name], err = readValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

func readArray(d *json.Decoder) (any, error) {
	array := []any{}
	for d.More() {
		v, err := readValue(d)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := d.Token()
	return array, err
}
