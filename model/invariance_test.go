package model

import (
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

func TestRanksDoNotChangeTheBits(t *testing.T) {
	t.Run("float32", testRanks[float32])
	t.Run("float64", testRanks[float64])
}

// testRanks compares every stage, the logits the last of them.
func testRanks[T Float](t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[1]
	for _, order := range append(orders[T](reduce.Order.CutInvariant), reduce.Pairwise.WithLeaf(16)) {
		want := record(t, build[T](t, c, setup{order, 1, 1}), ids)
		for ranks := 2; ranks <= c.Config.Heads; ranks++ {
			got := record(t, build[T](t, c, setup{order, ranks, 1}), ids)
			for _, stage := range want.names {
				require.Equal(t, bitsOf(want.values[stage]), bitsOf(got.values[stage]), "%s, %v, %d ranks", stage, order, ranks)
			}
		}
	}
}

// The comparison above would see it: a left fold depends on the cuts.
func TestRanksChangeTheBitsOfAFold(t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[1]
	one := logits(t, build[float32](t, c, setup{reduce.Sequential, 1, 1}), ids)
	two := logits(t, build[float32](t, c, setup{reduce.Sequential, 2, 1}), ids)
	require.NotEqual(t, bitsOf(one), bitsOf(two))
}

func TestThreadsDoNotChangeTheBits(t *testing.T) {
	t.Run("float32", testThreads[float32])
	t.Run("float64", testThreads[float64])
}

func testThreads[T Float](t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[0]
	for _, order := range orders[T](deterministic) {
		want := logits(t, build[T](t, c, setup{order, 2, 1}), ids)
		for threads := 2; threads <= 3; threads++ {
			got := logits(t, build[T](t, c, setup{order, 2, threads}), ids)
			require.Equal(t, bitsOf(want), bitsOf(got), "%v, %d threads", order, threads)
		}
	}
}

func TestHeadLeafDividesTheHead(t *testing.T) {
	for d, want := range map[int]int{8: 8, 16: 16, 32: 32, 37: 1, 48: 24, 64: 32, 80: 20, 96: 32, 128: 32} {
		c := Config{HeadSize: d}
		require.Equal(t, want, c.headLeaf(32), "head of %d", d)
		for leaf := 1; leaf <= 40; leaf++ {
			require.Zero(t, d%c.headLeaf(leaf))
			require.LessOrEqual(t, c.headLeaf(leaf), leaf)
		}
	}
}

// The leaf is a parameter of the order: another leaf is another tree, as good.
func TestLeafChangesBitsNotTheResult(t *testing.T) {
	e, c := loadExpected(t), loadSmall(t)
	plain := logits(t, build[float32](t, c, setup{reduce.Pairwise, 1, 1}), e.ids[0])
	leaf16 := logits(t, build[float32](t, c, setup{reduce.Pairwise.WithLeaf(16), 1, 1}), e.ids[0])
	require.NotEqual(t, bitsOf(plain), bitsOf(leaf16))
	require.Less(t, worst(leaf16, e.floats(t, "logits_f32", 0)), 1e-5)
}

// A fault is far from rounding (1e-6 here) with two ranks or more, and nothing with
// one.
func TestFaultsShowFromTwoRanksOn(t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[0]
	for _, fault := range []tp.Fault{tp.ContiguousQKV, tp.BiasEveryRank} {
		for ranks := 1; ranks <= 3; ranks++ {
			right := build[float32](t, c, setup{reduce.Pairwise, ranks, 1})
			wrong, err := New(c, Options[float32]{Backend: right.options.Backend, Ranks: ranks, Fault: fault})
			require.NoError(t, err)
			a, b := logits(t, right, ids), logits(t, wrong, ids)
			if ranks == 1 {
				require.Equal(t, bitsOf(a), bitsOf(b), "%v", fault)
				continue
			}
			require.Greater(t, worst(a, b), 1e-2, "%v, %d ranks", fault, ranks)
		}
	}
}

func TestRaceAllReduceRuns(t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[0]
	b := build[float32](t, c, setup{reduce.Pairwise, 1, 1}).options.Backend
	m, err := New(c, Options[float32]{Backend: b, Ranks: 3, Fault: tp.RaceAllReduce})
	require.NoError(t, err)
	_, err = m.Logits(t.Context(), ids)
	require.NoError(t, err)
}

// In a small model products stay on one goroutine: here they are large enough for several.
func TestThreadsDivideProducts(t *testing.T) {
	f := folder{map[string]any{
		"model_type": "gpt2", "n_layer": 1, "n_embd": 128, "n_head": 4, "n_positions": 48, "vocab_size": 37,
	}, map[string]safetensors.Tensor{}}
	f.fill(t, newRand(11))
	c, ids := f.load(t), make([]int, 48)
	for i := range ids {
		ids[i] = i * i % 37
	}
	for _, order := range treeOrders[float32]() {
		want := bitsOf(logits(t, build[float32](t, c, setup{order, 1, 1}), ids))
		for _, ranks := range []int{1, 2, 3} {
			for threads := 2; threads <= 3; threads++ {
				got := logits(t, build[float32](t, c, setup{order, ranks, threads}), ids)
				require.Equal(t, want, bitsOf(got), "%v, %d ranks, %d threads", order, ranks, threads)
			}
		}
	}
}
