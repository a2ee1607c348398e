package model

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

func TestEveryStageIsRecordedInOrder(t *testing.T) {
	c := loadSmall(t)
	const tokens = 5
	tr := record(t, build[float64](t, c, setup{reduce.Pairwise, 3, 1}), []int{1, 2, 3, 4, 5})
	require.Equal(t, StageNames(c.Config), tr.names)

	want := map[string][]int{"embed": {tokens, 48}, "final_norm": {tokens, 48}, "logits": {tokens, 96}}
	for i := range 3 {
		for stage, shape := range map[string][]int{
			"attn_norm": {tokens, 48}, "attn.q": {tokens, 6, 8}, "attn.k": {tokens, 6, 8}, "attn.v": {tokens, 6, 8},
			"attn.scores": {6, tokens, tokens}, "attn.probs": {6, tokens, tokens}, "attn.context": {tokens, 48},
			"attn.out": {tokens, 48}, "attn_residual": {tokens, 48}, "mlp_norm": {tokens, 48},
			"mlp.up": {tokens, 192}, "mlp.act": {tokens, 192}, "mlp.down": {tokens, 48}, "output": {tokens, 48},
		} {
			want[fmt.Sprintf("layers.%d.%s", i, stage)] = shape
		}
	}
	require.Equal(t, want, tr.shapes)
}

// A stage follows from those before it: the recorder has not mixed up ranks, heads
// or tokens.
func TestStagesFollowFromEachOther(t *testing.T) {
	tr := record(t, build[float64](t, loadSmall(t), setup{reduce.Pairwise, 4, 1}), []int{9, 8, 7, 6})
	stage := func(name string) []float64 { return tr.values["layers.1."+name] }
	for h := range 6 {
		for i := range 4 {
			total := 0.0
			context := make([]float64, 8)
			for j := range 4 {
				score, prob := stage("attn.scores")[(h*4+i)*4+j], stage("attn.probs")[(h*4+i)*4+j]
				if j > i {
					require.True(t, math.IsInf(score, -1) && prob == 0, "a masked key")
					continue
				}
				dot := 0.0
				for d := range 8 {
					dot += float64(stage("attn.q")[(i*6+h)*8+d] * stage("attn.k")[(j*6+h)*8+d])
					context[d] += float64(prob * stage("attn.v")[(j*6+h)*8+d])
				}
				require.InDelta(t, dot/math.Sqrt(8), score, 1e-12)
				total += prob
			}
			require.InDelta(t, 1, total, 1e-12)
			require.InDeltaSlice(t, context, stage("attn.context")[i*48+h*8:i*48+h*8+8], 1e-12)
		}
	}
	for i, x := range tr.values["layers.0.output"] {
		require.Equal(t, x+stage("attn.out")[i], stage("attn_residual")[i])
		require.Equal(t, stage("attn_residual")[i]+stage("mlp.down")[i], stage("output")[i])
	}
}

// A later piece of a session records its own tokens, and scores for all keys.
func TestRecordOfALaterChunk(t *testing.T) {
	m := build[float32](t, loadSmall(t), setup{reduce.Pairwise, 2, 1})
	ids := []int{1, 2, 3, 4, 5}
	whole := record(t, m, ids)
	s := m.NewSession()
	_, err := s.Forward(t.Context(), ids[:3], nil)
	require.NoError(t, err)
	tr := &trace[float32]{nil, map[string][]int{}, map[string][]float32{}}
	_, err = s.Forward(t.Context(), ids[3:], tr)
	require.NoError(t, err)
	require.Equal(t, []int{6, 2, 5}, tr.shapes["layers.2.attn.probs"])
	for h := range 6 {
		require.Equal(t, bitsOf(whole.values["layers.2.attn.probs"][h*25+15:h*25+25]), bitsOf(tr.values["layers.2.attn.probs"][h*10:h*10+10]))
	}
	require.Equal(t, bitsOf(whole.values["layers.1.mlp.act"][3*192:]), bitsOf(tr.values["layers.1.mlp.act"]))
}

// shares is a trace that wants the ranks' shares, too.
type shares[T Float] struct {
	trace[T]
	parts map[string][][]T
}

func (s *shares[T]) RecordRank(stage string, rank int, _ []int, values []T) {
	if rank != len(s.parts[stage]) || s.values[stage] != nil {
		panic("shares come by rank number, before their stage")
	}
	s.parts[stage] = append(s.parts[stage], slices.Clone(values))
}

// recordShares runs a model on that many ranks.
func recordShares[T Float](t *testing.T, c *Checkpoint, order reduce.Order, ranks int, fault tp.Fault, ids []int) *shares[T] {
	t.Helper()
	backend, err := gemm.NewNative[T](order, 1)
	require.NoError(t, err)
	m, err := New(c, Options[T]{Backend: backend, Ranks: ranks, Fault: fault})
	require.NoError(t, err)
	s := &shares[T]{trace[T]{nil, map[string][]int{}, map[string][]T{}}, map[string][][]T{}}
	_, err = m.Trace(t.Context(), ids, s)
	require.NoError(t, err)
	require.Equal(t, StageNames(c.Config), s.names)
	return s
}

// In every family and order, and at every size, what the ranks contribute adds up to
// the stage, but for its bias, which is the same in every row.
func TestSharesAddUp(t *testing.T) {
	ids := []int{3, 36, 0, 12, 7}
	for _, family := range Families() {
		c := samples(family).Example(3).folder(t).load(t)
		for _, order := range orders[float64](func(reduce.Order) bool { return true }) {
			for ranks := 1; ranks <= c.Config.Heads; ranks++ {
				s := recordShares[float64](t, c, order, ranks, tp.NoFault, ids)
				if ranks == 1 {
					require.Empty(t, s.parts)
					continue
				}
				require.Len(t, s.parts, 2*c.Config.Layers, family)
				for stage, parts := range s.parts {
					require.Len(t, parts, ranks)
					require.Less(t, offTheBias(parts, s.values[stage], len(ids)), 1e-12, "%s %v %d ranks %s", family, order, ranks, stage)
				}
			}
		}
	}
}

// offTheBias is the largest difference between rows of what a stage has beyond the
// sum of the shares.
func offTheBias(parts [][]float64, whole []float64, rows int) (worst float64) {
	rest := slices.Clone(whole)
	for _, part := range parts {
		for i, x := range part {
			rest[i] -= x
		}
	}
	width := len(rest) / rows
	for i, x := range rest {
		worst = max(worst, math.Abs(x-rest[i%width]))
	}
	return worst
}

// The shares show the fault that a stage only suffers from: with the bias added on
// every rank, they add up to all of the stage.
func TestSharesShowABiasOnEveryRank(t *testing.T) {
	c, ids := loadSmall(t), []int{1, 2, 3}
	rest := func(fault tp.Fault) (worst float64) {
		s := recordShares[float64](t, c, reduce.Pairwise, 3, fault, ids)
		stage := "layers.1.mlp.down"
		for i, x := range s.values[stage] {
			worst = max(worst, math.Abs(x-s.parts[stage][0][i]-s.parts[stage][1][i]-s.parts[stage][2][i]))
		}
		return worst
	}
	require.Greater(t, rest(tp.NoFault), 1e-3, "the bias")
	require.Less(t, rest(tp.BiasEveryRank), 1e-15)
	require.Less(t, rest(tp.RaceAllReduce), 10.0, "shares are recorded there, too")
}
