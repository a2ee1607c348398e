package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is a token that is looked for in the text before it is cut into words.
type addedToken struct {
	id                         int
	singleWord, lstrip, rstrip bool
}

// addedTokens is a set of such tokens: a trie over their bytes.
type addedTokens struct {
	token *addedToken // the one that ends here
	next  map[byte]*addedTokens
}

// insert adds a token under its text, and tells whether the text was free.
func (n *addedTokens) insert(text string, token addedToken) bool {
	for i := range len(text) {
		if n.next == nil {
			n.next = map[byte]*addedTokens{}
		}
		child := n.next[text[i]]
		if child == nil {
			child = &addedTokens{}
			n.next[text[i]] = child
		}
		n = child
	}
	if n.token != nil {
		return false
	}
	n.token = &token
	return true
}

// find returns the longest token at the first place from which one begins, and its
// place in the text; nil if there is none.
func (n *addedTokens) find(text string, from int) (token *addedToken, start, end int) {
	for start = from; start < len(text); start++ {
		node := n
		for i := start; i < len(text); i++ {
			if node = node.next[text[i]]; node == nil {
				break
			}
			if node.token != nil {
				token, end = node.token, i+1
			}
		}
		if token != nil {
			return token, start, end
		}
	}
	return nil, 0, 0
}

// noToken is the id of text between added tokens.
const noToken = -1

// split hands on the text in pieces: added tokens with their ids, and what is
// between them, where not empty, with noToken. It follows Hugging Face's
// AddedVocabulary in every respect: a token of a single word is passed over where
// letters stand beside it; lstrip and rstrip take in the blanks beside a token; and
// the search goes on after the token itself, so that a token that is made of blanks
// is found in those that rstrip took in.
func (n *addedTokens) split(text string, emit func(piece string, id int)) {
	done, stripped := 0, 0 // stripped: where the blanks end that rstrip took in last
	for at := 0; ; {
		token, start, end := n.find(text, at)
		if token == nil {
			break
		}
		at = end
		if token.singleWord && (endsInWord(text[:start]) || beginsWithWord(text[end:])) {
			continue
		}
		if token.lstrip && done < start {
			start = done + len(strings.TrimRightFunc(text[done:start], unicode.IsSpace))
		}
		if token.rstrip {
			blanks := text[max(end, stripped):] // up to stripped there are only blanks
			end = len(text) - len(strings.TrimLeftFunc(blanks, unicode.IsSpace))
			stripped = end
		}
		if done < start {
			emit(text[done:start], noToken)
		}
		emit(text[start:end], token.id)
		done = end
	}
	if done < len(text) {
		emit(text[done:], noToken)
	}
}

func endsInWord(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return isWord(r)
}

func beginsWithWord(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return isWord(r)
}

// isWord tells whether the character is one of \w, by UTS #18, annex C.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.In(r, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Join_Control,
		unicode.Other_Alphabetic, unicode.Other_Lowercase, unicode.Other_Uppercase)
}
