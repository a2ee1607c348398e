package tp_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

var errBroken = errors.New("broken")

// reduceSum is what a rank that works does in the tests below.
func reduceSum(ctx context.Context, r *tp.Rank, n int) error {
	return tp.AllReduce(ctx, r, reduce.Pairwise, make([]float32, n))
}

// failures are programs in which rank 1 of three goes wrong.
var failures = []struct {
	name  string
	rank1 func(ctx context.Context, r *tp.Rank) error
	text  string // of the error
}{
	{"returns an error", func(context.Context, *tp.Rank) error { return errBroken },
		"tp: rank 1: broken"},
	{"ends its goroutine", func(context.Context, *tp.Rank) error { runtime.Goexit(); return nil },
		"tp: rank 1: ended its goroutine"},
	{"panics", func(context.Context, *tp.Rank) error { panic(errBroken) },
		"tp: rank 1: panicked: broken\n"},
	{"returns early", func(context.Context, *tp.Rank) error { return nil },
		"tp: rank 1: left before reduce-scatter (collective 1)"},
	{"leaves in the middle", func(ctx context.Context, r *tp.Rank) error {
		_, err := tp.ReduceScatter(ctx, r, reduce.Pairwise, make([]float32, 8))
		return err
	}, "tp: rank 1: left before all-gather (collective 2)"},
	{"has another count", func(ctx context.Context, r *tp.Rank) error { return reduceSum(ctx, r, 9) },
		"reduce-scatter of 9"},
	{"is in another collective", func(ctx context.Context, r *tp.Rank) error { return tp.Barrier(ctx, r) },
		"barrier of 0"},
	{"is a collective ahead", func(ctx context.Context, r *tp.Rank) error {
		if err := tp.Broadcast(ctx, r, 1, []float32{}); err != nil {
			return err
		}
		return reduceSum(ctx, r, 8)
	}, "collective 1"},
	{"has another order", func(ctx context.Context, r *tp.Rank) error {
		return tp.AllReduce(ctx, r, reduce.Exact, make([]float32, 8))
	}, "(exact, collective 1)"},
	{"has another leaf", func(ctx context.Context, r *tp.Rank) error {
		return tp.AllReduce(ctx, r, reduce.Pairwise.WithLeaf(16), make([]float32, 8))
	}, "pairwise/leaf=16"},
	{"has another type", func(ctx context.Context, r *tp.Rank) error {
		return tp.AllReduce(ctx, r, reduce.Pairwise, make([]float64, 8))
	}, "float64"},
}

func TestFailures(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			began := time.Now()
			err := tp.Run(t.Context(), 3, func(ctx context.Context, r *tp.Rank) error {
				if r.ID() == 1 {
					return f.rank1(ctx, r)
				}
				return reduceSum(ctx, r, 8)
			})
			require.Less(t, time.Since(began), tp.DefaultDeadline/2, "found by the deadline alone")
			var named *tp.RankError
			require.ErrorAs(t, err, &named)
			require.ErrorContains(t, err, f.text)
			require.Equal(t, 1, named.Rank, err)
		})
	}
}

func TestRankErrorUnwraps(t *testing.T) {
	err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			return fmt.Errorf("layer 3: %w", errBroken)
		}
		return tp.Barrier(ctx, r)
	})
	require.EqualError(t, err, "tp: rank 1: layer 3: broken")
	require.ErrorIs(t, err, errBroken)
}

// What a rank adds to the error of another does not make it its own.
func TestBlameStaysWithTheRankAtFault(t *testing.T) {
	err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			return nil
		}
		return fmt.Errorf("layer 3: %w", tp.Barrier(ctx, r))
	})
	var named *tp.RankError
	require.ErrorAs(t, err, &named)
	require.Equal(t, 1, named.Rank)
}

// The root of a broadcast awaits nobody: what is left unread tells.
func TestLeavingOutABroadcastIsAnError(t *testing.T) {
	err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			return nil
		}
		return tp.Broadcast(ctx, r, 0, []float32{1})
	})
	require.EqualError(t, err, "tp: rank 1: left without broadcast from 0 (collective 1), in which rank 0 sent to it")
}

func TestSilenceEndsAtTheDeadline(t *testing.T) {
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.Arrival} {
		requireAtDeadline(t, "tp: rank 2: sent nothing for reduce-scatter (collective 1) within %v", func(deadline time.Duration) []error {
			began := time.Now()
			err := tp.RunDeadline(t.Context(), 4, deadline, func(ctx context.Context, r *tp.Rank) error {
				if r.ID() == 2 {
					<-ctx.Done()
					return nil
				}
				return tp.AllReduce(ctx, r, order, make([]float64, 100))
			})
			require.Less(t, time.Since(began), deadline+20*time.Second)
			return []error{err}
		})
	}
}

// requireAtDeadline demands that all errors have the text, which has a place for the deadline: a short one or, where another rank
// seemed at fault as it came to run later than that, a longer one.
func requireAtDeadline(t *testing.T, text string, run func(deadline time.Duration) []error) {
	t.Helper()
	for _, deadline := range []time.Duration{50 * time.Millisecond, time.Second, 10 * time.Second} {
		want, last := fmt.Sprintf(text, deadline), deadline == 10*time.Second
		other := func(err error) bool { return err == nil || !strings.Contains(err.Error(), want) }
		errs := run(deadline)
		if at := slices.IndexFunc(errs, other); at < 0 {
			return
		} else if last {
			require.ErrorContains(t, errs[at], want)
		}
	}
}

func TestCancelEndsAllRanks(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	err := tp.Run(ctx, 3, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			cancel(errBroken)
			<-ctx.Done()
			return ctx.Err()
		}
		return tp.Barrier(ctx, r)
	})
	require.Equal(t, errBroken, err)

	err = tp.Run(ctx, 3, func(context.Context, *tp.Rank) error { panic("must not run") })
	require.Equal(t, errBroken, err)
}

func TestRunRefusesNoRanks(t *testing.T) {
	require.EqualError(t, tp.Run(t.Context(), 0, nil), "tp: group of 0 ranks: want at least 1")
}

func TestRunRefusesADeadlineOfNothing(t *testing.T) {
	for _, d := range []time.Duration{0, -5} {
		err := tp.RunDeadline(t.Context(), 2, d, func(context.Context, *tp.Rank) error { panic("must not run") })
		require.ErrorContains(t, err, "want more than 0")
	}
}

func TestAllGatherRefusesANegativeCount(t *testing.T) {
	err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
		_, err := tp.AllGather(ctx, r, []float32{1}, []int{1, -5})
		return err
	})
	require.ErrorContains(t, err, "a count of -5 for rank 1")
}

// Whoever notices first, the vote blames the same rank, wherever it sits.
func TestTheVoteFindsTheOddRank(t *testing.T) {
	for odd := range 4 {
		err := tp.Run(t.Context(), 4, func(ctx context.Context, r *tp.Rank) error {
			n := 4
			if r.ID() == odd {
				n = 5
			}
			return reduceSum(ctx, r, n)
		})
		var named *tp.RankError
		require.ErrorAs(t, err, &named)
		require.Equal(t, odd, named.Rank, err)
		require.ErrorContains(t, err, "is in reduce-scatter of 5 float32")
	}
}
