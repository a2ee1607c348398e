package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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

// A word of n bytes takes fewer than 3n pairs from the queue: n-1 at the start, and two
// for each of n-1 merges at most. All else that add does is once for each of them.
func TestLongWordsAreNotQuadratic(t *testing.T) {
	tok := load(t, "llama3")
	for _, word := range []string{longWord(1 << 17), strings.Repeat("a", 1<<17), strings.Repeat(" ", 1<<17), strings.Repeat("-'", 1<<16), strings.Repeat("\xe2\x82", 1<<16)} {
		m := merger{bpe: &tok.bpe}
		m.begin(word)
		pairs := 0
		for ; len(m.queue) > 0; pairs++ {
			m.merge(m.queue.pop())
		}
		require.Less(t, pairs, 3*len(word), "%q...", word[:8])
		tokens := 0
		for at := int32(0); at != none; at = m.symbols[at].next {
			tokens++
		}
		m.add(word)
		require.Len(t, m.ids, tokens, "what was counted is what add does")
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
