package tp_test

import (
	"context"
	"errors"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// A rank that is alone runs as a group of one does, again and again, and fails as it does.
func TestAloneIsAGroupOfOne(t *testing.T) {
	broken := errors.New("broken")
	ended, end := context.WithCancelCause(t.Context())
	end(broken)
	for name, f := range map[string]func(ctx context.Context, r *tp.Rank) error{
		"right": func(ctx context.Context, r *tp.Rank) error {
			x := []float32{1, 2, 3}
			require.Equal(t, [2]int{0, 1}, [2]int{r.ID(), r.Size()})
			require.NoError(t, tp.Barrier(ctx, r))
			require.NoError(t, tp.AllReduce(ctx, r, reduce.Pairwise, x))
			require.Equal(t, []float32{1, 2, 3}, x)
			e := tp.NewEmbedding(tp.MatrixTable(gemm.Dense(2, 1, []float32{7, 8})))
			out, err := e.Forward(ctx, r, []int{1, 0, 1})
			require.NoError(t, err)
			require.Equal(t, []float32{8, 7, 8}, out.Data)
			return nil
		},
		"error":       func(context.Context, *tp.Rank) error { return broken },
		"named error": func(context.Context, *tp.Rank) error { return &tp.RankError{Rank: 0, Err: broken} },
	} {
		r := tp.Alone()
		for range 2 {
			require.Equal(t, tp.Run(t.Context(), 1, f), tp.RunAlone(t.Context(), r, f), name)
		}
		require.Equal(t, broken, tp.RunAlone(ended, r, f), name)
		require.NoError(t, tp.RunAlone(t.Context(), r, func(context.Context, *tp.Rank) error { return nil }), name)
	}
	late, cancel := context.WithCancelCause(t.Context())
	require.Equal(t, broken, tp.RunAlone(late, tp.Alone(), func(context.Context, *tp.Rank) error { cancel(broken); return nil }))
	err := tp.RunAlone(t.Context(), tp.Alone(), func(context.Context, *tp.Rank) error { panic("oh") })
	require.ErrorContains(t, err, "tp: rank 0: panicked: oh")
}

func TestAloneAllocatesNothing(t *testing.T) {
	r, ctx := tp.Alone(), t.Context()
	f := func(context.Context, *tp.Rank) error { return nil }
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := tp.RunAlone(ctx, r, f); err != nil {
			t.Fatal(err)
		}
	}))
}
