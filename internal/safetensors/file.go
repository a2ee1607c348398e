package safetensors

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/samebits/samebits/internal/plural"
)

// maxHeader is the longest header that is read or written, as in tensor.rs.
const maxHeader = 100_000_000

// File is a safetensors file that has been read and checked.
type File struct {
	name     string
	metadata map[string]string
	tensors  map[string]Tensor
	mapped   []byte // the whole file, where it is mapped
}

// Open reads the whole file at path into memory and checks it.
func Open(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse checks a file that is in memory; name stands for it in errors. The
// tensors share the memory of data. The cost grows with the header, not with
// the data.
func Parse(name string, data []byte) (*File, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.name = name
	return f, nil
}

// Names lists the tensors in ascending order of their bytes.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Metadata is a copy of the strings under "__metadata__"; it is empty, not nil,
// where the file has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Tensor returns the tensor called name.
func (f *File) Tensor(name string) (Tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		return Tensor{}, fmt.Errorf("%s: no tensor %q among its %d", f.name, name, len(f.tensors))
	}
	t.Shape = slices.Clone(t.Shape)
	return t, nil
}

func parse(file []byte) (*File, error) {
	text, data, err := split(file)
	if err != nil {
		return nil, err
	}
	entries, metadata, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	tensors, err := layOut(entries, data)
	if err != nil {
		return nil, err
	}
	if metadata == nil {
		metadata = map[string]string{}
	}
	return &File{metadata: metadata, tensors: tensors}, nil
}

// split parts a file into the text of its header and its data.
func split(file []byte) (text, data []byte, err error) {
	if len(file) < 8 {
		return nil, nil, fmt.Errorf("%d bytes are too few for a safetensors file: the header's length takes 8", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	rest := file[8:]
	switch {
	case n > maxHeader:
		return nil, nil, fmt.Errorf("header length %d exceeds the %d allowed: not a safetensors file?", n, maxHeader)
	case n > uint64(len(rest)):
		return nil, nil, fmt.Errorf("header length %d exceeds the %d bytes that follow it: truncated?", n, len(rest))
	case n == 0 || rest[0] != '{':
		return nil, nil, fmt.Errorf("header does not begin with '{': not a safetensors file?")
	}
	return rest[:n], rest[n:], nil
}

// layOut gives each entry its data. The entries, in order of their offsets, must
// follow each other without gap or overlap from the first byte to the last.
func layOut(entries []entry, data []byte) (map[string]Tensor, error) {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	tensors := make(map[string]Tensor, len(entries))
	at := 0
	for _, e := range entries {
		t := Tensor{Name: e.name, DType: e.dtype, Shape: e.shape}
		if err := e.check(t, at, len(data)); err != nil {
			return nil, t.errorf("%w", err)
		}
		t.Data = data[e.begin:e.end:e.end]
		tensors[e.name] = t
		at = e.end
	}
	if at != len(data) {
		return nil, fmt.Errorf("%s of data after the last tensor", plural.Of(len(data)-at, "byte"))
	}
	return tensors, nil
}

// check compares the offsets with the dtype and shape of t, with the end of the
// tensor before, and with the length of the data.
func (e entry) check(t Tensor, at, length int) error {
	size, err := t.size()
	switch {
	case err != nil:
		return err
	case e.begin > e.end:
		return fmt.Errorf("data_offsets [%d, %d] are reversed", e.begin, e.end)
	case e.end > length:
		return fmt.Errorf("data_offsets [%d, %d] exceed the %s of data: truncated?", e.begin, e.end, plural.Of(length, "byte"))
	case e.end-e.begin != size:
		return fmt.Errorf("data_offsets [%d, %d] hold %d bytes, but shape %v of %s needs %d",
			e.begin, e.end, e.end-e.begin, t.Shape, t.DType, size)
	case e.begin < at:
		return fmt.Errorf("data_offsets [%d, %d] overlap the tensor before, which ends at %d", e.begin, e.end, at)
	case e.begin > at:
		return fmt.Errorf("data_offsets [%d, %d] leave a hole after byte %d", e.begin, e.end, at)
	}
	return nil
}
