package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream decodes tokens one by one to whole characters: a character whose bytes are
// spread over several tokens comes with the last of them. Bytes that are no UTF-8
// come as U+FFFD, one for each piece that Unicode's "maximal subpart" practice
// replaces (and that Hugging Face's decoders do), wherever the tokens were cut.
type Stream struct {
	tokenizer *Tokenizer
	held      string // the beginning of a character
}

// NewStream returns a stream that has seen no tokens.
func (t *Tokenizer) NewStream() *Stream { return &Stream{tokenizer: t} }

// Next takes a token and returns the text that is complete with it, which may be
// empty. It is an error if the id is none of a token.
func (s *Stream) Next(id int) (string, error) {
	token, err := s.tokenizer.Decode([]int{id})
	if err != nil {
		return "", err
	}
	return s.take(s.held+token, false), nil
}

// Flush returns what is left when no tokens follow: U+FFFD for a character that was
// not completed, or nothing.
func (s *Stream) Flush() string { return s.take(s.held, true) }

// take returns the text up to a character that is not complete, and holds that back
// unless it is the end.
func (s *Stream) take(text string, end bool) string {
	var out strings.Builder
	for len(text) > 0 && (end || utf8.FullRuneInString(text)) {
		if n := invalidPrefix(text); n > 0 {
			out.WriteRune(utf8.RuneError)
			text = text[n:]
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		out.WriteString(text[:size])
		text = text[size:]
	}
	s.held = text
	return out.String()
}

// invalidPrefix returns the length of the maximal subpart of a character that a text
// begins with where it does not begin with a whole one: the bytes that could begin
// one, or else a single byte. It is 0 if the text begins with a character.
func invalidPrefix(text string) int {
	if r, size := utf8.DecodeRuneInString(text); r != utf8.RuneError || size != 1 {
		return 0
	}
	n := 1
	for n < len(text) && !utf8.FullRuneInString(text[:n+1]) {
		n++
	}
	return n
}
