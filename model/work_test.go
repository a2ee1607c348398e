package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// Tensor parallelism that computes everything everywhere has the right bits too.
// These tests count what each rank holds, multiplies and sends.

// work is what one rank holds (elements of divided matrices, the embedding apart)
// and does.
type work struct{ weights, multiplications, bytes int64 }

// counting is a backend that counts for one rank.
type counting struct {
	gemm.Backend[float32]
	weights, multiplications atomic.Int64
}

func (c *counting) Pack(b gemm.Matrix[float32], trans bool, place gemm.Contraction) (gemm.Packed[float32], error) {
	c.weights.Add(int64(b.Rows * b.Cols))
	return c.Backend.Pack(b, trans, place)
}

func (c *counting) Mul(a gemm.Matrix[float32], w gemm.Packed[float32], out gemm.Matrix[float32]) error {
	c.product(a.Rows, w)
	return c.Backend.Mul(a, w, out)
}

func (c *counting) Partial(a gemm.Matrix[float32], w gemm.Packed[float32]) (*gemm.Partial[float32], error) {
	c.product(a.Rows, w)
	return c.Backend.Partial(a, w)
}

func (c *counting) Product(alpha float32, a, b gemm.Matrix[float32], trans, growing bool, out gemm.Matrix[float32]) error {
	c.multiplications.Add(int64(a.Rows * a.Cols * out.Cols))
	return c.Backend.Product(alpha, a, b, trans, growing, out)
}

func (c *counting) ProductFrom(first int, a, b, out gemm.Matrix[float32]) error {
	c.multiplications.Add(int64(a.Rows * a.Cols * out.Cols))
	return c.Backend.ProductFrom(first, a, b, out)
}

func (c *counting) product(rows int, w gemm.Packed[float32]) {
	k, n := w.Dims()
	c.multiplications.Add(int64(rows * k * n))
}

// shardFor makes one rank's shard.
type shardFor func(c *Checkpoint, o Options[float32], rank int) (*shard[float32], error)

// measure runs the ids on that many ranks, each with a backend of its own.
func measure(t *testing.T, c *Checkpoint, ranks int, make shardFor, ids []int) []work {
	m := &Model[float32]{config: c.Config, options: Options[float32]{Ranks: ranks}}
	var counters []*counting
	var weights shards[float32]
	native := build[float32](t, c, setup{reduce.Pairwise, 1, 1}).options.Backend
	for rank := range ranks {
		counter := &counting{Backend: native}
		counters = append(counters, counter)
		s, err := make(c, Options[float32]{Backend: counter, Ranks: ranks}, rank)
		require.NoError(t, err)
		weights = append(weights, s)
	}
	m.weights = weights
	s := m.NewSession()
	_, err := s.Forward(t.Context(), ids, nil)
	require.NoError(t, err)
	var all []work
	for rank, c := range counters {
		all = append(all, work{c.weights.Load(), c.multiplications.Load(), s.BytesSent()[rank]})
	}
	return all
}

// share is what a rank owns, from the shapes and tp.Cut alone.
type share struct{ heads, kvHeads, inner, rows int } // rows of the vocabulary

func shareOf(c Config, ranks, rank int) share {
	heads := tp.Cut(c.Heads, ranks, rank)
	groups := map[int]bool{} // heads of keys that its heads of queries meet
	for h := heads.Lo; h < heads.Hi; h++ {
		groups[h*c.KVHeads/c.Heads] = true
	}
	return share{heads.Len(), len(groups), tp.CutAligned(c.Inner, reduce.DefaultLeaf, ranks, rank).Len(), tp.Cut(c.Vocabulary, ranks, rank).Len()}
}

// expectedWork is the rank's part of the weights and multiplications:
//
//	weights          a layer: Q, output projection; K, V; gate, up, down; then the head
//	multiplications  each weight once a token; scores of all pairs of tokens, and
//	                 the context of a token over those it sees
func expectedWork(c Config, s share, tokens int) (weights, multiplications int64) {
	d := c.HeadSize
	mlp := 2
	if c.Gated {
		mlp = 3
	}
	w := c.Layers*c.Width*(2*(s.heads+s.kvHeads)*d+mlp*s.inner) + c.Width*s.rows
	attention := c.Layers * s.heads * d * (tokens*tokens + tokens*(tokens+1)/2)
	return int64(w), int64(tokens*w + attention)
}

