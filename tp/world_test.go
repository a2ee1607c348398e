package tp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// wires is a transport that may lie.
type wires struct {
	tp.Transport
	id, size int
	spoil    func(b []byte) []byte // what becomes of messages on the way, or nil
}

func (w *wires) ID() int   { return w.id }
func (w *wires) Size() int { return w.size }

func (w *wires) Send(to int, b []byte) error {
	if w.spoil != nil {
		b = w.spoil(b)
	}
	if to >= w.Transport.Size() {
		return nil // into the void
	}
	return w.Transport.Send(to, b)
}

func newWires(size int) []*wires {
	var ends []*wires
	for id, end := range tp.Pipes(size) {
		ends = append(ends, &wires{end, id, size, nil})
	}
	return ends
}

// each calls f once a process, at the same time, and returns what they returned.
func each(ends []*wires, f func(end *wires) error) []error {
	errs := make([]error, len(ends))
	var wait sync.WaitGroup
	for id, end := range ends {
		wait.Go(func() { errs[id] = f(end) })
	}
	wait.Wait()
	return errs
}

// inWorld runs the programs, one after the other, in each process of a World.
func inWorld(t *testing.T, ends []*wires, deadline time.Duration, programs ...func(ctx context.Context, r *tp.Rank) error) []error {
	return each(ends, func(end *wires) error {
		w, err := tp.NewWorld(t.Context(), end, deadline)
		if err != nil {
			return err
		}
		defer w.Close()
		for _, f := range programs {
			if err := w.Run(t.Context(), f); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestWorldJoinsProducts(t *testing.T) {
	t.Run("float32", testWorldPartials[float32])
	t.Run("float64", testWorldPartials[float64])
}

func testWorldPartials[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 9))
	for size := 1; size <= 5; size++ {
		var programs []func(ctx context.Context, r *tp.Rank) error
		for _, order := range orders[T]() {
			for range 3 {
				p, b := newProduct[T](rng, order, size), native[T](t, order)
				want, err := p.whole(b, 0, p.place.K)
				if !order.CutInvariant() {
					want, err = p.folded(b)
				}
				require.NoError(t, err)
				programs = append(programs, func(ctx context.Context, r *tp.Rank) error {
					got := make([]T, len(want))
					if err := joinPartial(ctx, r, b, p, got); err != nil {
						return err
					}
					return sameBits(got, want)
				})
			}
		}
		for _, err := range inWorld(t, newWires(size), time.Minute, programs...) {
			require.NoError(t, err)
		}
	}
}

// Collectives of plain numbers give what they give in one process, and count the same
// bytes.
func TestWorldCollectives(t *testing.T) {
	for size := 1; size <= 5; size++ {
		for _, order := range orders[float32]() {
			x := data[float32](rand.New(rand.NewPCG(4, uint64(size))), order, 17)
			program := func(out [][]float32, sent []int64) func(ctx context.Context, r *tp.Rank) error {
				return func(ctx context.Context, r *tp.Rank) error {
					y := slices.Clone(x[r.ID():])[:11]
					defer func() { sent[r.ID()] = r.BytesSent() }()
					if err := tp.AllReduce(ctx, r, order, y); err != nil {
						return err
					}
					if err := tp.Barrier(ctx, r); err != nil {
						return err
					}
					s := tp.Cut(len(y), r.Size(), r.ID())
					counts := make([]int, r.Size())
					for rank := range counts {
						counts[rank] = tp.Cut(len(y), r.Size(), rank).Len()
					}
					all, err := tp.AllGather(ctx, r, y[s.Lo:s.Hi], counts)
					out[r.ID()] = all
					if err != nil {
						return err
					}
					return tp.Broadcast(ctx, r, r.Size()-1, out[r.ID()])
				}
			}
			one, many := make([][]float32, size), make([][]float32, size)
			oneSent, manySent := make([]int64, size), make([]int64, size)
			run(t, size, program(one, oneSent))
			for _, err := range inWorld(t, newWires(size), time.Minute, program(many, manySent)) {
				require.NoError(t, err)
			}
			require.Equal(t, oneSent, manySent)
			for rank := range one {
				require.Equal(t, bitsOf(one[0]), bitsOf(many[rank]), "%v, rank %d of %d", order, rank, size)
			}
		}
	}
}

// What rank 1 does wrong all processes blame on rank 1, as in one process.
func TestWorldFailures(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name, func(t *testing.T) {
			for rank, err := range inWorld(t, newWires(3), time.Minute, func(ctx context.Context, r *tp.Rank) error {
				if r.ID() == 1 {
					return f.rank1(ctx, r)
				}
				return reduceSum(ctx, r, 8)
			}) {
				var named *tp.RankError
				require.ErrorAs(t, err, &named, "rank %d", rank)
				require.ErrorContains(t, err, f.text)
				require.Equal(t, 1, named.Rank, err)
			}
		})
	}
}

