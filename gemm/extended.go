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

// row returns row i of op(A): as it lies, or copied to the buffer.
func (l leftOperand[T]) row(i int, buffer []T) []T {
	if !l.trans {
		return l.Row(i)
	}
	for k := range buffer {
		buffer[k] = l.Data[k*l.Stride+i]
	}
	return buffer
}

// column copies column j of op(B).
func (r rightOperand[T]) column(j int, dst []T) {
	switch {
	case r.w != nil:
		for k := range dst {
			dst[k] = r.w.at(k, j)
		}
	case r.trans:
		copy(dst, r.b.Row(j))
	default:
		for k := range dst {
			dst[k] = r.b.Data[k*r.b.Stride+j]
		}
	}
}

// panel returns all terms of the p-th panel of so many columns: as they were packed, or in
// the buffer.
func (r rightOperand[T]) panel(cols, p int, buffer []T) []T {
	w, k := r.w, len(buffer)/cols
	switch {
	case w == nil:
		packRows(buffer, cols, r.b, !r.trans, p*cols, min(cols, r.cols()-p*cols), 0, k)
	case w.tile.Cols == cols:
		return w.panel(p, buffer)
	default:
		clear(buffer)
		for j := p * cols; j < min((p+1)*cols, w.n); j++ {
			for t := range k {
				buffer[t*cols+j-p*cols] = w.at(t, j)
			}
		}
	}
	return buffer
}

// widenRows is kernel.Gather into float64, by blocks of terms that stay in a cache.
func widenRows[T Float](dst []float64, width int, x []T, stride, rows, n int) {
	var buffer [64 * 32]T // zeros, and so are lanes without a row
	step := len(buffer) / width
	for k := 0; k < n; k += step {
		m := min(step, n-k)
		kernel.Gather(buffer[:m*width], width, x[k:], stride, rows, m)
		kernel.WidenColumns(dst[k*width:(k+m)*width], buffer[:m*width], width, width)
	}
}
