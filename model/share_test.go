package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// A rank reads its own share and nothing else: of 3 ranks, a NaN in a tensor is met
// by those that hold the element.
func TestRanksReadTheirShareAlone(t *testing.T) {
	for _, family := range Families() {
		f := plain(t, family)
		f.config["tie_word_embeddings"] = false
		f.fill(t, newRand(9))
		for name, x := range f.tensors {
			elements := x.Elements()
			for _, at := range []int{0, elements / 3, elements / 2, elements - 1} {
				broken := x
				broken.Data = slices.Clone(x.Data)
				copy(broken.Data[4*at:], []byte{0, 0, 0xc0, 0x7f})
				f.tensors[name] = broken
				require.Contains(t, readers(family, name, float64(at)/float64(elements)), meet(f.load(t), 3), "%s: element %d of %d", name, at, elements)
			}
			f.tensors[name] = x
		}
	}
}

// meet returns how many of the ranks meet something that is not finite.
func meet(c *Checkpoint, ranks int) (n int) {
	for rank := range ranks {
		if _, err := newShard(c, Options[float32]{Backend: gemm.Native[float32]{}, Ranks: ranks}, rank); err != nil {
			n++
		}
	}
	return n
}

// readers returns how many of 3 ranks may read an element at that part of a tensor.
// With 6 heads of queries and 2 of keys, each head of keys belongs to two ranks.
func readers(family, name string, at float64) []int {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(name, p) })
	}
	grouped := family != "gpt2" && family != "gpt_neox"
	switch {
	case has("wte", "wpe", "embed_"):
		if has("embed_out") {
			return []int{1}
		}
		return []int{0} // read when a token asks for it
	case has("ln_", "norm"):
		return []int{3}
	case has("c_proj.bias", "dense.bias", "dense_4h_to_h.bias", "o_proj.bias", "down_proj.bias"):
		return []int{3}
	case grouped && (has(".k_proj", ".v_proj") || has("qkv_proj") && at >= 0.6):
		return []int{2}
	}
	return []int{1}
}

// What is wrong with a description of a family that nobody else has computed is seen
// by the reference.
func TestReferenceSeesWrongDescriptions(t *testing.T) {
	wide(t)
	ids := []int{3, 6, 0, 10, 10, 7, 1, 5, 9}
	for _, bad := range []struct {
		family  string
		options map[string]any
		inject  map[string]func(c *Checkpoint)
	}{
		{"mistral", map[string]any{"sliding_window": 4}, map[string]func(c *Checkpoint){
			"window off by one": func(c *Checkpoint) { c.Config.slide(5, func(int) bool { return true }) },
			"no window":         func(c *Checkpoint) { c.Config.Windows = nil },
			"other groups":      func(c *Checkpoint) { c.names.k, c.names.v = c.names.v, c.names.k },
		}},
		{"qwen3", map[string]any{}, map[string]func(c *Checkpoint){
			"no QK-norm":    func(c *Checkpoint) { c.Config.QKNorm = false },
			"swapped norms": func(c *Checkpoint) { c.names.qNorm, c.names.kNorm = c.names.kNorm, c.names.qNorm },
		}},
		{"phi3", map[string]any{"partial_rotary_factor": 0.5}, map[string]func(c *Checkpoint){
			"up for gate":         func(c *Checkpoint) { c.names.gate, c.names.up = c.names.up, c.names.gate },
			"chunked gate and up": func(c *Checkpoint) { c.names.gate.stride, c.names.up.stride, c.names.up.offset = 2, 2, 1 },
			"whole heads turn":    func(c *Checkpoint) { c.Config.RoPE.Size = c.Config.HeadSize },
		}},
	} {
		f := plain(t, bad.family)
		for name, v := range bad.options {
			f.config[name] = v
		}
		want := truth(t, f, ids)["logits"]
		for name, inject := range bad.inject {
			right, wrong := f.load(t), f.load(t)
			inject(wrong)
			require.Less(t, away(t, logits(t, build[float64](t, right, setup{reduce.Pairwise, 3, 1}), ids), want), 1e-11)
			d := away(t, logits(t, build[float64](t, wrong, setup{reduce.Pairwise, 3, 1}), ids), want)
			t.Logf("%s, %s: off by %.2g", bad.family, name, d)
			require.Greater(t, d, 1e-5, name)
		}
	}
}

// The faults that a family can have change everything on two ranks and nothing on
// one; the others are refused.
func TestFaultsOfEveryFamily(t *testing.T) {
	ids := []int{3, 6, 0, 10, 10, 7}
	for _, family := range Families() {
		c := plain(t, family).load(t)
		for _, fault := range tp.Faults() {
			for ranks := 1; ranks <= 4; ranks++ {
				right := build[float32](t, c, setup{reduce.Pairwise, ranks, 1})
				wrong, err := New(c, Options[float32]{Backend: right.options.Backend, Ranks: ranks, Fault: fault})
				if !slices.Contains(c.Faults(), fault) {
					require.ErrorContains(t, err, "changes nothing in this "+family)
					continue
				}
				require.NoError(t, err)
				a, b := logits(t, right, ids), logits(t, wrong, ids)
				switch {
				case ranks == 1:
					require.Equal(t, bitsOf(a), bitsOf(b), "%s, %s", family, fault)
				case fault != tp.RaceAllReduce:
					require.Greater(t, worst(a, b), 1e-2, "%s, %s, %d ranks", family, fault, ranks)
				}
			}
		}
	}
	require.Contains(t, plain(t, "phi3").load(t).Faults(), tp.ContiguousQKV)
}
