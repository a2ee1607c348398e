package gemm

import (
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// shuffled is the operands of a product in the order Shuffled: copies whose terms lie in
// the order in which they are folded. It keeps their memory for the next product.
type shuffled[T Float] struct {
	owner   *Workspace // which it belongs to, or nil
	terms   []int      // in the order in which they are folded
	rows    []T        // of op(A)
	weights Weights[T] // op(B)
	b       rightOperand[T]
	loop    *parallel.Loop // packs op(B)
}

func makeShuffled[T Float]() *shuffled[T] {
	s := &shuffled[T]{}
	s.loop = parallel.NewLoop(func(_, p int) { s.weights.packPanel(p, s.b.b, s.b.trans, s.terms) })
	return s
}

func (s *shuffled[T]) bytes() int {
	w := &s.weights
	return 8*(cap(s.terms)+cap(w.chain.words)+cap(w.tree.words)) + (cap(s.rows)+cap(w.panels))*sizeOf[T]()
}

func (s *shuffled[T]) release() {
	s.b = rightOperand[T]{}
	owner := s.owner
	s.owner = nil
	takeBack[T](s, owner, forShuffled)
}

// multiplyShuffled sets C from a chain over the terms of a and b, which are those from index first on of
// so many that are permuted. Weights are packed in that order.
func multiplyShuffled[T Float](o Options, f finish[T], first, of int, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	s, owner := lend[T](o.Workspace, forShuffled, makeShuffled[T])
	s.owner = owner
	defer s.release()
	s.permute(o.Order.Seed(), first, of)
	w := b.w
	if w == nil {
		s.b = b
		w = &s.weights
		w.place = Whole(of, o.Order)
		w.place.From = first
		w.shape(b.b.op(b.trans))
		grow(&w.panels, w.panelCount()*w.tile.Cols*w.k)
		s.loop.Run(packThreads(o.Threads, len(w.panels)), w.panelCount())
	}
	multiplyTiles(o, f, w.chain, s.left(a), w, c)
}

// permute lists the terms.
func (s *shuffled[T]) permute(seed uint64, first, of int) {
	s.terms = reduce.AppendPermutation(s.terms[:0], seed, of)
	present := s.terms[:0]
	for _, k := range s.terms {
		if k >= first {
			present = append(present, k-first)
		}
	}
	s.terms = present
}

// left copies op(A).
func (s *shuffled[T]) left(a leftOperand[T]) Matrix[T] {
	m, k := a.rows(), a.cols()
	out := Dense(m, k, grow(&s.rows, m*k))
	byRow, byTerm := a.Stride, 1
	if a.trans {
		byRow, byTerm = 1, a.Stride
	}
	for i := range m {
		row := out.Row(i)
		for at, from := range s.terms {
			row[at] = a.Data[i*byRow+from*byTerm]
		}
	}
	return out
}
