package main

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// printable returns text in which what is not printed stands as Go escapes it: an end of line as \n, and so the control
// characters that a name of a file may have, with which it would write over a terminal, and bytes that are no UTF-8.
func printable(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if strconv.IsPrint(r) && (r != utf8.RuneError || n > 1) {
			b.WriteString(text[:n])
		} else {
			quoted := strconv.Quote(text[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[n:]
	}
	return b.String()
}
