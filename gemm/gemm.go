package gemm

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Options say how to evaluate a product.
type Options struct {
	Order   reduce.Order
	Growing bool // join leaves by the growing tree: for a K that grows with a sequence

	// Threads is the number of goroutines, at most: 0 means 1, and more than C has elements, or
	// than 4096, are not used. They never change the bits, except under Arrival. Helpers end 50 µs
	// after a product at the latest. On Linux one that starts on its caller's processor leaves it, by
	// a change of its thread's affinity that it takes back at once.
	Threads int

	Workspace *Workspace // scratch to use; nil for that of a pool
}

// mostThreads is the most goroutines of a product. There is scratch for each.
const mostThreads = 1 << 12

// within returns the options for a product of that shape, which has something to do for each goroutine.
func (o Options) within(rows, cols int) Options {
	o.Threads = min(o.Threads, mostThreads)
	if o.Order.Kind() != reduce.KindArrival { // which shares out leaves
		o.Threads = min(o.Threads, rows*cols)
	}
	return o
}

// Gemm sets C = alpha*op(A)*op(B) + beta*C, op(X) being X or, where its flag is
// set, the transpose of X. For each element, with s the sum over k of
// op(A)[i,k]*op(B)[k,j] in the given order,
//
//	C = RN(RN(alpha*s) + RN(beta*C))
//
// except that Exact rounds alpha*s + beta*C once from the exact values. With
// alpha = 0 or K = 0, A and B are not read and C = RN(beta*C); with beta = 0, C is
// not read. Zero multipliers are multiplied: 0*Inf is NaN.
//
// The bits of an element depend on its own row and column, alpha, beta and the
// order, and on nothing else: not on M, N, the leading dimensions, the
// transpositions or the threads (except under Arrival). It costs M*N*K fused
// multiply-adds, and in units of these 2 under Widened, 5 under Kahan, 8 under Neumaier, 10
// under DoubleDouble, and under Binned 10 in float32 and some 30 in float64. Exact costs a half more
// than Widened in float32 and what DoubleDouble does in float64, and some 50 for each element that this
// does not decide: a few in a million of random data. Zeros and ties are decided where rows and
// columns hold integers, numbers of 16 bits or others whose products are multiples of a number of
// which their sum is 2^53 at most (float64: some 2^100).
//
// The error of s is at most g(n) times the sum of |op(A)[i,k]*op(B)[k,j]|, with g(n)
// = n*u/(1-n*u), u the unit roundoff and n the roundings that a term passes (Higham,
// Accuracy and Stability, 3.1): K under Sequential and Shuffled, leaf + log2(K/leaf)
// + 1 under Pairwise. The other orders keep the bounds of reduce.Dot.
//
// It is an error if a shape is impossible, shapes do not match, C overlaps A or
// B (from the first element to the last), Threads is negative, the order does not
// apply to T, or it folds all terms and they are 2^32 or more.
func Gemm[T Float](o Options, transA, transB bool, alpha T, a, b Matrix[T], beta T, c Matrix[T]) error {
	if err := checkGemm(o, transA, transB, a, b, c); err != nil || c.empty() {
		return err
	}
	_, k := a.op(transA)
	if alpha == 0 || k == 0 {
		scale(beta, c)
		return nil
	}
	if err := checkChain(o.Order, k); err != nil {
		return err
	}
	place := Whole(k, o.Order)
	place.Growing = o.Growing
	multiplyOnce(o, finish[T]{alpha, beta}, place, leftOperand[T]{a, transA}, rightOperand[T]{b: b, trans: transB}, c)
	return nil
}

// productFrom sets c = a*b, a and b holding the terms from index first on of a
// contraction that grows. The terms before are absent in place: each term is in the
// leaf of its own index, a leaf holds those of its terms that there are, and a node
// that has none is passed over. A left fold folds the terms that there are; Shuffled
// in the order in which it would fold them all.
func productFrom[T Float](o Options, first int, a, b, c Matrix[T]) error {
	if err := checkGemm(o, false, false, a, b, c); err != nil {
		return err
	}
	if first < 0 {
		return fmt.Errorf("gemm: terms from index %d: want 0 or more", first)
	}
	if leaf := o.Order.Leaf(); first > math.MaxInt-leaf-a.Cols {
		return fmt.Errorf("gemm: %d terms from index %d in leaves of %d exceed the largest index", a.Cols, first, leaf)
	}
	if c.empty() {
		return nil
	}
	if a.Cols == 0 {
		scale(0, c)
		return nil
	}
	if err := checkChain(o.Order, a.Cols); err != nil {
		return err
	}
	place := Contraction{K: first + a.Cols, From: first, Leaf: o.Order.Leaf(), Growing: true}
	multiplyOnce(o, finish[T]{alpha: 1}, place, leftOperand[T]{Matrix: a}, rightOperand[T]{b: b}, c)
	return nil
}