func TestWorldStaysBroken(t *testing.T) {
	for _, err := range each(newWires(2), func(end *wires) error {
		w, err := tp.NewWorld(t.Context(), end, time.Minute)
		if err != nil {
			return err
		}
		defer w.Close()
		_ = w.Run(t.Context(), func(ctx context.Context, r *tp.Rank) error {
			if r.ID() == 1 {
				return errBroken
			}
			return tp.Barrier(ctx, r)
		})
		return w.Run(t.Context(), func(context.Context, *tp.Rank) error { panic("must not run") })
	}) {
		// Rank 0 may hear of it before it has left NewWorld.
		require.Contains(t, []string{"tp: the ranks failed before: tp: rank 1: broken", "tp: rank 1: broken"}, err.Error())
	}
}

// A World that was closed says so at once, also from the middle of a run.
func TestWorldClosed(t *testing.T) {
	errs := each(newWires(2), func(end *wires) error {
		w, err := tp.NewWorld(t.Context(), end, time.Minute)
		if err != nil {
			return err
		}
		err = w.Run(t.Context(), func(ctx context.Context, r *tp.Rank) error {
			w.Close()
			return tp.Barrier(ctx, r)
		})
		require.EqualError(t, err, "tp: the World is closed")
		return w.Run(t.Context(), func(context.Context, *tp.Rank) error { panic("must not run") })
	})
	require.EqualError(t, errs[0], "tp: the World is closed")
	require.EqualError(t, errs[1], "tp: the World is closed")
}

// A process that cannot even begin tells the others why.
func TestFailEndsTheOthers(t *testing.T) {
	errs := each(newWires(3), func(end *wires) error {
		w, err := tp.NewWorld(t.Context(), end, time.Minute)
		if err != nil {
			return err
		}
		defer w.Close()
		if end.id == 2 {
			w.Fail(errors.New("no such folder"))
			return nil
		}
		return w.Run(t.Context(), func(ctx context.Context, r *tp.Rank) error { return tp.Barrier(ctx, r) })
	})
	require.ErrorContains(t, errs[0], "tp: rank 2: no such folder")
	require.ErrorContains(t, errs[1], "tp: rank 2: no such folder")
}

func TestWorldDeadline(t *testing.T) {
	silent := func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 2 {
			<-ctx.Done()
			return nil
		}
		return reduceSum(ctx, r, 100)
	}
	late := func(ctx context.Context, r *tp.Rank) error { // after its last collective
		err := reduceSum(ctx, r, 100)
		if r.ID() == 2 {
			<-ctx.Done()
		}
		return err
	}
	for text, f := range map[string]func(ctx context.Context, r *tp.Rank) error{
		"tp: rank 2: sent nothing for reduce-scatter (collective 1) within %v": silent,
		"tp: rank 2: did not end within %v of rank ":                           late,
	} {
		requireAtDeadline(t, text, func(deadline time.Duration) []error { return inWorld(t, newWires(3), deadline, f) })
	}
}