// expectedBytes is what the rank sends, in numbers of 4 bytes: the embeddings that
// it owns and its columns of the logits to all others; and in each all-reduce its
// nodes of the others' elements and its finished elements to all others.
func expectedBytes(c Config, ranks, rank int, ids []int) int64 {
	others, n := ranks-1, 0
	owned := tp.Cut(c.Vocabulary, ranks, rank)
	for _, id := range ids {
		if owned.Lo <= id && id < owned.Hi {
			n += c.Width * others
		}
	}
	n += len(ids) * owned.Len() * others
	numbers := len(ids) * c.Width
	own := tp.Cut(numbers, ranks, rank).Len()
	for _, nodes := range partNodes(c, ranks, rank) {
		n += c.Layers * (nodes*(numbers-own) + own*others)
	}
	return int64(4 * n)
}

// partNodes is the number of nodes in the rank's parts of the two row-parallel
// layers: of the heads, and of the inner width.
func partNodes(c Config, ranks, rank int) [2]int {
	nodes := func(k, leaf int, s reduce.Span) int {
		if s.Len() == 0 {
			return 0
		}
		n := (k + leaf - 1) / leaf
		return len(reduce.Halving(n).Cover(reduce.Span{Lo: s.Lo / leaf, Hi: (s.Hi + leaf - 1) / leaf}))
	}
	heads, d := tp.Cut(c.Heads, ranks, rank), c.HeadSize
	return [2]int{
		nodes(c.Heads*d, c.headLeaf(reduce.DefaultLeaf), reduce.Span{Lo: heads.Lo * d, Hi: heads.Hi * d}),
		nodes(c.Inner, reduce.DefaultLeaf, tp.CutAligned(c.Inner, reduce.DefaultLeaf, ranks, rank)),
	}
}

// checkWork returns an error unless each rank holds and does its part, and all
// together what one rank alone does, but for the heads of keys and values that more
// than one rank needs.
func checkWork(c Config, got []work, ids []int) error {
	var sum work
	for rank, w := range got {
		weights, multiplications := expectedWork(c, shareOf(c, len(got), rank), len(ids))
		want := work{weights, multiplications, expectedBytes(c, len(got), rank, ids)}
		if w != want {
			return fmt.Errorf("rank %d of %d: %+v, want %+v", rank, len(got), w, want)
		}
		sum.weights += w.weights
		sum.multiplications += w.multiplications
	}
	all, multiplications := expectedWork(c, shareOf(c, 1, 0), len(ids))
	shared := -c.KVHeads
	for rank := range got {
		shared += shareOf(c, len(got), rank).kvHeads
	}
	again := int64(c.Layers * c.Width * 2 * shared * c.HeadSize)
	all, multiplications = all+again, multiplications+again*int64(len(ids))
	if sum.weights != all || sum.multiplications != multiplications {
		return fmt.Errorf("%d ranks: %+v in all, want %d weights and %d multiplications", len(got), sum, all, multiplications)
	}
	return nil
}

func TestWorkIsDivided(t *testing.T) {
	c := eightHeads(t).load(t)
	ids := []int{0, 18, 7, 7, 3}
	for _, ranks := range []int{1, 2, 3, 5, 8} {
		got := measure(t, c, ranks, newShard[float32], ids)
		require.NoError(t, checkWork(c.Config, got, ids))
		for rank, w := range got {
			// Heads, leaves and rows cut as evenly as they can be: at most one more each.
			most, _ := expectedWork(c.Config, share{(8 + ranks - 1) / ranks, (8 + ranks - 1) / ranks, (8 + ranks - 1) / ranks * 32, (19 + ranks - 1) / ranks}, len(ids))
			require.LessOrEqual(t, w.weights, most, "rank %d of %d", rank, ranks)
			t.Logf("rank %d of %d: %+v", rank, ranks, w)
		}
	}
}

