package pair_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/diagnose/pair"
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// ours traces one of our models.
func ours[T model.Float](t *testing.T, c *model.Checkpoint, order reduce.Order, ranks int, fault tp.Fault, tokens int) pair.Run {
	t.Helper()
	ids := make([]int, tokens)
	for i := range ids {
		ids[i] = (i*i*7 + 35) % 96
	}
	backend, err := gemm.NewNative[T](order, 1)
	require.NoError(t, err)
	m, err := model.New(c, model.Options[T]{Backend: backend, Ranks: ranks, Fault: fault})
	require.NoError(t, err)
	var r trace.Recorder[T]
	_, err = m.Trace(t.Context(), ids, &r)
	require.NoError(t, err)
	tr := r.Trace()
	tr.IDs = ids
	return pair.Run{File: fmt.Sprintf("%v, %d ranks %s", order, ranks, fault), Trace: tr}
}

func small(t *testing.T, family string) *model.Checkpoint {
	t.Helper()
	c, err := model.Load("../../model/testdata/" + family)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// No order, no number of ranks and no arithmetic is called a fault, of few tokens or
// many; the faults of tensor parallelism are, from a few tokens on.
func TestOrdersAreNotFaults(t *testing.T) {
	for _, family := range []string{"gpt2", "llama", "gpt_neox"} {
		c := small(t, family)
		for _, tokens := range []int{2, 12} {
			a := ours[float32](t, c, reduce.Pairwise, 1, tp.NoFault, tokens)
			controls := []pair.Run{ours[float64](t, c, reduce.Pairwise, 1, tp.NoFault, tokens)}
			for i, order := range append(reduce.Orders(1), reduce.Shuffled(2), reduce.Shuffled(3)) {
				controls = append(controls, ours[float32](t, c, order, 1+i*2%6, tp.NoFault, tokens))
			}
			for _, b := range controls {
				r := compare(t, pair.Options{}, a, b)
				if r.Verdict != diagnose.SameBits {
					require.Equal(t, diagnose.Rounding, r.Verdict, "%s, %d tokens, %s: %s", family, tokens, b.File, r.Sentence)
				}
			}
			for _, fault := range c.Faults() {
				r := compare(t, pair.Options{}, a, ours[float32](t, c, reduce.Pairwise, 2, fault, tokens))
				if tokens >= 12 {
					require.Equal(t, diagnose.Fault, r.Verdict, "%s %s: %s", family, fault, r.Sentence)
				}
				require.NotContains(t, []diagnose.Verdict{diagnose.Rounding, diagnose.SameBits}, r.Verdict, "%s %s, %d tokens", family, fault, tokens)
			}
		}
	}
}

// Every stage that is a hundredth too large is called a fault there, if no stage after
// it is recorded that would go on from it, and one that is off by an ulp is not.
func TestEveryStageIsJudged(t *testing.T) {
	for _, family := range []string{"gpt2", "llama", "gpt_neox"} {
		a := ours[float32](t, small(t, family), reduce.Pairwise, 1, tp.NoFault, 12)
		for i, s := range a.Trace.Stages {
			b := clone(a, "b")
			for k, x := range b.Trace.Stages[i].Values {
				b.Trace.Stages[i].Values[k] = x * 1.01
			}
			r := compare(t, pair.Options{}, a, b)
			require.Equal(t, diagnose.Fault, r.Verdict, "%s %s: %s", family, s.Name, r.Sentence)
			require.Equal(t, s.Name, stageOf(r), "%s: %s", family, r.Sentence)

			b = clone(a, "b")
			k := len(s.Values) - 1
			b.Trace.Stages[i].Values[k] = float64(math.Nextafter32(float32(s.Values[k]), 9))
			r = compare(t, pair.Options{}, a, b)
			require.Equal(t, diagnose.Rounding, r.Verdict, "%s %s: %s", family, s.Name, r.Sentence)
		}
	}
}

// A sum that cancels magnifies what it inherits: that is nobody's fault.
func TestIllConditioned(t *testing.T) {
	c := small(t, "gpt2")
	a, b := ours[float32](t, c, reduce.Pairwise, 1, tp.NoFault, 12), ours[float32](t, c, reduce.Sequential, 1, tp.NoFault, 12)
	out, ok := a.Trace.Stage("layers.0.attn.out")
	require.True(t, ok)
	embed := trace.Stage{Name: "embed", Shape: out.Shape}
	for i, x := range out.Values {
		embed.Values = append(embed.Values, float64(float32(-x*(1+1e-5*math.Sin(float64(i))))))
	}
	cancelling := func(r pair.Run) pair.Run {
		tr := &trace.Trace{DType: "f32", IDs: r.Trace.IDs, Stages: []trace.Stage{embed}}
		for _, name := range []string{"layers.0.attn.context", "layers.0.attn.out", "layers.0.attn_residual"} {
			s, _ := r.Trace.Stage(name)
			tr.Stages = append(tr.Stages, s)
		}
		sum := &tr.Stages[3]
		sum.Values = append([]float64{}, sum.Values...)
		for i, x := range embed.Values {
			sum.Values[i] = float64(float32(x) + float32(tr.Stages[2].Values[i]))
		}
		return pair.Run{File: r.File, Trace: tr}
	}
	r := compare(t, pair.Options{}, cancelling(a), cancelling(b))
	require.Equal(t, diagnose.IllConditioned, r.Verdict, r.Sentence)
	require.Equal(t, "layers.0.attn_residual", stageOf(r))
	require.Greater(t, float64(r.Stages[3].Pair.Growth), 100.0)
}

// Stages may be missing, as hooks and fused kernels leave them out: what follows is
// judged from what is there.
func TestMissingStages(t *testing.T) {
	for _, family := range []string{"gpt2", "llama"} {
		c := small(t, family)
		a, b := ours[float32](t, c, reduce.Pairwise, 1, tp.NoFault, 12), ours[float32](t, c, reduce.Sequential, 3, tp.NoFault, 12)
		wrong := ours[float32](t, c, reduce.Pairwise, 2, tp.RaceAllReduce, 12)
		for _, missing := range [][]string{
			{"attn.scores", "attn.probs"}, {"attn.scores", "attn.q_rope", "attn.k_rope"}, {"attn.scores", "attn.probs", "attn.q_rope", "attn.k_rope"},
			{"attn_residual", "attn.scores"}, {"attn_norm", "mlp_norm", "mlp.act"},
		} {
			left := func(r pair.Run) pair.Run { return without(r, missing) }
			r := compare(t, pair.Options{}, left(a), left(b))
			require.Equal(t, diagnose.Rounding, r.Verdict, "%s without %v: %s", family, missing, r.Sentence)
			require.Equal(t, diagnose.Fault, compare(t, pair.Options{}, left(a), left(wrong)).Verdict, "%s without %v", family, missing)
		}
	}
}

func without(r pair.Run, missing []string) pair.Run {
	t := *r.Trace
	t.Stages = nil
next:
	for _, s := range r.Trace.Stages {
		for _, m := range missing {
			if len(s.Name) > len(m) && s.Name[len(s.Name)-len(m)-1:] == "."+m {
				continue next
			}
		}
		t.Stages = append(t.Stages, s)
	}
	return pair.Run{File: r.File, Trace: &t}
}
