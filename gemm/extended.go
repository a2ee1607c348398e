package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// multiplyExtended sets C in such an order.
func multiplyExtended[T Float](o Options, f finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	switch o.Order.Kind() {
	case reduce.KindWidened:
		multiplyWide(o, f, place, a, b, c)
	case reduce.KindExact:
		multiplyExact(o, f, place, a, b, c)
	default:
		multiplyFolds(o, f, place, a, b, c)
	}
}

// extendedProgram returns the program of the whole contraction: that of packed weights, or a
// new one, and the words to use for the next.
func extendedProgram[T Float](words []uint64, order reduce.Order, place Contraction, terms int, b rightOperand[T]) (program, []uint64) {
	fold := order.Kind() == reduce.KindKahan || order.Kind() == reduce.KindNeumaier
	switch {
	case fold && b.packed():
		return b.w.chain, words
	case b.packed():
		return b.w.tree, words
	}
	p := program{}
	if fold {
		p = compileChain(words[:0], terms)
	} else {
		p = compileRoot(words[:0], place, terms)
	}
	return p, p.words
}

// multiplyWide evaluates the tree in float64.
func multiplyWide[T Float](o Options, f finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	t := tilesFrom[float64, T](o.Workspace)
	defer t.release()
	if b.packed() {
		t.program = b.w.tree
	} else {
		t.compile(false, place, a.cols())
	}
	t.a, t.b = a, b
	t.narrow, t.narrowed = kernel.NewFinish(f.alpha, f.beta), c
	t.run(o.Threads)
}

// evaluateTiles hands the values of the program's root on, of whole tiles: so many rows from i
// on and columns from j on.
func evaluateTiles[S, T Float](o Options, p program, a leftOperand[T], b rightOperand[T], whole func(i, j int, values []S, width, rows, cols int)) {
	t := tilesFrom[S, T](o.Workspace)
	defer t.release()
	t.program, t.a, t.b, t.whole = p, a, b, whole
	t.run(o.Threads)
}

// evaluateOperands hands the values of the program's nodes on.
func evaluateOperands[S, T Float](o Options, p program, a leftOperand[T], b rightOperand[T], put func(node, i, j int, values []S)) {
	t := tilesFrom[S, T](o.Workspace)
	defer t.release()
	t.program, t.a, t.b, t.put = p, a, b, put
	t.run(o.Threads)
}
