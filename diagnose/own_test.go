package diagnose

import (
	"context"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// record runs our own model, with what each rank adds to its all-reduces.
func record[T model.Float](t testing.TB, c *model.Checkpoint, ids []int, order reduce.Order, ranks int, fault tp.Fault) *trace.Trace {
	native, err := gemm.NewNative[T](order, 1)
	require.NoError(t, err)
	m, err := model.New(c, model.Options[T]{Backend: native, Ranks: ranks, Fault: fault})
	require.NoError(t, err)
	var rec trace.RankRecorder[T]
	_, err = m.Trace(context.Background(), ids, &rec)
	require.NoError(t, err)
	tr := rec.Trace()
	tr.IDs, tr.TP = ids, ranks
	return tr
}

// program is a text for bytes24.
func program(tokens int) (ids []int) {
	for i := range tokens {
		ids = append(ids, int("def main(argv):\n    return [x for x in argv if x.startswith('--')]\n"[i%67]))
	}
	return ids
}

// TestOwnRuns diagnoses our own model, in every order and family, over ranks: rounding.
func TestOwnRuns(t *testing.T) {
	ids := []int{5, 80, 17, 3, 3, 91, 42, 7, 60, 11}
	for f, family := range []string{"gpt2", "llama", "qwen2", "gpt_neox"} {
		c, err := model.Load("../model/testdata/" + family)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		for i, order := range reduce.Orders(3) {
			if !*whole && i%4 != f { // a quarter, unless -corpus asks for all
				continue
			}
			ranks := 1 + i%3
			tr := record[float32](t, c, ids, order, ranks, tp.NoFault)
			p, err := Replay(tr, c, Options{Threads: 2})
			require.NoError(t, err)
			require.Equal(t, Rounding, p.Verdict, "%s %v TP %d: %s", family, order, ranks, p.Sentence)
			if reduce.Check[float64](order) != nil {
				continue
			}
			tr = record[float64](t, c, ids, order, ranks, tp.NoFault)
			p, err = Replay(tr, c, Options{Threads: 2})
			require.NoError(t, err)
			require.Equal(t, Rounding, p.Verdict, "%s %v TP %d, float64: %s", family, order, ranks, p.Sentence)
		}
	}
}

// TestFewTokens diagnoses sequences of one token, and of one token over and over: equal
// rows have equal errors, which must not be taken for an effect.
func TestFewTokens(t *testing.T) {
	for _, family := range []string{"gpt2", "llama", "gpt_neox"} {
		c, err := model.Load("../model/testdata/" + family)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		for _, ids := range [][]int{{5}, {7, 7}, {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}} {
			tr := record[float32](t, c, ids, reduce.Sequential, 2, tp.NoFault)
			p, err := Replay(tr, c, Options{Threads: 2})
			require.NoError(t, err)
			require.Equal(t, Rounding, p.Verdict, "%s %v: %s", family, ids, p.Sentence)
		}
	}
}

// TestAlike is TestFewTokens in narrow formats, in which rows that are nearly equal round
// alike, too.
func TestAlike(t *testing.T) {
	for _, family := range []string{"gpt2", "llama", "qwen3"} {
		for _, dtype := range []string{"bf16", "f16"} {
			for _, scale := range []float64{1, 6} {
				k := testCase{kind: "control", family: family, size: "small", dtype: dtype, tp: 2, scale: scale}
				r := k.newRun()
				for i := range r.ids {
					r.ids[i] = 40 + i/9
				}
				p, err := Replay(k.trace(r), r.checkpoint(), Options{Threads: 2})
				require.NoError(t, err)
				require.Equal(t, Rounding, p.Verdict, "%v: %s", k, p.Sentence)
			}
		}
	}
}

// TestOwnFaults diagnoses the faults of package tp.
func TestOwnFaults(t *testing.T) {
	c, err := model.Load("../model/testdata/gpt2")
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	for fault, want := range map[tp.Fault]struct{ stage, cause string }{
		tp.ContiguousQKV: {"layers.0.attn.q", "sharding"}, tp.BiasEveryRank: {"layers.0.attn.out", "bias"},
	} {
		tr := record[float32](t, c, []int{5, 80, 17, 3, 3, 91, 42, 7, 60, 11}, reduce.Pairwise, 3, fault)
		p, err := Replay(tr, c, Options{Threads: 2})
		require.NoError(t, err)
		require.Equal(t, Fault, p.Verdict)
		require.Equal(t, want.stage, *p.Stage, "%s: %s", fault, p.Sentence)
		require.NotEmpty(t, p.Hints)
		require.Equal(t, want.cause, p.Hints[0].Cause, p.Hints[0].Text)
	}
}
