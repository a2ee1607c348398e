package model

import (
	"context"
	"flag"
	"fmt"
	"math/big"
	"math/bits"
	"os"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/reference"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var draws = flag.Int("draws", 2, "how many models of each family the random tests draw")

// wide skips a test where arbitrary precision has no platform: see
// reference.Model.Logits.
func wide(t *testing.T) {
	if bits.UintSize < 64 {
		t.Skip("arbitrary precision needs 64 bits")
	}
}

// truth runs the folder in arbitrary precision.
func truth(t require.TestingT, f folder, ids []int) map[string][]*big.Float {
	m, err := reference.Load(f.fs(t))
	require.NoError(t, err)
	stages := map[string][]*big.Float{}
	_, err = m.Logits(context.Background(), ids, reference.Options{Digits: 20, Record: func(stage string, _ []int, values []*big.Float) {
		stages[stage] = values
	}})
	require.NoError(t, err)
	return stages
}

// away returns the distance of a stage from the truth, relative to its largest
// number. What the mask hides must be hidden in both.
func away[T Float](t require.TestingT, values []T, truth []*big.Float) float64 {
	require.Len(t, values, len(truth))
	worst, largest := 0.0, 0.0
	for i, want := range truth {
		if want == nil {
			require.True(t, values[i] < 0 && !kernel.IsFinite(values[i]), "a masked score is %v", values[i])
			continue
		}
		worst = max(worst, reference.AbsError(values[i], want))
		size, _ := new(big.Float).Abs(want).Float64()
		largest = max(largest, size)
	}
	return worst / max(largest, 1e-3)
}

// Every stage of random models of every family is that of the second, independent
// implementation in arbitrary precision.
func TestFamiliesAgreeWithTheReference(t *testing.T) {
	wide(t)
	ids := []int{3, 36, 0, 12, 12, 7, 30, 1, 5, 9}
	for _, family := range Families() {
		t.Run(family, func(t *testing.T) {
			seen := 0.0
			for i := range *draws {
				s := samples(family).Example(i)
				f := s.folder(t)
				c := f.load(t)
				want := truth(t, f, ids)
				tr := record(t, build[float64](t, c, setup{reduce.Pairwise, min(2, c.Config.Heads), 1}), ids)
				require.Equal(t, StageNames(c.Config), tr.names)
				require.Len(t, want, len(tr.names), "%v", s.config)
				for _, stage := range tr.names {
					d := away(t, tr.values[stage], want[stage])
					require.Less(t, d, 1e-11, "%s of %v", stage, s.config)
					seen = max(seen, d)
				}
			}
			t.Logf("float64 is off by %.2g at most", seen)
		})
	}
}

// treeOrders are those whose bits are promised for any cut.
func treeOrders[T Float]() []reduce.Order {
	return slices.DeleteFunc([]reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened, reduce.Exact},
		func(o reduce.Order) bool { return reduce.Check[T](o) != nil })
}

// TestNothingChangesTheBits draws models of every family, and for each draws ways to
// run it: ranks, threads, chunks, kernels, the storage of weights, keys and values. All give the
// bits of one rank on one thread that reads all tokens at once.
func TestNothingChangesTheBits(t *testing.T) {
	for _, family := range Families() {
		t.Run(family, func(t *testing.T) {
			t.Run("float32", func(t *testing.T) { testNothingChanges[float32](t, family) })
			t.Run("float64", func(t *testing.T) { testNothingChanges[float64](t, family) })
		})
	}
}

func testNothingChanges[T Float](t *testing.T, family string) {
	defer startEarly()()
	for i := range *draws {
		f := samples(family).Example(1000 + i).folder(t)
		plain, half := f.load(t), f.halved().load(t)
		ids := make([]int, 41)
		for k := range ids {
			ids[k] = (k*k + i) % plain.Config.Vocabulary
		}
		for _, order := range treeOrders[T]() {
			want := bitsOf(logits(t, build[T](t, plain, setup{order, 1, 1}), ids))
			for ranks := 1; ranks <= plain.Config.Heads; ranks++ {
				way := ways(ids).Example(100*i + ranks)
				restore := kernel.Use(kernel.Backends()[way.backend])
				c := plain
				if way.half {
					c = half
				}
				m := build[T](t, c, setup{order, ranks, way.threads})
				if way.whole {
					whole, err := New(c, Options[T]{Backend: matrices[T]{m.options.Backend}, Ranks: ranks})
					require.NoError(t, err)
					m = whole
				}
				require.Equal(t, want, bitsOf(inChunks(t, m, ids, way.cuts)), "%v, %d ranks, %+v, %v", order, ranks, way, f.config)
				restore()
			}
		}
	}
}

// way is a way to run a model.
type way struct {
	threads, backend int
	half             bool // weights in bfloat16
	whole            bool // weights packed from matrices, widened; keys and values not packed
	cuts             []int
}

func ways(ids []int) *rapid.Generator[way] {
	return rapid.Custom(func(t *rapid.T) way {
		w := way{
			rapid.IntRange(1, 3).Draw(t, "threads"), rapid.IntRange(0, len(kernel.Backends())-1).Draw(t, "backend"),
			rapid.Bool().Draw(t, "half"), rapid.IntRange(0, 2).Draw(t, "whole") == 0, rapid.SliceOfN(rapid.IntRange(1, len(ids)), 0, 6).Draw(t, "cuts"),
		}
		if rapid.Bool().Draw(t, "decode") { // token by token from somewhere on
			for k := rapid.IntRange(1, len(ids)).Draw(t, "from"); k < len(ids); k++ {
				w.cuts = append(w.cuts, k)
			}
		}
		slices.Sort(w.cuts)
		return w
	})
}

