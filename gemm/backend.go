package gemm

import (
	"errors"
	"fmt"
	"math"

	"github.com/samebits/samebits/reduce"
)

// Backend multiplies for a model. Everything that a transformer computes with
// matrices goes through these methods, so that a model runs on another
// implementation, and a test can count what it does, without changing the model. A model also
// uses methods of Native beyond these where a Backend has them: PackRows, PackStoredRows,
// NewKeysValues, PartialTo and Threads. What wraps a Backend hides them by embedding this interface.
type Backend[T Float] interface {
	// Order is the order of the products, and that in which the model's other sums
	// and its ranks' partial products are to be combined.
	Order() reduce.Order

	// Pack prepares op(b), the rows [place.From, place.From+rows) of a contraction.
	Pack(b Matrix[T], trans bool, place Contraction) (Packed[T], error)

	// Mul sets c = a*w. The weights must hold their whole contraction.
	Mul(a Matrix[T], w Packed[T], c Matrix[T]) error

	// Partial returns the state of a*w, w holding a part of its contraction. Join
	// turns the states of all parts into what Mul would give.
	Partial(a Matrix[T], w Packed[T]) (*Partial[T], error)

	// Product sets c = alpha*a*op(b) for operands used once. Where growing is set,
	// the inner dimension is a sequence that grows, and an element's bits do not
	// depend on what follows its own terms.
	Product(alpha T, a, b Matrix[T], trans, growing bool, c Matrix[T]) error

	// ProductFrom sets c = a*b over an inner dimension that grows, whose terms before
	// index first are absent: a and b hold those from there on. Each term keeps its
	// place in the tree.
	ProductFrom(first int, a, b, c Matrix[T]) error
}

// Native is the Backend of this package: the orders of package reduce, on at most
// Threads goroutines (0 means 1). Threads never change the bits, except under
// Arrival.
type Native[T Float] struct {
	order     reduce.Order
	threads   int
	workspace *Workspace
}

// With returns the backend with that workspace: for one product at a time.
func (n Native[T]) With(w *Workspace) Native[T] {
	n.workspace = w
	return n
}

// NewNative returns the backend for that order. It is an error if the order does
// not apply to T or threads is negative.
func NewNative[T Float](order reduce.Order, threads int) (Native[T], error) {
	if threads < 0 {
		return Native[T]{}, fmt.Errorf("gemm: %d threads: want 0 or more", threads)
	}
	return Native[T]{order: order, threads: threads}, reduce.Check[T](order)
}

func (n Native[T]) options() Options {
	return Options{Order: n.order, Threads: n.threads, Workspace: n.workspace}
}

// optionsFor are the options for a product of so many rows with the weights: on one goroutine
// where others would come too late. Arrival keeps its goroutines: they are what it measures.
func (n Native[T]) optionsFor(rows int, w *Weights[T]) Options {
	o := n.options()
	work := uint64(w.k*w.n) * uint64(rows+rowWork) // more than an int of 32 bits holds
	if work < uint64(fewWork) && n.order.Kind() != reduce.KindArrival {
		o.Threads = 1
	}
	return o
}

// To bring a weight from memory takes as long as to multiply it by rowWork rows. While
// fewWork is done, which takes some 50 microseconds, another goroutine may begin to run.
const rowWork = 12

var fewWork = 1 << 21

// Order returns the order of the products.
func (n Native[T]) Order() reduce.Order { return n.order }

// Pack returns *Weights. It moves rows*columns numbers, on as many goroutines as products
// run on; for Shuffled into the order in which they are folded. It is an error if b is no matrix or its
// rows are not those that place has, cut between leaves.
func (n Native[T]) Pack(b Matrix[T], trans bool, place Contraction) (Packed[T], error) {
	if err := b.check("B"); err != nil {
		return nil, err
	}
	rows, _ := b.op(trans)
	if err := place.check(rows); err != nil {
		return nil, err
	}
	w := pack(n.threads, b, trans, place, permutation(n.order, rows))
	w.order = packing(n.order)
	return w, nil
}

