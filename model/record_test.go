package model

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/reduce"
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