func TestWorldCancel(t *testing.T) {
	errs := each(newWires(2), func(end *wires) error {
		w, err := tp.NewWorld(t.Context(), end, time.Minute)
		if err != nil {
			return err
		}
		defer w.Close()
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		if end.id == 1 {
			cancel(errBroken)
		}
		return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error { return tp.Barrier(ctx, r) })
	})
	require.ErrorContains(t, errs[0], "tp: rank 1: broken")
	require.Equal(t, errBroken, errs[1])
}

// A process that dies is named by all, whoever notices.
func TestWorldNamesTheDead(t *testing.T) {
	for _, err := range inWorld(t, newWires(3)[:], time.Minute, func(ctx context.Context, r *tp.Rank) error {
		return tp.Barrier(ctx, r)
	}) {
		require.NoError(t, err)
	}
	ends := newWires(3)
	errs := each(ends[:2], func(end *wires) error { // there is no process 2
		if end.id == 0 {
			end.Transport.(interface{ Put(int, []byte, error) }).Put(0, nil, &tp.RankError{Rank: 2, Err: errors.New("its process has died")})
		}
		_, err := tp.NewWorld(t.Context(), end, time.Minute)
		return err
	})
	for _, err := range errs {
		require.ErrorContains(t, err, "tp: rank 2: its process has died")
	}
}

// Messages that are no such, or of other versions, name their sender.
func TestWorldRefusesMessages(t *testing.T) {
	for text, spoil := range map[string]func(b []byte) []byte{
		"tp: rank 1: sent 3 bytes that are no message of this program":                      func(b []byte) []byte { return b[:3] },
		"tp: rank 1: speaks version 7 of the exchange between ranks: want 1":                func(b []byte) []byte { b[8] = 7; return b },
		"tp: rank 1: sent a message of kind 9: want 1 to 3":                                 func(b []byte) []byte { b[10] = 9; return b },
		"tp: rank 1: sent a message that ends within a text":                                func(b []byte) []byte { return b[:15] },
		"tp: rank 1: is in run 5 while rank 0 is in run 1":                                  func(b []byte) []byte { b[11] = 5; return b },
		"tp: rank 1: sent for agreement (collective 1): sent a message that ends within a ": func(b []byte) []byte { return b[:len(b)-1] },
	} {
		ends := newWires(2)
		ends[1].spoil = func(b []byte) []byte {
			if b[10] != 1 {
				return b // what ends the run
			}
			return spoil(bytes.Clone(b))
		}
		errs := inWorld(t, ends, time.Minute)
		require.ErrorContains(t, errs[0], text)
		require.ErrorContains(t, errs[1], text, "the other is told")
	}
}

// A rank that computes by another version of SPEC.md does not take part.
func TestWorldsOfOtherVersions(t *testing.T) {
	ends := newWires(3)
	own := []byte(fmt.Sprintf("SPEC.md version\x01%d", spec.Version))
	ends[2].spoil = func(b []byte) []byte { return bytes.ReplaceAll(b, own, []byte("SPEC.md version\x011")) }
	for _, err := range inWorld(t, ends, time.Minute)[:2] {
		require.EqualError(t, err, fmt.Sprintf("tp: rank 2: has SPEC.md version 1, where rank 0 has SPEC.md version %d", spec.Version))
	}
}

func TestWorldsOfOtherSizes(t *testing.T) {
	ends := newWires(2)
	ends[1].size = 3
	began := time.Now()
	for _, err := range inWorld(t, ends, time.Minute) {
		require.EqualError(t, err, "tp: rank 1: has world size 3, where rank 0 has world size 2")
	}
	require.Less(t, time.Since(began), 10*time.Second)

	ends = newWires(2)
	ends[1].id, ends[1].size = 5, 6
	ends[1].Transport = liar{ends[0].Transport}
	require.ErrorContains(t, inWorld(t, ends, time.Second)[0], "tp: rank 5: is no other rank of a world of 2, in which this is rank 0")
}

