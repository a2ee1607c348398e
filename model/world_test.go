package model

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// inWorld runs f as each rank of a World, and returns what the ranks returned.
func inWorld(t *testing.T, size int, f func(w *tp.World) error) []error {
	errs := make([]error, size)
	var wait sync.WaitGroup
	for id, end := range tp.Pipes(size) {
		wait.Go(func() {
			w, err := tp.NewWorld(t.Context(), end, time.Minute)
			if err == nil {
				defer w.Close()
				err = f(w)
			}
			errs[id] = err
		})
	}
	wait.Wait()
	return errs
}

// logitsIn returns the rank's logits of the ids, in two chunks, and counts what it
// holds and sends.
func logitsIn[T Float](ctx context.Context, c *Checkpoint, b gemm.Backend[T], w *tp.World, ids []int) (logits []T, sent int64, err error) {
	m, err := New(c, Options[T]{Backend: b, World: w})
	if err != nil {
		return nil, 0, err
	}
	for rank, s := range m.weights.(shards[T]) {
		if (s != nil) != (rank == w.ID()) {
			return nil, 0, errors.New("a rank holds more than its shard")
		}
	}
	s := m.NewSession()
	for _, chunk := range [][]int{ids[:3], ids[3:]} {
		out, err := s.Forward(ctx, chunk, nil)
		if err != nil {
			return nil, 0, err
		}
		logits = append(logits, out.Data...)
	}
	return logits, s.BytesSent()[w.ID()], nil
}

// Ranks that share nothing but messages have the bits of one rank, and send as many
// bytes as ranks of one process.
func TestWorldHasTheBitsOfOneRank(t *testing.T) {
	for _, family := range []string{"gpt2", "llama", "phi3"} {
		c := plain(t, family).load(t)
		ids := []int{0, 10, 7, 7, 3, 1}
		for _, order := range orders[float32](reduce.Order.CutInvariant) {
			want := logits(t, build[float32](t, c, setup{order, 1, 1}), ids)
			for _, size := range []int{1, 2, 3} {
				here := build[float32](t, c, setup{order, size, 1}).NewSession()
				for _, chunk := range [][]int{ids[:3], ids[3:]} {
					_, err := here.Forward(t.Context(), chunk, nil)
					require.NoError(t, err)
				}
				b, err := gemm.NewNative[float32](order, 1)
				require.NoError(t, err)
				for _, err := range inWorld(t, size, func(w *tp.World) error {
					got, sent, err := logitsIn(t.Context(), c, b, w, ids)
					if err == nil && !slices.Equal(bitsOf(want), bitsOf(got)) {
						err = errors.New("other bits than on one rank")
					}
					if err == nil && sent != here.BytesSent()[w.ID()] {
						err = errors.New("other bytes than in one process")
					}
					return err
				}) {
					require.NoError(t, err, "%s, %v, %d ranks", family, order, size)
				}
			}
		}
	}
}

// Whatever rank 1 has that the others do not, all of them say so.
func TestWorldsDisagree(t *testing.T) {
	f := smallFolder(t)
	right := f.load(t)
	set(t, f, "transformer.h.2.mlp.c_fc.weight", func(i int, x float32) float32 {
		if i == 4711 {
			return x + 0x1p-20
		}
		return x
	})
	weights := f.load(t)
	f = smallFolder(t)
	f.config["layer_norm_epsilon"] = 1e-6
	epsilon := f.load(t)
	require.Equal(t, right.Digest(), epsilon.Digest())

	pairwise, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	exact, err := gemm.NewNative[float32](reduce.Exact, 1)
	require.NoError(t, err)
	ids := []int{1, 2, 3, 4}
	for text, odd := range map[string]func(w *tp.World) error{
		"tp: rank 1: has weights " + weights.Digest() + ", where rank 0 has weights " + right.Digest(): func(w *tp.World) error {
			_, _, err := logitsIn(t.Context(), weights, pairwise, w, ids)
			return err
		},
		"tp: rank 1: has config norm_epsilon 0.000001, where rank 0 has config norm_epsilon 0.00001": func(w *tp.World) error {
			_, _, err := logitsIn(t.Context(), epsilon, pairwise, w, ids)
			return err
		},
		"tp: rank 1: has order exact, where rank 0 has order pairwise": func(w *tp.World) error {
			_, _, err := logitsIn(t.Context(), right, exact, w, ids)
			return err
		},
		"tp: rank 1: has arithmetic float64, backend gemm.Native[float64], where rank 0 has arithmetic float32, backend gemm.Native[float32]": func(w *tp.World) error {
			b, err := gemm.NewNative[float64](reduce.Pairwise, 1)
			if err == nil {
				_, _, err = logitsIn(t.Context(), right, b, w, ids)
			}
			return err
		},
		"tp: rank 1: has tokens [1 2 5], where rank 0 has tokens [1 2 3]": func(w *tp.World) error {
			_, _, err := logitsIn(t.Context(), right, pairwise, w, []int{1, 2, 5, 4})
			return err
		},
		"tp: rank 1: has fault qkv-contiguous-shard, where rank 0 has fault none": func(w *tp.World) error {
			_, err := New(right, Options[float32]{Backend: pairwise, World: w, Fault: tp.ContiguousQKV})
			return err
		},
	} {
		for _, err := range inWorld(t, 3, func(w *tp.World) error {
			if w.ID() == 1 {
				return odd(w)
			}
			_, _, err := logitsIn(t.Context(), right, pairwise, w, ids)
			return err
		}) {
			require.EqualError(t, err, text)
		}
	}
}

// The digest is of what the tensors are, not of where they lie.
func TestDigest(t *testing.T) {
	f := smallFolder(t)
	whole := f.load(t)
	parts, err := LoadFS(f.split(t, 3))
	require.NoError(t, err)
	require.Len(t, whole.Digest(), 64)
	require.Equal(t, whole.Digest(), parts.Digest())

	seen := map[string]bool{whole.Digest(): true}
	for name, x := range f.tensors {
		for _, at := range []int{0, len(x.Data) - 1} {
			changed := x
			changed.Data = slices.Clone(x.Data)
			changed.Data[at] ^= 1
			f.tensors[name] = changed
			d := f.load(t).Digest()
			require.False(t, seen[d], "%s, byte %d", name, at)
			seen[d] = true
		}
		f.tensors[name] = x
	}
}

func TestWorldRefusesOptions(t *testing.T) {
	c := loadSmall(t)
	for _, err := range inWorld(t, 2, func(w *tp.World) error {
		for text, o := range map[string]Options[float32]{
			"3 ranks and a deadline of 0s in a World of 2 ranks":          {Ranks: 3},
			"0 ranks and a deadline of 1s in a World of 2 ranks":          {Deadline: time.Second},
			"fault allreduce-race needs ranks that share memory":          {Fault: tp.RaceAllReduce},
			"model: recording the stages of a World of 2 ranks: want all": {},
		} {
			o.Backend, o.World = gemm.Native[float32]{}, w
			m, err := New(c, o)
			if err == nil {
				_, err = m.Trace(t.Context(), []int{1}, nothing{})
			}
			require.ErrorContains(t, err, text)
		}
		return nil
	}) {
		require.NoError(t, err)
	}
	for _, err := range inWorld(t, 7, func(w *tp.World) error {
		_, err := New(c, Options[float32]{Backend: gemm.Native[float32]{}, World: w})
		return err
	}) {
		require.ErrorContains(t, err, "tensor-parallel size 7: want 1 to the number of heads, 6")
	}
}

type nothing struct{}

func (nothing) Record(string, []int, []float32) {}
