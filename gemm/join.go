package gemm

import (
	"fmt"
	"slices"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// join is Join, which compiled.go calls for each type.
func join[T Float](parts []*Partial[T], dst []T) error {
	present, err := checkParts(parts, len(dst))
	if err != nil {
		return err
	}
	if len(present) == 0 {
		clear(dst)
		return nil
	}
	first := present[0]
	switch first.order.Kind() {
	case reduce.KindPairwise, reduce.KindDoubleDouble:
		once := kernel.NewFinish(T(1), 0)
		return joinNodes(present, func(p *Partial[T]) []reduce.Node[T] { return p.nodes }, func(lo int, n reduce.Node[T]) {
			out := dst[lo:][:len(n.H)]
			if n.L == nil {
				once.Slice(out, n.H)
				return
			}
			for i, h := range n.H {
				out[i] = finish[T]{alpha: 1}.value(reduce.FinishPair(h, n.L[i]), 0)
			}
		})
	case reduce.KindWidened:
		return joinNodes(present, func(p *Partial[T]) []reduce.Node[float64] { return p.wide }, func(lo int, n reduce.Node[float64]) {
			for i, h := range n.H {
				dst[lo+i] = finish[T]{alpha: 1}.value(T(h), 0)
			}
		})
	case reduce.KindBinned:
		for i := range dst {
			sum := first.bins[i]
			for _, p := range present[1:] {
				sum.Merge(&p.bins[i])
			}
			dst[i] = finish[T]{alpha: 1}.value(sum.Round(), 0)
		}
		return nil
	case reduce.KindExact:
		for i := range dst {
			sum := first.exact[i]
			for _, p := range present[1:] {
				sum.Merge(&p.exact[i])
			}
			dst[i] = finish[T]{alpha: 1}.superaccumulator(&sum, 0)
		}
		return nil
	}
	values := make([]T, len(present))
	for i := range dst {
		for k, p := range present {
			values[k] = p.value[i]
		}
		dst[i] = foldValues(first.order, values)
	}
	return nil
}

// foldValues folds the values of the parts. Arrival takes them as they are given:
// the caller lists them as they came.
func foldValues[T Float](order reduce.Order, values []T) T {
	if order.Kind() == reduce.KindArrival {
		order = reduce.Sequential
	}
	return reduce.Sum(order, values)
}

// joinedAtOnce is how many elements are joined at a time: L1 holds what is computed of them.
const joinedAtOnce = 1024

// joinNodes pushes the nodes of all parts on one cover and passes its root on: those of some elements
// at a time, from lo on.
func joinNodes[S, T Float](parts []*Partial[T], nodes func(*Partial[T]) []reduce.Node[S], put func(lo int, root reduce.Node[S])) error {
	cover := reduce.NewCover[S](parts[0].place.tree())
	for lo, size := 0, parts[0].size; lo < size; lo += joinedAtOnce {
		cover.Reset()
		for _, p := range parts {
			for _, n := range nodes(p) {
				if err := cover.Push(sliceNode(n, lo, min(lo+joinedAtOnce, size))); err != nil {
					return err
				}
			}
		}
		root, err := cover.Root()
		if err != nil {
			return err
		}
		put(lo, root)
	}
	return nil
}

// checkParts returns the parts that have terms.
func checkParts[T Float](parts []*Partial[T], size int) ([]*Partial[T], error) {
	var present []*Partial[T]
	for i, p := range parts {
		if p == nil {
			return nil, fmt.Errorf("gemm: part %d of %d is nil", i, len(parts))
		}
		if first := parts[0]; p.order != first.order || p.size != size || !p.place.sameAs(first.place) {
			return nil, fmt.Errorf("gemm: part %d holds %s over %v in order %v: want %s, %v, %v",
				i, plural.Of(p.size, "element"), p.place, p.order, plural.Of(size, "element"), first.place, first.order)
		}
		if p.terms > 0 {
			present = append(present, p)
		}
	}
	return present, checkWhole(parts, present)
}

// checkWhole returns an error unless the parts follow each other from the first
// term to the last; those of Arrival in any order.
func checkWhole[T Float](parts, present []*Partial[T]) error {
	if len(parts) == 0 {
		return fmt.Errorf("gemm: 0 parts: want those of a whole contraction")
	}
	if parts[0].order.Kind() == reduce.KindArrival {
		present = slices.Clone(present)
		slices.SortFunc(present, func(p, q *Partial[T]) int { return p.place.From - q.place.From })
	}
	end, k := 0, parts[0].place.K
	for _, p := range present {
		if p.place.From != end {
			return fmt.Errorf("gemm: part [%d,%d) of a contraction over %s follows the first %d", p.place.From, p.place.From+p.terms, plural.Of(k, "term"), end)
		}
		end += p.terms
	}
	if end != k {
		return fmt.Errorf("gemm: the %d parts end at term %d of a contraction over %d: want all", len(parts), end, k)
	}
	return nil
}
