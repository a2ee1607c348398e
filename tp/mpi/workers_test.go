//go:build mpi && cgo

package mpi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// products compares products over all ranks with the same on one, in every order that
// promises it, and the all-reduce of plain numbers with that in one process.
func products(ctx context.Context, _ *Comm, w *tp.World) error {
	const m, k, n = 5, 700, 33
	a, b := gemm.Dense(m, k, random(1, m*k)), gemm.Dense(k, n, random(2, k*n))
	for _, order := range reduce.Orders(7) {
		if reduce.Check[float64](order) != nil || !order.CutInvariant() {
			continue
		}
		backend, err := gemm.NewNative[float64](order, 1)
		if err != nil {
			return err
		}
		want := gemm.NewMatrix[float64](m, n)
		whole, err := backend.Pack(b, false, gemm.Whole(k, order))
		if err != nil {
			return err
		}
		if err := backend.Mul(a, whole, want); err != nil {
			return err
		}
		if err := w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
			s := tp.CutAligned(k, order.Leaf(), r.Size(), r.ID())
			place := gemm.Contraction{K: k, From: s.Lo, Leaf: order.Leaf()}
			layer, err := tp.NewRowParallel[float64](backend, b.View(s.Lo, s.Hi, 0, n), false, place, nil, tp.NoFault)
			if err != nil {
				return err
			}
			got, err := layer.Forward(ctx, r, a.View(0, m, s.Lo, s.Hi))
			if err == nil && fmt.Sprintf("%x", got.Data) != fmt.Sprintf("%x", want.Data) {
				err = fmt.Errorf("%v: other bits than on one rank", order)
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// large sends messages that MPI does not send at once, in both directions.
func large(ctx context.Context, _ *Comm, w *tp.World) error {
	const n = 3 << 20
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i%1000) + float32(r.ID())
		}
		if err := tp.AllReduce(ctx, r, reduce.Pairwise, x); err != nil {
			return err
		}
		for i, v := range x {
			if want := float32(r.Size()*(i%1000) + r.Size()*(r.Size()-1)/2); v != want {
				return fmt.Errorf("element %d is %v: want %v", i, v, want)
			}
		}
		return nil
	})
}

// terms are the rank's terms of some sums, which cancel heavily.
func terms(rank, sum int) []float64 {
	x := random(uint64(100*rank+sum), 50)
	if rank == 1 {
		for i, v := range random(uint64(sum), 50) { // those of rank 0
			x[i] = -v
		}
	}
	return x
}

// states merges exact and binned sums by MPI_Allreduce, and prints the digest of all
// bits.
func states(ctx context.Context, comm *Comm, w *tp.World) error {
	const n = 37
	digest := sha256.New()
	err := w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		exact, wantExact := make([]reduce.Superaccumulator, n), make([]reduce.Superaccumulator, n)
		wide, wantWide := make([]reduce.Bins[float64], n), make([]reduce.Bins[float64], n)
		narrow, wantNarrow := make([]reduce.Bins[float32], n), make([]reduce.Bins[float32], n)
		for i := range n {
			wide[i], wantWide[i] = reduce.NewBins[float64](3), reduce.NewBins[float64](3)
			narrow[i], wantNarrow[i] = reduce.NewBins[float32](4), reduce.NewBins[float32](4)
			for rank := range r.Size() {
				for _, x := range terms(rank, i) {
					wantExact[i].Add(x)
					wantWide[i].Add([]float64{x})
					wantNarrow[i].Add([]float32{float32(x)})
					if rank == r.ID() {
						exact[i].Add(x)
						wide[i].Add([]float64{x})
						narrow[i].Add([]float32{float32(x)})
					}
				}
			}
		}
		if err := errors.Join(AllReduceExact(ctx, r, comm, exact), AllReduceBinned(ctx, r, comm, wide), AllReduceBinned(ctx, r, comm, narrow)); err != nil {
			return err
		}
		for i := range n {
			if !exact[i].Equal(&wantExact[i]) || wide[i] != wantWide[i] || narrow[i] != wantNarrow[i] {
				return fmt.Errorf("state %d is not that of all terms", i)
			}
			fmt.Fprintf(digest, "%x %x %x ", reduce.Round[float64](&exact[i]), wide[i].Round(), narrow[i].Round())
		}
		return differs(ctx, r)
	})
	// One rank after the other, so that the lines have an order.
	for rank := range w.Size() {
		if rank == w.ID() {
			_, _ = os.Stdout.WriteString(fmt.Sprintf("rank %d merged %d\n", rank, merged.Load()))
		}
		err = errors.Join(err, w.Run(ctx, func(ctx context.Context, r *tp.Rank) error { return tp.Barrier(ctx, r) }))
	}
	if w.ID() == 0 {
		fmt.Printf("digest %x\n", digest.Sum(nil))
	}
	return err
}

// differs shows that the same data has other bits in other orders of merging, so that
// the test of algorithms can fail.
func differs(ctx context.Context, r *tp.Rank) error {
	sums := map[string]bool{}
	for seed := range uint64(10) {
		x := make([]float64, 37)
		for i := range x {
			for _, v := range terms(r.ID(), i) {
				x[i] += v
			}
		}
		if err := tp.AllReduce(ctx, r, reduce.Shuffled(seed), x); err != nil {
			return err
		}
		sums[fmt.Sprintf("%x", x)] = true
	}
	if len(sums) == 1 {
		return errors.New("plain sums have the same bits in any order: the data shows nothing")
	}
	if r.ID() == 0 {
		fmt.Printf("%d results of plain sums over 10 orders of merging\n", len(sums))
	}
	return nil
}

// garbage lets a rank hand on what is no state of the same fold.
func garbage(ctx context.Context, comm *Comm, w *tp.World) error {
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		return AllReduceBinned(ctx, r, comm, []reduce.Bins[float32]{reduce.NewBins[float32](2 + r.ID()%2)})
	})
}

// kill lets rank 1 die between collectives.
func kill(ctx context.Context, _ *Comm, w *tp.World) error {
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		for i := range 1000 {
			if r.ID() == 1 && i == 20 {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			if err := tp.AllReduce(ctx, r, reduce.Pairwise, make([]float64, 10000)); err != nil {
				return err
			}
		}
		return nil
	})
}

func stray(ctx context.Context, _ *Comm, w *tp.World) error {
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			return tp.Barrier(ctx, r)
		}
		return tp.AllReduce(ctx, r, reduce.Pairwise, make([]float64, 9))
	})
}

func missing(ctx context.Context, comm *Comm, w *tp.World) error {
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			return nil
		}
		return AllReduceExact(ctx, r, comm, make([]reduce.Superaccumulator, 3))
	})
}

// late lets rank 1 live and say nothing.
func late(ctx context.Context, _ *Comm, w *tp.World) error {
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		if r.ID() == 1 {
			time.Sleep(4 * time.Second)
		}
		return tp.Barrier(ctx, r)
	})
}

func facts(ctx context.Context, _ *Comm, w *tp.World) error {
	weights := "60303ae2"
	if w.ID() == 2 {
		weights = "0ff"
	}
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		return tp.Agree(ctx, r, tp.Fact{Name: "order", Value: "pairwise"}, tp.Fact{Name: "weights", Value: weights})
	})
}

// fails lets rank 1 fail before it begins.
func fails(ctx context.Context, _ *Comm, w *tp.World) error {
	if w.ID() == 1 {
		err := errors.New("no such folder")
		w.Fail(err)
		return err
	}
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error { return tp.Barrier(ctx, r) })
}
