package main

import (
	"fmt"
	"strings"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/reduce"
)

// contender is an order to run the model in, or gonum's BLAS.
type contender struct {
	name  string
	order reduce.Order
	gonum bool
}

// parseContenders reads the list of flag --orders.
func parseContenders(list string, seed uint64) ([]contender, error) {
	var out []contender
	if list == "all" {
		for _, o := range reduce.Orders(seed) {
			out = append(out, contender{name: o.Kind().String(), order: o})
		}
		return append(out, contender{name: "gonum", gonum: true}), nil
	}
	for _, name := range strings.Split(list, ",") {
		if name = strings.TrimSpace(name); name == "gonum" {
			out = append(out, contender{name: name, gonum: true})
			continue
		}
		o, err := reduce.ParseOrder(name, seed)
		if err != nil {
			return nil, fmt.Errorf("--orders: %w, or gonum", err)
		}
		out = append(out, contender{name: name, order: o})
	}
	return out, nil
}

// applies tells whether the contender computes in that arithmetic.
func (c contender) applies(dtype string) bool {
	return dtype == "f32" || c.gonum || reduce.Check[float64](c.order) == nil
}

// promises are what the results of a contender may not depend on.
type promises struct {
	Runs    bool `json:"runs"`
	Threads bool `json:"threads"`
	TP      bool `json:"tp"`
}

func (c contender) promises() promises {
	scheduled := !c.gonum && c.order.Kind() != reduce.KindArrival
	return promises{Runs: scheduled, Threads: scheduled, TP: !c.gonum && c.order.CutInvariant()}
}

func (p promises) String() string {
	switch {
	case p.TP:
		return "runs, threads, TP"
	case p.Runs:
		return "runs, threads"
	}
	return "nothing"
}

// backend returns the contender's backend on that many threads.
func backend[T model.Float](c contender, threads int) (gemm.Backend[T], error) {
	if c.gonum {
		return gemm.Gonum[T]{}, nil
	}
	return gemm.NewNative[T](c.order, threads)
}
