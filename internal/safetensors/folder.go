package safetensors

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"unsafe"

	"github.com/samebits/samebits/internal/plural"
)

// Folder is a set of tensors in one file or in several, of which an index says
// which tensor lies where.
type Folder struct {
	files  []*File
	owners map[string]*File
}

// OpenFolder opens name in fsys, or, if there is no such file, name with
// ".index.json" after it and all files that it lists. Files of the disk (fsys being
// an os.DirFS) are mapped where the system can, so that the cost grows with the
// headers; they must not be changed before Close.
//
// It is an error if the index names a file that is not there or is not a plain
// name, if a tensor is not in the file that the index gives, or is in another file
// too.
func OpenFolder(fsys fs.FS, name string) (*Folder, error) {
	f := &Folder{owners: map[string]*File{}}
	err := f.open(fsys, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *Folder) open(fsys fs.FS, name string) error {
	if _, err := fs.Stat(fsys, name); err == nil {
		return f.add(fsys, name)
	}
	index := name + ".index.json"
	text, err := fs.ReadFile(fsys, index)
	if err != nil {
		return fmt.Errorf("neither %s nor %s can be read: %w", name, index, err)
	}
	places, err := parseIndex(text)
	if err != nil {
		return fmt.Errorf("%s: %w", index, err)
	}
	for _, file := range slices.Compact(slices.Sorted(maps.Values(places))) {
		if err := f.add(fsys, file); err != nil {
			return fmt.Errorf("%s: lists %s: %w", index, file, err)
		}
	}
	for _, tensor := range slices.Sorted(maps.Keys(places)) {
		if owner := f.owners[tensor]; owner == nil || owner.name != places[tensor] {
			return fmt.Errorf("%s: tensor %q is not in %s", index, tensor, places[tensor])
		}
	}
	for _, tensor := range f.Names() {
		if places[tensor] == "" {
			return fmt.Errorf("%s: %s has a tensor %q that the index does not list", index, f.owners[tensor].name, tensor)
		}
	}
	return nil
}

// add opens a file and takes its tensors in.
func (f *Folder) add(fsys fs.FS, name string) error {
	file, err := openFS(fsys, name)
	if err != nil {
		return err
	}
	f.files = append(f.files, file)
	for _, tensor := range file.Names() {
		if owner := f.owners[tensor]; owner != nil {
			return fmt.Errorf("tensor %q is in %s and in %s", tensor, owner.name, name)
		}
		f.owners[tensor] = file
	}
	return nil
}

// Close gives the memory of mapped files back. The tensors must not be used any
// more, nor what shares their memory.
func (f *Folder) Close() (err error) {
	for _, file := range f.files {
		if e := file.close(); err == nil {
			err = e
		}
	}
	f.files = nil
	return err
}

// Names lists the tensors in ascending order of their bytes.
func (f *Folder) Names() []string { return slices.Sorted(maps.Keys(f.owners)) }

// Tensor returns the tensor called name, and the name of its file.
func (f *Folder) Tensor(name string) (t Tensor, file string, err error) {
	owner := f.owners[name]
	if owner == nil {
		if len(f.files) == 1 {
			_, err = f.files[0].Tensor(name)
			return t, "", err
		}
		return t, "", fmt.Errorf("no tensor %q among the %d of %s", name, len(f.owners), plural.Of(len(f.files), "file"))
	}
	t, err = owner.Tensor(name)
	return t, owner.name, err
}

// Release lets go of the memory of the bytes [from, to) of a tensor, where its file is mapped:
// pages of it that were touched. They are read from the disk when they are wanted again.
func (f *Folder) Release(name string, from, to int) {
	owner := f.owners[name]
	if owner == nil || owner.mapped == nil {
		return
	}
	data := owner.tensors[name].Data
	at := int(uintptr(unsafe.Pointer(unsafe.SliceData(data))) - uintptr(unsafe.Pointer(unsafe.SliceData(owner.mapped))))
	page := os.Getpagesize()
	lo, hi := (at+max(from, 0))/page*page, min((at+min(to, len(data))+page-1)/page*page, len(owner.mapped))
	if lo < hi {
		forget(owner.mapped[lo:hi])
	}
}

// openFS maps or reads a file and checks it.
func openFS(fsys fs.FS, name string) (*File, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if file, ok := f.(*os.File); ok && info.Mode().IsRegular() {
		if data, ok := mapped(file, info.Size()); ok {
			parsed, err := Parse(name, data)
			if err != nil {
				unmap(data)
				return nil, err
			}
			parsed.mapped = data
			return parsed, nil
		}
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return Parse(name, data)
}

func (f *File) close() error {
	data := f.mapped
	f.mapped = nil
	if data == nil {
		return nil
	}
	return unmap(data)
}

// parseIndex reads an index, {"metadata": {...}, "weight_map": {tensor: file}}, as
// Hugging Face writes it, and returns the file of each tensor.
func parseIndex(text []byte) (map[string]string, error) {
	h, err := newHeader(text)
	if err != nil {
		return nil, err
	}
	var places map[string]string
	err = h.object("index", func(key string) (err error) {
		if key == "weight_map" {
			places, err = h.places()
			return err
		}
		var skipped json.RawMessage
		if err := h.Decode(&skipped); err != nil {
			return fmt.Errorf("%.40q: %w", key, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(places) == 0:
		return nil, fmt.Errorf("weight_map is missing or empty: want the file of each tensor")
	}
	return places, h.end()
}

func (h header) places() (map[string]string, error) {
	places := map[string]string{}
	err := h.object("weight_map", func(tensor string) error {
		what := fmt.Sprintf("weight_map %.80q", tensor)
		file, err := h.text(what)
		if err == nil && (!fs.ValidPath(file) || file == "." || strings.ContainsAny(file, `/\`)) {
			err = fmt.Errorf("%s is %.80q: want the name of a file in the same folder", what, file)
		}
		places[tensor] = file
		return err
	})
	return places, err
}
