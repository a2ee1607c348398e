package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The patterns that cut a text into words before merging, as Hugging Face writes
// them. Package regexp cannot run them: it has no lookahead. So each is recognised
// by its exact text, and cut by a function that returns the length of the first
// word of a text that is not empty. Every character begins some word, so that the
// words together are the text.
const (
	gpt2Pattern   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// patterns holds the first-word functions by pattern.
var patterns = map[string]func(text string) int{
	gpt2Pattern:   gpt2Word,
	llama3Pattern: func(text string) int { return llamaWord(text, 3) },
	qwen2Pattern:  func(text string) int { return llamaWord(text, 1) },
}

// gpt2Word follows gpt2Pattern, one alternative after the other.
func gpt2Word(text string) int {
	// 's|'t|'re|'ve|'m|'ll|'d
	if n := contraction(text, false); n > 0 {
		return n
	}
	// ` ?\p{L}+`, ` ?\p{N}+`, ` ?[^\s\p{L}\p{N}]+`
	blank := leadingBlank(text)
	if c, _ := first(text[blank:]); c != space {
		return blank + run(text[blank:], c)
	}
	return spaces(text)
}

// llamaWord follows llama3Pattern, or with one digit a word qwen2Pattern.
func llamaWord(text string, digits int) int {
	// (?i:'s|'t|'re|'ve|'m|'ll|'d)
	if n := contraction(text, true); n > 0 {
		return n
	}
	c, size := first(text)
	// [^\r\n\p{L}\p{N}]?\p{L}+
	if c == letter {
		return run(text, letter)
	}
	if next, _ := first(text[size:]); next == letter && c != number && text[0] != '\r' && text[0] != '\n' {
		return size + run(text[size:], letter)
	}
	// \p{N}{1,3}
	if c == number {
		return atMost(digits, text, number)
	}
	// ` ?[^\s\p{L}\p{N}]+[\r\n]*`
	blank := leadingBlank(text)
	if c, _ := first(text[blank:]); c == other {
		n := blank + run(text[blank:], other)
		return len(text) - len(strings.TrimLeft(text[n:], "\r\n"))
	}
	// \s*[\r\n]+
	if i := strings.LastIndexAny(text[:run(text, space)], "\r\n"); i >= 0 {
		return i + 1
	}
	return spaces(text)
}

// spaces follows `\s+(?!\S)|\s+`: all blanks, but without the last one if a word
// follows and there are others.
func spaces(text string) int {
	n := run(text, space)
	if n == len(text) {
		return n
	}
	if _, last := utf8.DecodeLastRuneInString(text[:n]); last < n {
		return n - last
	}
	return n
}

// contraction returns the length of 's, 't, 're, 've, 'm, 'll or 'd at the start of
// the text, 0 if there is none; in either case of letters if fold is set. The long
// s, ſ, is a lower case of S, too.
func contraction(text string, fold bool) int {
	if text[0] != '\'' {
		return 0
	}
	for _, c := range [...]string{"s", "t", "re", "ve", "m", "ll", "d"} {
		if strings.HasPrefix(text[1:], c) || fold && len(text) > len(c) && strings.EqualFold(text[1:1+len(c)], c) {
			return 1 + len(c)
		}
	}
	if fold && strings.HasPrefix(text[1:], "ſ") {
		return 1 + len("ſ")
	}
	return 0
}

// leadingBlank returns 1 if the text begins with a blank that is not all of it.
func leadingBlank(text string) int {
	if len(text) > 1 && text[0] == ' ' {
		return 1
	}
	return 0
}

// class is a class of characters, by their Unicode properties (the version of
// Unicode is that of Go's package unicode).
type class int

const (
	other  class = iota // none of the following, and bytes that are no UTF-8
	letter              // \p{L}
	number              // \p{N}
	space               // \s: White_Space
)

// first returns the class of the first character of a text and its length in
// bytes; of an empty text space and 0.
func first(text string) (class, int) {
	if text == "" {
		return space, 0
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsLetter(r):
		return letter, size
	case unicode.IsSpace(r):
		return space, size
	case unicode.IsNumber(r):
		return number, size
	}
	return other, size
}

// run returns the length in bytes of the characters of one class that a text
// begins with.
func run(text string, c class) int { return atMost(len(text), text, c) }

// atMost is run over a number of characters at most.
func atMost(most int, text string, c class) (n int) {
	for range most {
		next, size := first(text[n:])
		if size == 0 || next != c {
			break
		}
		n += size
	}
	return n
}
