package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/tokenizer"
	"github.com/samebits/samebits/tp"
)

// defaultPrompt is what the embedded model reads where nothing is asked for.
const defaultPrompt = "def sum("

// source holds the flags that choose a model and its input.
type source struct {
	Model  *string `placeholder:"DIR" help:"Folder with config.json and model.safetensors, or its shards. Default: the embedded model bytes24."`
	Prompt *string `placeholder:"TEXT" help:"Text to read, for models with a tokenizer.json, or whose vocabulary is the bytes."`
	IDs    *string `name:"ids" placeholder:"1,2,3" help:"Token ids to read."`
}

// input is a model and what it is to read.
type input struct {
	name       string
	files      fs.FS
	checkpoint *model.Checkpoint
	ids        []int
	prompt     string
}

// load loads the model and checks the input against it.
func (s source) load() (in input, err error) {
	if s.Model == nil {
		in.name, in.files = "bytes24", bytes24.FS()
		in.checkpoint, err = bytes24.Load()
	} else {
		in.name, in.files = filepath.Base(filepath.Clean(*s.Model)), os.DirFS(*s.Model)
		in.checkpoint, err = model.Load(*s.Model)
	}
	if err != nil {
		return in, err
	}
	in.ids, in.prompt, err = s.tokens(in)
	return in, err
}

// tokenizer returns the tokenizer of the model: that of its tokenizer.json, or the
// bytes where they are its vocabulary, or nil.
func (in input) tokenizer() (*tokenizer.Tokenizer, error) {
	t, err := tokenizer.LoadFS(in.files)
	if !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	if in.checkpoint.Config.Vocabulary == 256 {
		return tokenizer.Bytes(), nil
	}
	return nil, nil
}

// encode returns the tokens of a text.
func (in input) encode(text string) ([]int, error) {
	t, err := in.tokenizer()
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, fmt.Errorf("the model has no tokenizer.json, and a vocabulary of %d, not the 256 bytes: want --ids", in.checkpoint.Config.Vocabulary)
	}
	return t.EncodeWithSpecial(text), nil
}

func (s source) tokens(in input) (ids []int, prompt string, err error) {
	c := in.checkpoint.Config
	switch {
	case s.IDs != nil && s.Prompt != nil:
		return nil, "", fmt.Errorf("--ids and --prompt exclude each other")
	case s.IDs != nil:
		ids, err = parseInts("--ids", *s.IDs)
	default:
		prompt = defaultPrompt
		if s.Prompt != nil {
			prompt = *s.Prompt
		}
		ids, err = in.encode(prompt)
	}
	if err != nil {
		return nil, "", err
	}
	if len(ids) == 0 {
		return nil, "", fmt.Errorf("--prompt is empty: want at least one token")
	}
	if len(ids) > c.Context {
		return nil, "", fmt.Errorf("%d tokens exceed the model's context of %d", len(ids), c.Context)
	}
	for i, id := range ids {
		if id < 0 || id >= c.Vocabulary {
			return nil, "", fmt.Errorf("id %d at position %d is outside the vocabulary: want 0 to %d", id, i, c.Vocabulary-1)
		}
	}
	return ids, prompt, nil
}

// parseInts reads a list of integers with commas between them.
func parseInts(flag, list string) ([]int, error) {
	var out []int
	for _, field := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no integer: want a list such as 1,2,3", flag, field)
		}
		out = append(out, n)
	}
	return out, nil
}

// parseFault reads flag --fault, which must be one that the model can have.
func parseFault(name string, c *model.Checkpoint) (tp.Fault, error) {
	f, err := tp.ParseFault(name)
	if err == nil && f != tp.NoFault && !slices.Contains(c.Faults(), f) {
		err = fmt.Errorf("--fault %s changes nothing in this %s: want one of %v", f, c.Config.Family, c.Faults())
	}
	return f, err
}

// checkThreads returns an error unless n is a sensible number of goroutines.
func checkThreads(n int) error {
	if n < 1 || n > 1024 {
		return fmt.Errorf("--threads %d: want 1 to 1024", n)
	}
	return nil
}

// checkOutput returns an error where the file that the flag names certainly cannot be written,
// before long work is done for it.
func checkOutput(flag, name string) error {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("%s %s is a directory: want the name of a file", flag, name)
	}
	if err := atomicfile.Check(name); err != nil {
		return fmt.Errorf("%s %s: %w", flag, name, err)
	}
	return nil
}
