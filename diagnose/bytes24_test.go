package diagnose

import (
	"context"
	"testing"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// recordBytes24 runs the embedded model over so many tokens.
func recordBytes24[T model.Float](t testing.TB, tokens int) (*trace.Trace, *model.Checkpoint) {
	c, err := bytes24.Load()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	var ids []int
	for i := range tokens {
		ids = append(ids, int("def main(argv):\n    return [x for x in argv if x.startswith('--')]\n"[i%67]))
	}
	native, err := gemm.NewNative[T](reduce.Pairwise, 2)
	require.NoError(t, err)
	m, err := model.New(c, model.Options[T]{Backend: native})
	require.NoError(t, err)
	var rec trace.Recorder[T]
	_, err = m.Trace(context.Background(), ids, &rec)
	require.NoError(t, err)
	tr := rec.Trace()
	tr.IDs = ids
	return tr, c
}

// TestBytes24 diagnoses our own run of a model of 24 layers: rounding, in little time.
func TestBytes24(t *testing.T) {
	tr, c := recordBytes24[float32](t, 64)
	began := time.Now()
	p, err := Replay(tr, c, "")
	require.NoError(t, err)
	t.Logf("%v for %d stages", time.Since(began), len(p.Stages))
	require.Equal(t, Rounding, p.Verdict, p.Sentence)
}
