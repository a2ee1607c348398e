package model

import (
	"context"
	"slices"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// inChunks feeds the ids to a session in pieces that end at the cuts.
func inChunks[T Float](t require.TestingT, m *Model[T], ids, cuts []int) []T {
	var all []T
	s := m.NewSession()
	for from := 0; from < len(ids); {
		to := len(ids)
		if len(cuts) > 0 {
			to, cuts = cuts[0], cuts[1:]
		}
		if to == from {
			continue
		}
		out, err := s.Forward(context.Background(), ids[from:to], nil)
		require.NoError(t, err)
		all = append(all, out.Data...)
		from = to
		require.Equal(t, to, s.Tokens())
	}
	return all
}

func TestChunksDoNotChangeTheBits(t *testing.T) {
	t.Run("float32", testChunks[float32])
	t.Run("float64", testChunks[float64])
}

func testChunks[T Float](t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[0]
	for _, order := range orders[T](deterministic) {
		m := build[T](t, c, setup{order, 2, 1})
		want := bitsOf(logits(t, m, ids))
		single := make([]int, len(ids))
		for i := range single {
			single[i] = i + 1
		}
		require.Equal(t, want, bitsOf(inChunks(t, m, ids, single)), "%v, token by token", order)
	}
	models := map[setup]*Model[T]{}
	want := map[reduce.Order][]uint64{}
	invariant := orders[T](reduce.Order.CutInvariant)
	rapid.Check(t, func(rt *rapid.T) {
		s := setup{rapid.SampledFrom(invariant).Draw(rt, "order"), rapid.IntRange(1, 6).Draw(rt, "ranks"), 1}
		if models[s] == nil {
			models[s] = build[T](rt, c, s)
		}
		if want[s.order] == nil {
			want[s.order] = bitsOf(logits(t, build[T](rt, c, setup{s.order, 1, 1}), ids))
		}
		cuts := rapid.SliceOfN(rapid.IntRange(1, len(ids)), 0, 6).Draw(rt, "cuts")
		slices.Sort(cuts)
		require.Equal(rt, want[s.order], bitsOf(inChunks(rt, models[s], ids, cuts)))
	})
}

// What follows does not reach back: the logits of a prefix are the first rows.
func TestTokensThatFollowChangeNothing(t *testing.T) {
	e, c := loadExpected(t), loadSmall(t)
	for _, order := range orders[float32](deterministic) {
		m := build[float32](t, c, setup{order, 1, 1})
		all := logits(t, m, e.ids[0])
		for _, n := range []int{1, 2, 9, 16} {
			require.Equal(t, bitsOf(all[:n*c.Config.Vocabulary]), bitsOf(logits(t, m, e.ids[0][:n])), "%v, %d tokens", order, n)
			other := append(slices.Clone(e.ids[0][:n]), e.ids[1]...)
			require.Equal(t, bitsOf(all[:n*c.Config.Vocabulary]), bitsOf(logits(t, m, other)[:n*c.Config.Vocabulary]))
		}
	}
}

// The comparison of chunks sees a session that is off by one position.
func TestPositionsMatter(t *testing.T) {
	c, ids := loadSmall(t), loadExpected(t).ids[0]
	m := build[float32](t, c, setup{reduce.Pairwise, 1, 1})
	s := m.NewSession()
	_, err := s.Forward(t.Context(), ids[:8], nil)
	require.NoError(t, err)
	s.sequence.(*running[float32]).tokens-- // the fault
	out, err := s.Forward(t.Context(), ids[8:9], nil)
	require.NoError(t, err)
	require.NotEqual(t, bitsOf(logits(t, m, ids[:9])[8*c.Config.Vocabulary:]), bitsOf(out.Data))
}

func TestGreedyContinuation(t *testing.T) {
	e := loadExpected(t)
	m := build[float32](t, loadSmall(t), setup{reduce.Pairwise, 3, 2})
	for row, ids := range e.ids {
		s := m.NewSession()
		var got []int
		next := ids
		for len(got) < len(e.greedy[row]) {
			out, err := s.Forward(t.Context(), next, nil)
			require.NoError(t, err)
			last := out.Row(out.Rows - 1)
			next = []int{slices.Index(last, slices.Max(last))}
			got = append(got, next...)
		}
		require.Equal(t, e.greedy[row], got)
	}
}

func TestSessionRefusesIDs(t *testing.T) {
	m := build[float32](t, loadSmall(t), setup{reduce.Pairwise, 2, 1})
	s := m.NewSession()
	_, err := s.Forward(t.Context(), []int{1, 2}, nil)
	require.NoError(t, err)
	for _, bad := range []struct {
		ids  []int
		text string
	}{
		{nil, "model: no tokens: want at least 1"},
		{[]int{3, -1}, "model: id -1 at position 3 is outside the vocabulary: want 0 to 95"},
		{[]int{96}, "model: id 96 at position 2 is outside the vocabulary: want 0 to 95"},
		{make([]int, 63), "model: 65 tokens exceed the context of 64"},
	} {
		_, err := s.Forward(t.Context(), bad.ids, nil)
		require.EqualError(t, err, bad.text)
	}
	got, err := s.Forward(t.Context(), []int{3}, nil) // the session is as it was
	require.NoError(t, err)
	require.Equal(t, bitsOf(logits(t, m, []int{1, 2, 3})[2*96:]), bitsOf(got.Data))
	_, err = s.Forward(t.Context(), make([]int, 61), nil)
	require.NoError(t, err, "the context may be full")
}

func TestSessionStaysBroken(t *testing.T) {
	s := build[float32](t, loadSmall(t), setup{reduce.Pairwise, 2, 1}).NewSession()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Forward(ctx, []int{1}, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Forward(t.Context(), []int{1}, nil)
	require.EqualError(t, err, "model: the session failed before: context canceled")
}

// An overflow on the way gives NaN, and every stage the canonical one.
func TestNaNIsCanonicalInEveryStage(t *testing.T) {
	f := smallFolder(t)
	set(t, f, "transformer.wte.weight", func(i int, x float32) float32 { return 0x1p127 })
	set(t, f, "transformer.wpe.weight", func(i int, x float32) float32 {
		return []float32{0x1p127, -0x1p127}[i/48%2] // the first token overflows, the second is zero
	})
	c := f.load(t)
	for _, order := range orders[float32](deterministic) {
		tr := record(t, build[float32](t, c, setup{order, 2, 1}), []int{1, 2})
		for _, stage := range tr.names {
			for i, v := range tr.values[stage] {
				if v != v {
					require.Equal(t, []uint64{0x7fc00000}, bitsOf([]float32{v}), "%s[%d], %v", stage, i, order)
				}
			}
		}
		last := tr.values["logits"]
		require.True(t, last[0] != last[0] && last[len(last)-1] != last[len(last)-1], "%v", order)
	}
}

// safetensors.Tensor is what a recorder makes of a stage: shape and values agree.
func TestStagesAreTensors(t *testing.T) {
	tr := record(t, build[float32](t, loadSmall(t), setup{reduce.Pairwise, 2, 1}), []int{5, 6})
	for _, stage := range tr.names {
		require.NotPanics(t, func() { safetensors.FromFloats(stage, tr.shapes[stage], tr.values[stage]) })
	}
}
