package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/samebits/samebits/tokenizer"
)

// tokenWriter writes tokens as they come: as text, in whole characters, or where
// there is no tokenizer as their ids. If quiet it only collects them.
type tokenWriter struct {
	out    io.Writer
	stream *tokenizer.Stream // nil: no tokenizer
	quiet  bool
	ids    []int
	text   strings.Builder
}

func newTokenWriter(out io.Writer, tok *tokenizer.Tokenizer, quiet bool) *tokenWriter {
	w := &tokenWriter{out: out, quiet: quiet}
	if tok != nil {
		w.stream = tok.NewStream()
	}
	return w
}

func (w *tokenWriter) token(id int) error {
	w.ids = append(w.ids, id)
	if w.stream != nil {
		text, err := w.stream.Next(id)
		if err != nil {
			return err
		}
		return w.write(text)
	}
	if len(w.ids) > 1 {
		return w.write(fmt.Sprintf(" %d", id))
	}
	return w.write(fmt.Sprint(id))
}

// end writes what is left of a character, and ends the line.
func (w *tokenWriter) end() error {
	if w.stream != nil {
		if err := w.write(w.stream.Flush()); err != nil {
			return err
		}
	}
	if w.quiet || len(w.ids) == 0 {
		return nil
	}
	_, err := io.WriteString(w.out, "\n")
	return err
}

func (w *tokenWriter) write(text string) error {
	w.text.WriteString(text)
	if w.quiet || text == "" {
		return nil
	}
	_, err := io.WriteString(w.out, text)
	return err
}