// Heads of keys and values that a cut falls into are on both sides of it; nothing
// else is computed twice.
func TestWorkOfGroupsIsDivided(t *testing.T) {
	ids := []int{0, 10, 7, 7, 3}
	for _, family := range []string{"llama", "phi3", "qwen3", "gpt_neox"} {
		f := plain(t, family)
		c := f.load(t)
		for ranks := 1; ranks <= 6; ranks++ {
			require.NoError(t, checkWork(c.Config, measure(t, c, ranks, newShard[float32], ids), ids), family)
		}
	}
	c := plain(t, "llama").load(t).Config
	require.Equal(t, 2, shareOf(c, 3, 0).kvHeads+shareOf(c, 3, 2).kvHeads)
	require.Equal(t, 2, shareOf(c, 3, 1).kvHeads)
}

// Where ranks hold one node each, an all-reduce of n numbers costs a rank
// 2(ranks-1)/ranks*n of them, as in a ring.
func TestEvenRanksSendWhatARingSends(t *testing.T) {
	f := eightHeads(t)
	c := f.load(t).Config
	for _, ranks := range []int{2, 4, 8} {
		for rank := range ranks {
			require.Equal(t, [2]int{1, 1}, partNodes(c, ranks, rank))
			const tokens = 8
			ring := 2 * c.Layers * 2 * (ranks - 1) * tokens * c.Width / ranks
			owned := tp.Cut(c.Vocabulary, ranks, rank)
			ids := make([]int, tokens) // all of them 0, which rank 0 owns
			gathers := tokens * owned.Len() * (ranks - 1)
			if rank == 0 {
				gathers += tokens * c.Width * (ranks - 1)
			}
			require.EqualValues(t, 4*(ring+gathers), expectedBytes(c, ranks, rank, ids))
		}
	}
}

// The fault: each rank holds all weights and computes everything.
func TestCheckWorkCatchesRanksThatDoItAll(t *testing.T) {
	c := eightHeads(t).load(t)
	ids := []int{1, 2, 3}
	everything := measure(t, c, 1, newShard[float32], ids)[0]
	for _, ranks := range []int{2, 3, 5, 8} {
		got := measure(t, c, ranks, newShard[float32], ids)
		for rank := range got {
			got[rank].weights, got[rank].multiplications = everything.weights, everything.multiplications
		}
		require.ErrorContains(t, checkWork(c.Config, got, ids), "rank 0 of")
	}
	// One rank alone that holds a layer twice is seen too.
	got := measure(t, c, 2, func(c *Checkpoint, o Options[float32], rank int) (*shard[float32], error) {
		s, err := newShard(c, o, rank)
		if err == nil && rank == 1 {
			_, err = newShard(c, o, rank)
		}
		return s, err
	}, ids)
	require.ErrorContains(t, checkWork(c.Config, got, ids), "rank 1 of 2")
}

// What is not divided is on every rank: the norms, the positions, and the biases
// added after an all-reduce. They are all of the checkpoint that is left.
func TestWhatEveryRankHolds(t *testing.T) {
	f := eightHeads(t)
	c := f.load(t).Config
	replicated := []string{"wpe.weight", "ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias", "ln_f.weight", "ln_f.bias", "attn.c_proj.bias", "mlp.c_proj.bias"}
	divided := int64(0)
	for name, tensor := range f.tensors {
		if !slices.ContainsFunc(replicated, func(r string) bool { return strings.HasSuffix(name, r) }) {
			divided += int64(tensor.Elements())
		}
	}
	weights, _ := expectedWork(c, shareOf(c, 1, 0), 1)
	biases := int64(c.Layers * (3*c.Width + c.Inner)) // of the columns
	require.Equal(t, divided, weights+biases)
}

// eightHeads is a random model of 2 layers and 8 heads, whose vocabulary, 19, does
// not divide evenly.
func eightHeads(t *testing.T) folder {
	f := folder{map[string]any{
		"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 8, "n_positions": 16, "vocab_size": 19,
	}, map[string]safetensors.Tensor{}}
	f.fill(t, rand.New(rand.NewPCG(21, 22)))
	return f
}

// The eight ranks compute the same bits besides.
func TestEightRanksHaveTheBitsOfOne(t *testing.T) {
	c := eightHeads(t).load(t)
	ids := []int{0, 18, 7, 7, 3}
	want := logits(t, build[float32](t, c, setup{reduce.Pairwise, 1, 1}), ids)
	for ranks := 2; ranks <= 8; ranks++ {
		require.Equal(t, bitsOf(want), bitsOf(logits(t, build[float32](t, c, setup{reduce.Pairwise, ranks, 2}), ids)))
	}
}
