package main

import (
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// engine holds the flags that say how a model is run once.
type engine struct {
	Order   string `default:"pairwise" help:"Order: ${enum}." enum:"sequential,pairwise,kahan,neumaier,double-double,widened,binned,exact,shuffled,arrival"`
	DType   string `name:"dtype" default:"f32" help:"Arithmetic: ${enum}." enum:"f32,f64"`
	TP      int    `name:"tp" default:"1" help:"Tensor-parallel size, 1 to the number of heads."`
	Threads int    `default:"2" help:"Goroutines that each rank multiplies with."`
}

// buildModel divides the weights among the ranks of the engine. The seed is that of
// the order shuffled.
func buildModel[T model.Float](e engine, in input, seed uint64, fault tp.Fault) (*model.Model[T], error) {
	if err := checkThreads(e.Threads); err != nil {
		return nil, err
	}
	order, err := reduce.ParseOrder(e.Order, seed)
	if err != nil {
		return nil, err
	}
	if heads := in.checkpoint.Config.Heads; e.TP < 1 || e.TP > heads {
		return nil, fmt.Errorf("--tp %d: want 1 to the number of heads, %d", e.TP, heads)
	}
	if fault != tp.NoFault && e.TP == 1 {
		return nil, fmt.Errorf("--fault %s: a fault of tensor parallelism needs --tp 2 or more", fault)
	}
	backend, err := gemm.NewNative[T](order, e.Threads)
	if err != nil {
		return nil, err
	}
	return model.New(in.checkpoint, model.Options[T]{Backend: backend, Ranks: e.TP, Fault: fault})
}