// liar is another end that says it is rank 5.
type liar struct{ to tp.Transport }

func (liar) ID() int   { return 5 }
func (liar) Size() int { return 6 }

func (l liar) Send(to int, b []byte) error {
	if to == 0 {
		l.to.(interface{ Put(int, []byte, error) }).Put(5, bytes.Clone(b), nil)
	}
	return nil
}

func (liar) Receive(ctx context.Context) (int, []byte, error) { <-ctx.Done(); return 0, nil, ctx.Err() }

func TestAgree(t *testing.T) {
	facts := func(odd, id int, weights string) []tp.Fact {
		f := []tp.Fact{{"order", "pairwise"}, {"weights", "60303ae2"}}
		if id == odd {
			f[1].Value = weights
		}
		return f
	}
	for odd := range 4 {
		program := func(ctx context.Context, r *tp.Rank) error { return tp.Agree(ctx, r, facts(odd, r.ID(), "0ff")...) }
		right := 0
		if odd == 0 {
			right = 1
		}
		want := fmt.Sprintf("tp: rank %d: has weights 0ff, where rank %d has weights 60303ae2", odd, right)
		require.EqualError(t, tp.Run(t.Context(), 4, program), want)
		for _, err := range inWorld(t, newWires(4), time.Minute, program) {
			require.EqualError(t, err, want)
		}
	}
	run(t, 4, func(ctx context.Context, r *tp.Rank) error { return tp.Agree(ctx, r, facts(4, r.ID(), "")...) })
	run(t, 3, func(ctx context.Context, r *tp.Rank) error { return tp.Agree(ctx, r) })

	// Every rank hears of one that has no facts at all, and may use its own again.
	var errs [3]error
	program := func(ctx context.Context, r *tp.Rank) error {
		own := facts(4, r.ID(), "")
		if r.ID() == 1 {
			own = nil
		}
		errs[r.ID()] = tp.Agree(context.WithoutCancel(ctx), r, own...)
		clear(own)
		return nil
	}
	for _, inProcess := range []bool{true, false} {
		if inProcess {
			run(t, 3, program)
		} else {
			require.Equal(t, make([]error, 3), inWorld(t, newWires(3), time.Minute, program))
		}
		for _, err := range errs {
			require.EqualError(t, err, "tp: rank 1: has order nothing, weights nothing, where rank 0 has order pairwise, weights 60303ae2")
		}
	}

	// All that differs, also where one says what the other does not.
	err := tp.Run(t.Context(), 2, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 0 {
			return tp.Agree(ctx, r, tp.Fact{"order", "exact"}, tp.Fact{"dtype", "f32"}, tp.Fact{"seed", "1"})
		}
		return tp.Agree(ctx, r, tp.Fact{"order", "binned"}, tp.Fact{"dtype", "f32"})
	})
	require.EqualError(t, err, "tp: rank 1: has order binned, seed nothing, where rank 0 has order exact, seed 1")
}

func TestNewWorldRefuses(t *testing.T) {
	_, err := tp.NewWorld(t.Context(), newWires(1)[0], 0)
	require.ErrorContains(t, err, "want more than 0")
	_, err = tp.NewWorld(t.Context(), &wires{id: 2, size: 2}, time.Minute)
	require.EqualError(t, err, "tp: rank 2 of a world of 2: want 0 to 1")
}

func TestWorldRunsOneProgramAtATime(t *testing.T) {
	w, err := tp.NewWorld(t.Context(), newWires(1)[0], time.Minute)
	require.NoError(t, err)
	defer w.Close()
	err = w.Run(t.Context(), func(ctx context.Context, r *tp.Rank) error {
		return w.Run(ctx, func(context.Context, *tp.Rank) error { return nil })
	})
	require.ErrorContains(t, err, "one program at a time")
}
