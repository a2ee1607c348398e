package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// slowly merges as the definition says: look for the pair of lowest rank, leftmost
// of equals, merge it, begin anew.
func slowly(m *bpe, word string) []int {
	var ids []int32
	for i := range len(word) {
		ids = append(ids, m.bytes[word[i]])
	}
	for {
		best, at := merge{rank: -1}, 0
		for i := 1; i < len(ids); i++ {
			if to, ok := m.merges[pair{ids[i-1], ids[i]}]; ok && (best.rank < 0 || to.rank < best.rank) {
				best, at = to, i-1
			}
		}
		if best.rank < 0 {
			break
		}
		ids[at] = best.id
		ids = slices.Delete(ids, at+1, at+2)
	}
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}

// randomBPE has merges of the letters a, b, c and what they merge to, in any order
// of ranks, also such that need others of higher rank first.
func randomBPE(rt *rapid.T) *bpe {
	t := Bytes()
	t.bpe.merges = map[pair]merge{}
	tokens := []string{"a", "b", "c"}
	ids := map[string]int32{"a": 'a', "b": 'b', "c": 'c'}
	ranks := rapid.Permutation([]int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}).Draw(rt, "ranks")
	for _, rank := range ranks {
		left, right := rapid.SampledFrom(tokens).Draw(rt, "left"), rapid.SampledFrom(tokens).Draw(rt, "right")
		both := left + right
		if _, ok := ids[both]; !ok {
			ids[both] = int32(256 + len(ids))
			tokens = append(tokens, both)
		}
		t.bpe.merges[pair{ids[left], ids[right]}] = merge{rank, ids[both]}
	}
	return &t.bpe
}

func TestMergingIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := merger{bpe: randomBPE(rt)}
		for range 5 {
			word := rapid.StringMatching("[abc]{1,40}").Draw(rt, "word")
			m.ids = nil
			m.add(word)
			require.Equal(rt, slowly(m.bpe, word), m.ids, "%q", word)
		}
	})
}

// longWord is one word to every pattern.
func longWord(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString([]string{"self", "re", "in", "on", "t", "er", "a"}[rng.IntN(7)])
	}
	return b.String()[:n]
}

// Sixteen times the word may cost a little more than sixteen times the time, not
// 256 times. Where other programs take the processor away the best of several counts.
func TestLongWordsAreNotQuadratic(t *testing.T) {
	tok := load(t, "llama3")
	best := func(text string) time.Duration {
		least := time.Duration(1 << 62)
		for range 5 {
			start := time.Now()
			tok.Encode(text)
			least = min(least, time.Since(start))
		}
		return least
	}
	for name, of := range map[string]func(n int) string{
		"letters": longWord,
		"one":     func(n int) string { return strings.Repeat("a", n) },
		"blanks":  func(n int) string { return strings.Repeat(" ", n) },
		"lines":   func(n int) string { return strings.Repeat(" \n", n/2) },
		"marks":   func(n int) string { return strings.Repeat("-'", n/2) },
		"invalid": func(n int) string { return strings.Repeat("\xe2\x82", n/2) },
	} {
		short, long := best(of(1<<13)), best(of(1<<17))
		t.Logf("%s: %v for 8 KiB, %v for 128 KiB: %.0f times", name, short, long, float64(long)/float64(short))
		require.Less(t, float64(long)/float64(short), 100.0, name)
	}
}

func BenchmarkEncode(b *testing.B) {
	tok := load(b, "llama3")
	code := strings.Repeat("    def close(self):\n        \"\"\"Close the file, if it is open.\"\"\"\n        return self._file.close()\n\n", 40)
	for _, c := range []struct{ name, text string }{
		{"code", code}, {"word", longWord(1 << 10)}, {"word", longWord(1 << 14)}, {"word", longWord(1 << 18)},
	} {
		b.Run(fmt.Sprintf("text=%s/bytes=%d", c.name, len(c.text)), func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				tok.Encode(c.text)
			}
		})
	}
}
