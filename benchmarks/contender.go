package benchmarks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/samebits/samebits/benchmarks/plain"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/floats"
)

// Op is what a contender computes.
type Op string

// The operations. Sum takes one vector; the other one is nil.
const (
	Sum Op = "sum"
	Dot Op = "dot"
)

// Bytes returns how many bytes of memory a term of the operation is read from.
func Bytes[T reduce.Float](op Op) int {
	size := 4
	if kernel.Is64[T]() {
		size = 8
	}
	if op == Dot {
		size *= 2
	}
	return size
}

// TypeName returns f32 or f64.
func TypeName[T reduce.Float]() string {
	if kernel.Is64[T]() {
		return "f64"
	}
	return "f32"
}

// Contender is one way to sum or to form a dot product.
type Contender[T reduce.Float] struct {
	Name string
	// Repeat computes the same result so many times, at least once, and returns the
	// last. A contender in another language repeats there, so that crossing over
	// costs once.
	Repeat func(x, y []T, times int) T
}

// sum returns the contender for a function in Go that sums.
func sum[T reduce.Float](name string, f func(x []T) T) Contender[T] {
	return Contender[T]{name, func(x, _ []T, times int) (last T) {
		for range times {
			last = f(x)
		}
		return last
	}}
}

// dot returns the contender for a function in Go that forms a dot product.
func dot[T reduce.Float](name string, f func(x, y []T) T) Contender[T] {
	return Contender[T]{name, func(x, y []T, times int) (last T) {
		for range times {
			last = f(x, y)
		}
		return last
	}}
}

// Contenders returns every order that applies to T, on that many goroutines, and on
// one the plain loop and what gonum has for the operation.
func Contenders[T reduce.Float](op Op, seed uint64, threads int) []Contender[T] {
	var all []Contender[T]
	for _, o := range reduce.Orders(seed) {
		name := o.Kind().String()
		switch {
		case reduce.Check[T](o) != nil:
		case op == Dot:
			all = append(all, dot(name, func(x, y []T) T { return reduce.DotParallel(o, x, y, threads) }))
		default:
			all = append(all, sum(name, func(x []T) T { return reduce.SumParallel(o, x, threads) }))
		}
	}
	if op == Dot {
		all = append(all, dot("plain", plain.Dot[T]))
	} else {
		all = append(all, sum("plain", plain.Sum[T]))
	}
	return append(all, gonum[T](op)...)
}

// gonum returns gonum's contenders. It has no sum of float32.
func gonum[T reduce.Float](op Op) []Contender[T] {
	var all any
	switch {
	case kernel.Is64[T]() && op == Dot:
		all = []Contender[float64]{dot("gonum", floats.Dot)}
	case kernel.Is64[T]():
		all = []Contender[float64]{sum("gonum", floats.Sum), sum("gonum-compensated", floats.SumCompensated)}
	case op == Dot:
		all = []Contender[float32]{dot("gonum", func(x, y []float32) float32 {
			return blas32.Dot(blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
		})}
	default:
		return nil
	}
	return all.([]Contender[T])
}

// Select returns the contenders of a list of names with commas between them, each
// once and in the order of all, or all for the name "all". An unknown or an empty
// name is an error that says what there is.
func Select[T reduce.Float](all []Contender[T], list string) ([]Contender[T], error) {
	if list == "all" {
		return all, nil
	}
	var names, wanted []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("unknown contender %q: want some of %s", name, strings.Join(names, ", "))
		}
		wanted = append(wanted, name)
	}
	return slices.DeleteFunc(slices.Clone(all), func(c Contender[T]) bool { return !slices.Contains(wanted, c.Name) }), nil
}
