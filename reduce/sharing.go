package reduce

import (
	"cmp"
	"slices"
	"sync"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
)

// sharing is a sum on several goroutines. Each begins with a contiguous share of the terms, piece by piece, and
// then takes pieces that are left of others' shares, as a goroutine that is woken to help may come as late as the
// sum takes. Pieces that a goroutine takes one after the other are one run. Where the cuts are, and who takes which
// piece, cannot matter to the bits.
type sharing[T Float] struct {
	loop   *parallel.Loop
	order  Order
	t      terms[T]
	shares int
	ends   []int               // of the pieces of a share, in sixteenths of it
	grid   int                 // cuts are at multiples of it, so that few nodes of the tree are cut
	runs   [][]*Accumulator[T] // of each goroutine
}

// A share is cut in halves of what is left of it, so that the last pieces are small and there are few, or not at all.
var halving, undivided = []int{8, 12, 14, 15, 16}, []int{16}

var sharings [2]sync.Pool // by T

func poolOfSharings[T Float]() *sync.Pool {
	if kernel.Is64[T]() {
		return &sharings[1]
	}
	return &sharings[0]
}

func newSharing[T Float]() *sharing[T] {
	if s, ok := poolOfSharings[T]().Get().(*sharing[T]); ok {
		return s
	}
	s := &sharing[T]{}
	s.loop = parallel.NewLoop(s.part)
	return s
}

// parallelSum sums the terms on so many goroutines.
func parallelSum[T Float](order Order, t terms[T], threads int) T {
	s := newSharing[T]()
	s.loop.RunApart(threads, s.begin(order, t, threads), 0)
	v := s.finish()
	poolOfSharings[T]().Put(s)
	return v
}

// begin cuts the terms and returns the number of pieces.
func (s *sharing[T]) begin(order Order, t terms[T], threads int) int {
	s.order, s.t, s.shares = order, t, threads
	s.ends = undivided
	if len(t.x)/threads >= 2*grain {
		s.ends = halving
	}
	s.grid = Lanes[T]()
	for s.grid*128 <= len(t.x)/threads {
		s.grid *= 2
	}
	s.runs = slices.Grow(s.runs[:0], threads)[:threads]
	return s.shares * len(s.ends)
}

// cut returns where a piece begins.
func (s *sharing[T]) cut(part int) int {
	share, k := part/len(s.ends), part%len(s.ends)
	if share == s.shares {
		return len(s.t.x)
	}
	at, end := parallel.Cut(len(s.t.x), s.shares, share)
	if k > 0 {
		at += (end - at) / 16 * s.ends[k-1]
	}
	return at - at%s.grid
}

// part sums a piece.
func (s *sharing[T]) part(worker, part int) {
	lo, hi := s.cut(part), s.cut(part+1)
	runs := &s.runs[worker]
	if last := len(*runs) - 1; last < 0 || (*runs)[last].end != lo {
		a := newAccumulator[T](s.order, lo)
		a.reserve()
		*runs = append(*runs, a)
	}
	(*runs)[len(*runs)-1].add(s.t.slice(lo, hi))
}

// finish merges the runs in order.
func (s *sharing[T]) finish() T {
	all := slices.Concat(s.runs...)
	slices.SortFunc(all, func(a, b *Accumulator[T]) int { return cmp.Compare(a.start, b.start) })
	for i, runs := range s.runs { // what is kept for the next sum keeps nothing of this one
		clear(runs)
		s.runs[i] = runs[:0]
	}
	s.t = terms[T]{}
	for _, next := range all[1:] {
		if err := all[0].Merge(next); err != nil {
			panic(err) // the runs are adjacent by construction
		}
	}
	return all[0].mustSum()
}
