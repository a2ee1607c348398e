package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// engine holds the flags that say how a model is run once.
type engine struct {
	Order   string `default:"pairwise" help:"Order: ${enum}." enum:"sequential,pairwise,kahan,neumaier,double-double,widened,binned,exact,shuffled,arrival"`
	DType   string `name:"dtype" default:"f32" help:"Arithmetic: ${enum}." enum:"f32,f64"`
	TP      string `name:"tp" default:"1" help:"Tensor-parallel size, 1 to the number of heads; mpi: the ranks of mpirun."`
	Threads int    `default:"2" help:"Goroutines that each rank multiplies with."`

	world *tp.World // of --tp mpi, or nil
}

// onRanks runs f or, with --tp mpi, runs it as one of the ranks that mpirun started: all
// of them do the same, and rank 0 alone writes.
func (e *engine) onRanks(ctx context.Context, s streams, f func(ctx context.Context, s streams) error) error {
	if e.TP != mpiWord {
		return f(ctx, s)
	}
	r, err := openRanks(ctx, tp.DefaultDeadline)
	if err != nil {
		return fmt.Errorf("--tp %s: %w", e.TP, err)
	}
	e.world = r.World
	if !e.writes() {
		s.out = io.Discard
	}
	return r.close(f(ctx, s))
}

// writes tells whether this process is the one that writes.
func (e *engine) writes() bool { return e.world == nil || e.world.ID() == 0 }

// size returns the tensor-parallel size, for a model of so many heads.
func (e *engine) size(heads int) (int, error) {
	if e.world != nil {
		return e.world.Size(), nil // which model.New checks
	}
	n, err := strconv.Atoi(e.TP)
	if err != nil || n < 1 || n > heads {
		return 0, fmt.Errorf("--tp %s: want 1 to the number of heads, %d, or mpi", e.TP, heads)
	}
	return n, nil
}

// buildModel divides the weights among the ranks of the engine. The seed is that of
// the order shuffled.
func buildModel[T model.Float](e *engine, in input, seed uint64, fault tp.Fault) (*model.Model[T], error) {
	if err := checkThreads(e.Threads); err != nil {
		return nil, err
	}
	order, err := reduce.ParseOrder(e.Order, seed)
	if err != nil {
		return nil, err
	}
	ranks, err := e.size(in.checkpoint.Config.Heads)
	if err != nil {
		return nil, err
	}
	if fault != tp.NoFault && ranks == 1 {
		return nil, fmt.Errorf("--fault %s: a fault of tensor parallelism needs --tp 2 or more", fault)
	}
	backend, err := gemm.NewNative[T](order, e.Threads)
	if err != nil {
		return nil, err
	}
	return model.New(in.checkpoint, model.Options[T]{Backend: backend, Ranks: ranks, Fault: fault, World: e.world})
}