// Sessions of one model do not see each other, in whatever order their tokens come.
func TestRequestsDoNotMeet(t *testing.T) {
	for _, family := range Families() {
		f := samples(family).Example(20).folder(t)
		m := build[float32](t, f.load(t), setup{reduce.Pairwise, 1, 1})
		requests := [][]int{{1, 2, 3, 4, 5, 6, 7}, {9, 8, 7, 6}, {1, 2, 3, 30, 31}}
		sessions := make([]*Session[float32], len(requests))
		got := make([][]float32, len(requests))
		for i := range sessions {
			sessions[i] = m.NewSession()
		}
		for at := range 7 {
			for i, ids := range requests {
				if at < len(ids) {
					out, err := sessions[i].Forward(t.Context(), ids[at:at+1], nil)
					require.NoError(t, err)
					got[i] = append(got[i], out.Data...)
				}
			}
		}
		for i, ids := range requests {
			require.Equal(t, bitsOf(logits(t, m, ids)), bitsOf(got[i]), "%s, request %d", family, i)
		}
	}
}

// Weights in several files, on disk and so mapped, are the weights in one.
func TestShardedFilesHaveTheBitsOfOne(t *testing.T) {
	ids := []int{1, 2, 3, 4}
	for _, family := range Families() {
		f := samples(family).Example(30).folder(t)
		want := bitsOf(logits(t, build[float64](t, f.load(t), setup{reduce.Pairwise, 1, 1}), ids))
		dir := t.TempDir()
		for name, file := range f.split(t, 3) {
			require.NoError(t, os.WriteFile(dir+"/"+name, file.Data, 0o600))
		}
		c, err := Load(dir)
		require.NoError(t, err)
		require.Equal(t, want, bitsOf(logits(t, build[float64](t, c, setup{reduce.Pairwise, 1, 2}), ids)), family)
		require.NoError(t, c.Close())
	}
}

// The window is seen: with another, the bits are others from the first token on that
// has more keys than it.
func TestWindowHidesKeys(t *testing.T) {
	f := folder{map[string]any{
		"model_type": "mistral", "num_hidden_layers": 1, "hidden_size": 24, "num_attention_heads": 3, "num_key_value_heads": 1,
		"intermediate_size": 32, "max_position_embeddings": 96, "vocab_size": 37, "sliding_window": 33,
	}, map[string]safetensors.Tensor{}}
	f.fill(t, newRand(5))
	ids := make([]int, 80)
	for i := range ids {
		ids[i] = i * i % 37
	}
	for _, order := range treeOrders[float64]() {
		narrow := logits(t, build[float64](t, f.load(t), setup{order, 1, 1}), ids)
		f.config["sliding_window"] = nil
		all := logits(t, build[float64](t, f.load(t), setup{order, 1, 1}), ids)
		f.config["sliding_window"] = 33
		require.Equal(t, bitsOf(all[:33*37]), bitsOf(narrow[:33*37]), "%v", order)
		require.NotEqual(t, bitsOf(all[33*37:34*37]), bitsOf(narrow[33*37:34*37]), "%v", order)

		// What no window holds any more does not matter: not a NaN, not an infinity.
		// (Of packed keys and values: TestContextOfWhatIsNotSeen in gemm.)
		native, err := gemm.NewNative[float64](order, 1)
		require.NoError(t, err)
		m, err := New(f.load(t), Options[float64]{Backend: matrices[float64]{native}, Ranks: 2})
		require.NoError(t, err)
		s := m.NewSession()
		_, err = s.Forward(t.Context(), ids[:79], nil)
		require.NoError(t, err)
		for _, p := range s.sequence.(*running[float64]).passes {
			kv := &p.cache.layers[0]
			for i := range kv.keys.Data[:40*8] {
				kv.keys.Data[i] = kernel.NaN[float64]()
				kv.values.Data[i] = kernel.NaN[float64]()
			}
		}
		out, err := s.Forward(t.Context(), ids[79:], nil)
		require.NoError(t, err)
		require.Equal(t, bitsOf(narrow[79*37:]), bitsOf(out.Data), "%v", order)
	}
}

// Ranks beyond the number of heads of keys share them; below, each holds its own.
func TestEachRankHoldsTheKeysThatItsQueriesMeet(t *testing.T) {
	c := Config{Heads: 12, KVHeads: 4}
	for ranks := 1; ranks <= 12; ranks++ {
		held := map[int]int{}
		for rank := range ranks {
			heads := cutHeads(c, ranks, rank)
			s := c.kvSpan(heads)
			for h := heads.Lo; h < heads.Hi; h++ {
				require.True(t, s.Lo <= h/3 && h/3 < s.Hi)
			}
			require.LessOrEqual(t, s.Len(), (heads.Len()+2)/3+1)
			for k := s.Lo; k < s.Hi; k++ {
				held[k]++
			}
		}
		require.Len(t, held, 4, fmt.Sprint(ranks))
		if 4%ranks == 0 {
			require.Equal(t, map[int]int{0: 1, 1: 1, 2: 1, 3: 1}, held)
		}
	}
}
