package reduce

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

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
	ends   []int // of the pieces of a share, in sixteenths of it
	grid   int   // cuts are at multiples of it, so that few nodes of the tree are cut
	way    way
	runs   [][]*Accumulator[T] // of each goroutine, by states
	sums   []quick             // of each goroutine, in the other ways
	failed atomic.Bool         // one of them is not enough
	unit   int                 // of the grid: 2^unit
}

// way is how the pieces of a shared sum are summed. What one goroutine sums faster than by adding to a state, several do, too.
type way uint8

const (
	byStates   way = iota // each run is a state
	certifying            // exact sums: see certify
	onGrid                // binned sums of float32: see binnedOnGrid
)

// quick is what a goroutine has summed without a state.
type quick struct {
	any       bool
	certified certified
	grid      int128
	larger    uint64    // the bits of a term for which the grid is too low
	_         [8]uint64 // the rest of a cache line, at least
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
	v, ok := s.quickly(order, t, threads)
	if !ok {
		s.run(byStates, order, t, threads)
		v = s.finish()
	}
	s.t = terms[T]{} // what is kept for the next sum keeps nothing of this one
	poolOfSharings[T]().Put(s)
	return v
}

// run sums all pieces in that way.
func (s *sharing[T]) run(w way, order Order, t terms[T], threads int) {
	s.way = w
	s.loop.RunApart(threads, s.begin(order, t, threads), 0)
}

// quickly returns the sum if it is found without states. It tries where Sum does.
func (s *sharing[T]) quickly(order Order, t terms[T], threads int) (T, bool) {
	switch {
	case kernel.Active() == kernel.Portable:
	case order.kind == KindExact && !tiny(t.x[0]) && !cutFaster(t.x, t.y):
		s.run(certifying, order, t, threads)
		return s.certain()
	case order.kind == KindBinned && !kernel.Is64[T]():
		if len(t.x) < kernel.OnGridSooner(order.Fold()) {
			break
		}
		x, y := kernel.As[float32](t.x), kernel.As[float32](t.y)
		most := kernel.Largest(t.kindInT(), x[:gridShown], y)
		for tries := gridTries; tries > 0 && most > 0 && most < 0xff<<23; tries-- {
			s.unit = kernel.SingleGrid(order.Fold(), most)
			s.run(onGrid, order, t, threads)
			var sum int128
			most = 0
			for i := range s.sums {
				sum.addLong(s.sums[i].grid)
				most = max(most, s.sums[i].larger)
			}
			if !s.failed.Load() {
				return T(sum.roundSingle(s.unit)), sum != int128{}
			}
		}
	}
	return 0, false
}

// certain returns the exact sum, rounded once, if the certificates of the pieces are enough, as certify does.
func (s *sharing[T]) certain() (T, bool) {
	if s.failed.Load() {
		return 0, false
	}
	var all quick
	for i := range s.sums {
		if q := &s.sums[i]; q.any {
			all.certify(q.certified)
		}
	}
	c := all.certified
	if v, ok := kernel.RoundCertain[T](c.s, c.t, float64(c.error*(1+0x1p-20))); ok {
		return v, true
	}
	if kernel.Is64[T]() || s.t.kind() != kernel.Plain || !kernel.IsFinite(c.s+c.t) {
		return 0, false
	}
	return T(c.s + c.t), lossless(0, c.most, 0, s.t.x)
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
	s.sums = slices.Grow(s.sums[:0], threads)[:threads]
	clear(s.sums)
	s.failed.Store(false)
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
	if lo == hi { // of a share that is hardly longer than the grid
		return
	}
	if s.way != byStates {
		if !s.failed.Load() && !s.quickPart(&s.sums[worker], s.t.slice(lo, hi)) {
			s.failed.Store(true)
		}
		return
	}
	runs := &s.runs[worker]
	if last := len(*runs) - 1; last < 0 || (*runs)[last].end != lo {
		a := newAccumulator[T](s.order, lo)
		a.reserve()
		*runs = append(*runs, a)
	}
	(*runs)[len(*runs)-1].add(s.t.slice(lo, hi))
}

// quickPart adds terms to q. It returns false where it cannot.
func (s *sharing[T]) quickPart(q *quick, t terms[T]) bool {
	if s.way == onGrid {
		sum, larger, ok := sumOnGrid(s.order.Fold(), s.unit, t.kindInT(), kernel.As[float32](t.x), kernel.As[float32](t.y))
		q.grid.addLong(sum)
		q.larger = max(q.larger, larger)
		return ok
	}
	block := certifiedBlock
	if t.y != nil {
		block /= 2
	}
	n := min(len(t.x), block)
	c, _, ok := certifyFirst(t.kind(), t.x[:n], t.y, false)
	if ok && n < len(t.x) {
		c, ok = certifyOthers(c, t.kind(), n, t.x, t.y)
	}
	q.certify(c)
	return ok
}

// certify adds the sum of other terms.
func (q *quick) certify(c certified) {
	if q.any {
		c = q.certified.join(c)
	}
	q.certified, q.any = c, true
}

// finish merges the runs in order.
func (s *sharing[T]) finish() T {
	all := slices.Concat(s.runs...)
	slices.SortFunc(all, func(a, b *Accumulator[T]) int { return cmp.Compare(a.start, b.start) })
	for i, runs := range s.runs {
		clear(runs)
		s.runs[i] = runs[:0]
	}
	for _, next := range all[1:] {
		if err := all[0].Merge(next); err != nil {
			panic(err) // the runs are adjacent by construction
		}
	}
	return all[0].mustSum()
}