// Mul evaluates the product of a and weights that hold their whole contraction. The
// leaf is that of the place the weights were packed for. Cost and bound are those of Gemm. It is an
// error if shapes do not match, c overlaps a, or the weights are nil, hold a part, or come from
// another backend or from one whose order takes the terms otherwise: Shuffled takes those that were
// packed for its own seed, and all other orders those that were packed for any of them.
func (n Native[T]) Mul(a Matrix[T], w Packed[T], c Matrix[T]) error {
	if err := c.check("C"); err != nil {
		return err
	}
	own, err := n.operand(a, w, c.Rows, c.Cols)
	if err != nil {
		return err
	}
	if err := checkComplete[T](w); err != nil {
		return err
	}
	if c.overlaps(a) {
		return fmt.Errorf("gemm: C (%d x %d) overlaps A in memory", c.Rows, c.Cols)
	}
	if c.empty() {
		return nil
	}
	if own.k == 0 {
		scale(0, c)
		return nil
	}
	multiply(n.optionsFor(a.Rows, own), finish[T]{alpha: 1}, a, own, c)
	return nil
}

// Partial evaluates the part of the product that the weights hold. Errors are those of Mul, but for
// weights that hold a part.
func (n Native[T]) Partial(a Matrix[T], w Packed[T]) (*Partial[T], error) {
	p := new(Partial[T])
	if err := n.PartialTo(p, a, w); err != nil {
		return nil, err
	}
	return p, nil
}

// PartialTo is Partial into p, whose memory it uses: nobody may read p, or a Slice of it, meanwhile.
// After an error p is as it was.
func (n Native[T]) PartialTo(p *Partial[T], a Matrix[T], w Packed[T]) error {
	if p == nil {
		return errors.New("gemm: no Partial: want one to compute into")
	}
	own, err := packedBy[Weights[T], T](w)
	if err != nil {
		return err
	}
	if own, err = n.operand(a, w, a.Rows, own.n); err != nil {
		return err
	}
	if own.n > 0 && a.Rows > math.MaxInt/own.n {
		return fmt.Errorf("gemm: partial of %d x %d: want no more than %d elements", a.Rows, own.n, math.MaxInt)
	}
	p.compute(n.optionsFor(a.Rows, own), a, own)
	return nil
}

// Product evaluates alpha*a*op(b). Cost, bound and errors are those of Gemm.
func (n Native[T]) Product(alpha T, a, b Matrix[T], trans, growing bool, c Matrix[T]) error {
	o := n.options()
	o.Growing = growing
	return Gemm(o, false, trans, alpha, a, b, 0, c)
}

// ProductFrom evaluates a*b over the terms from index first on. Cost, bound and errors are those of
// Gemm; a negative first is an error, too, and terms beyond the largest index. Shuffled permutes all
// terms, the absent ones included: it takes memory for as many integers.
func (n Native[T]) ProductFrom(first int, a, b, c Matrix[T]) error {
	return productFrom(n.options(), first, a, b, c)
}

// operand checks the operands of a product with packed weights.
func (n Native[T]) operand(a Matrix[T], w Packed[T], rows, cols int) (*Weights[T], error) {
	own, err := packedBy[Weights[T], T](w)
	if err != nil {
		return nil, err
	}
	if want := packing(n.order); own.order != want {
		return nil, fmt.Errorf("gemm: weights with their terms %s multiplied in order %v: want them %s", placeOf(own.order), n.order, placeOf(want))
	}
	if err := checkProduct(a, w, rows, cols); err != nil || rows == 0 || cols == 0 {
		return own, err
	}
	return own, checkChain(n.order, own.k)
}

// placeOf says where the terms of packed weights lie, by what packing returns.
func placeOf(packing reduce.Order) string {
	if packing.Kind() == reduce.KindShuffled {
		return fmt.Sprintf("permuted for %v", packing)
	}
	return "as they are"
}

// packedBy returns the weights as those of a backend, or an error if another packed them.
func packedBy[W any, T Float](w Packed[T]) (*W, error) {
	own, ok := any(w).(*W)
	switch {
	case w == nil || ok && own == nil:
		return nil, fmt.Errorf("gemm: no weights: want those that Pack returned")
	case !ok:
		return nil, fmt.Errorf("gemm: weights of type %T were packed by another backend", w)
	}
	return own, nil
}
