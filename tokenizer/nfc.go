package tokenizer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nfc returns the text in Normalization Form C of Unicode. Bytes that are no UTF-8
// stay as they are.
//
// Text that is not in that form already is composed here, since norm.NFC.String does
// two things that it should not: it composes characters beyond U+FFFF as if they were
// those of their lower 16 bits (https://go.dev/issue/81028), and it breaks up runs of
// more than 30 combining characters (the Stream-Safe Text Format of UAX #15).
func nfc(text string) string {
	if norm.NFC.IsNormalString(text) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		n := segment(text)
		if norm.NFC.IsNormalString(text[:n]) {
			out.WriteString(text[:n])
		} else {
			out.WriteString(compose(decompose(text[:n])))
		}
		text = text[n:]
	}
	return out.String()
}

// segment returns the length of the first character of a text with all that may
// combine with it, or of a byte that begins no character.
func segment(text string) int {
	n := invalidPrefix(text)
	if n > 0 {
		return n
	}
	for n < len(text) && invalidPrefix(text[n:]) == 0 {
		p := norm.NFC.PropertiesString(text[n:])
		if n > 0 && p.BoundaryBefore() {
			break
		}
		n += p.Size()
	}
	return n
}

// mark is a character with its canonical combining class.
type mark struct {
	r   rune
	ccc uint8
}

// decompose returns the canonical decomposition, runs of marks in canonical order.
func decompose(text string) []mark {
	var all []mark
	for _, r := range text {
		for _, d := range norm.NFD.String(string(r)) {
			all = append(all, mark{d, norm.NFD.PropertiesString(string(d)).CCC()})
		}
	}
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].ccc != 0 {
			to++
		}
		// The first one, if a starter, is of class 0 and stays the first.
		slices.SortStableFunc(all[from:to], func(a, b mark) int { return cmp.Compare(a.ccc, b.ccc) })
		from = to
	}
	return all
}

// compose joins each character to the last starter before it where the two have a
// composite and nothing between them blocks it (UAX #15, D117).
func compose(all []mark) string {
	out := make([]mark, 0, len(all))
	starter := -1
	for _, m := range all {
		last := len(out) - 1
		blocked := last > starter && out[last].ccc >= m.ccc
		if starter >= 0 && !blocked {
			if c, ok := composite(out[starter].r, m.r); ok {
				out[starter].r = c
				continue
			}
		}
		if out = append(out, m); m.ccc == 0 {
			starter = len(out) - 1
		}
	}
	var text strings.Builder
	for _, m := range out {
		text.WriteRune(m.r)
	}
	return text.String()
}

// composite returns the one character that the two are, if there is one: if it
// decomposes to the same.
func composite(a, b rune) (rune, bool) {
	two := string(a) + string(b)
	one := norm.NFC.String(two)
	r, size := utf8.DecodeRuneInString(one)
	return r, size == len(one) && norm.NFD.String(one) == norm.NFD.String(two)
}