func checkGemm[T Float](o Options, transA, transB bool, a, b, c Matrix[T]) error {
	if err := reduce.Check[T](o.Order); err != nil {
		return err
	}
	if o.Threads < 0 {
		return fmt.Errorf("gemm: %d threads: want 0 or more", o.Threads)
	}
	for _, m := range []struct {
		name string
		Matrix[T]
	}{{"A", a}, {"B", b}, {"C", c}} {
		if err := m.check(m.name); err != nil {
			return err
		}
	}
	m, k := a.op(transA)
	kb, n := b.op(transB)
	if k != kb || c.Rows != m || c.Cols != n {
		return fmt.Errorf("gemm: op(A) is %d x %d, op(B) is %d x %d and C is %d x %d: want M x K, K x N and M x N", m, k, kb, n, c.Rows, c.Cols)
	}
	if c.overlaps(a) || c.overlaps(b) {
		return fmt.Errorf("gemm: C (%d x %d) overlaps A or B in memory", m, n)
	}
	return nil
}

// multiply sets C from the product of a, whose rows are contiguous, and w.
func multiply[T Float](o Options, f finish[T], a Matrix[T], w *Weights[T], c Matrix[T]) {
	multiplyOnce(o, f, w.place, leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}, c)
}

// multiplyWeights sets C from the product of a, whose rows are contiguous, and w.
func multiplyWeights[T Float](o Options, f finish[T], a Matrix[T], w *Weights[T], c Matrix[T]) {
	switch o.Order.Kind() {
	case reduce.KindArrival:
		arrive(o, f, a, w, c)
	case reduce.KindShuffled:
		multiplyShuffled(o, f, 0, w.k, leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}, c)
	case reduce.KindPairwise:
		multiplyTiles(o, f, w.tree, a, w, c)
	case reduce.KindSequential:
		multiplyTiles(o, f, w.chain, a, w, c)
	default:
		multiplyExtended(o, f, w.place, leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}, c)
	}
}

// multiplyOperands sets C from operands as they lie, or from a and weights.
func multiplyOperands[T Float](o Options, f finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	o = o.within(c.Rows, c.Cols)
	if b.packed() {
		multiplyWeights(o, f, a.Matrix, b.w, c)
		return
	}
	if b.cols() == 1 && c.Stride == 1 {
		a, b, c = asRow(a, b, c)
	}
	switch o.Order.Kind() {
	case reduce.KindArrival:
		arrive(o, f, left(a.Matrix, a.trans), pack(o.Threads, b.b, b.trans, place, nil), c)
	case reduce.KindShuffled:
		multiplyShuffled(o, f, place.From, place.K, a, b, c)
	case reduce.KindPairwise, reduce.KindSequential:
		multiplyPacking(o, f, place, a, b, c)
	default:
		multiplyExtended(o, f, place, a, b, c)
	}
}

// multiplyPacking sets C from operands that are packed as they are used.
func multiplyPacking[T Float](o Options, f finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	t := tilesFrom[T, T](o.Workspace)
	defer t.release()
	t.compile(o.Order.Kind() == reduce.KindSequential, place, a.cols())
	t.a, t.b, t.c, t.finish = a, b, c, kernel.NewFinish(f.alpha, f.beta)
	t.run(o.Threads)
}

// multiplyTiles sets C from what the program makes of a and w.
func multiplyTiles[T Float](o Options, f finish[T], p program, a Matrix[T], w *Weights[T], c Matrix[T]) {
	t := tilesFrom[T, T](o.Workspace)
	defer t.release()
	t.program, t.a, t.b = p, leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}
	t.c, t.finish = c, kernel.NewFinish(f.alpha, f.beta)
	t.run(o.Threads)
}

// evaluateNodes hands the values of the program's nodes on.
func evaluateNodes[S, T Float](o Options, p program, a Matrix[T], w *Weights[T], put func(node, i, j int, values []S)) {
	evaluateOperands(o, p, leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}, put)
}

// evaluateRoot sets c to the values of the program's only node, as they are but for -0, which
// becomes +0, and NaN, which becomes canonical: what a sum with them is finished to is the same.
func evaluateRoot[T Float](o Options, p program, a Matrix[T], w *Weights[T], c Matrix[T]) {
	t := tilesFrom[T, T](o.Workspace)
	defer t.release()
	t.program, t.a, t.b = p, leftOperand[T]{Matrix: a}, rightOperand[T]{w: w}
	t.c, t.finish = c, kernel.NewFinish(T(1), 0)
	t.run(o.Threads)
}
