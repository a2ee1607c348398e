package tokenizer

// The byte-level alphabet of GPT-2 (openai/gpt-2, src/encoder.py) spells every byte
// as one visible character, so that any bytes are text without blanks: a byte that
// is printable in Latin-1 is spelled as itself, the others as U+0100, U+0101, ... in
// ascending order.
var (
	byteSpelling [256]rune
	spelledByte  = map[rune]byte{}
)

func init() {
	next := rune(0x100)
	for b := range byteSpelling {
		byteSpelling[b] = rune(b)
		if !printable(b) {
			byteSpelling[b] = next
			next++
		}
		spelledByte[byteSpelling[b]] = byte(b)
	}
}

func printable(b int) bool {
	return '!' <= b && b <= '~' || 0xa1 <= b && b <= 0xac || 0xae <= b && b <= 0xff
}

// unspell returns the bytes that a token of the vocabulary stands for: those it
// spells, or itself where a character is none of the alphabet.
func unspell(token string) (text string, spelled bool) {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := spelledByte[r]
		if !ok {
			return token, false
		}
		out = append(out, b)
	}
	return string(out), true
}
