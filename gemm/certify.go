package gemm

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
)

// A certified product. Each element is evaluated in more precision than T has, with a
// bound on its error; where all numbers within the bound round to one T, that is the
// correctly rounded element. The rest, a few in a million of random data, is evaluated
// exactly: see finish.exact. (The filters of Shewchuk, 1997, "Adaptive precision
// floating-point arithmetic", section 3.)
//
// With A = sum of |a[k]*b[k]|, d the most roundings that a term passes and u = 2^-53:
//
//   - Of float32 the sum s is Widened's tree, in float64, where products are exact and
//     nothing over- or underflows: |s - S| <= ((1+u)^d - 1) A, d being the steps of a leaf
//     and the levels of the tree (Higham, Accuracy and Stability, 3.1).
//   - Of float64 the sum h + l is DoubleDouble's tree, d being one more, for the product. The
//     errors of TwoProd and TwoSum are exact, those of one step or level at most
//     u(1+u)^d A together, so all of them E = d u(1+u)^d A, and each passes at most 2d
//     roundings on its way through l: |h + l - S| <= ((1+u)^(2d) - 1) E < 2.1 d² u² A.
//     Each product that underflows loses up to 2^-1074.
//
// A is bounded by the Euclidean norms of the row and of the column (Cauchy and Schwarz).
type certifier[T Float] struct {
	finish[T]
	program    program
	a          leftOperand[T]
	b          rightOperand[T]
	c          Matrix[T]
	rows, cols []float64 // norms; those of columns are of whole panels of weights
	d          float64
	lattices   lattices

	owner      *Workspace // which the scratch belongs to, or nil
	folds      *folds[T]  // of float64
	wideTile   func(i, j int, values []float64, width, rows, cols int)
	pairsOfRow func(node, i, j int, h, l []T)
	loop       *parallel.Loop // measures
	words      []uint64
	norms      []float64
	spare      vectors[T]
	left       []float64 // operands of float32, widened: see addProducts
	right      []float64
	stored     vectors[float32] // panels of weights on their way to there
}

// multiplyExact sets C to the correctly rounded product.
func multiplyExact[T Float](o Options, f finish[T], place Contraction, a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	z, owner := lend[T](o.Workspace, forExact, makeCertifier[T])
	z.owner = owner
	defer z.release()
	z.program, z.words = extendedProgram(z.words, o.Order, place, a.cols(), b)
	z.finish, z.a, z.b, z.c = f, a, b, c
	z.d = float64(place.Leaf + bits.Len(uint(place.leaves(a.cols()).Len())) + 1)
	z.measure(o.Threads)
	z.multiply(o)
}

func makeCertifier[T Float]() *certifier[T] {
	z := &certifier[T]{folds: makeFolds[T]()}
	z.wideTile, z.pairsOfRow = z.tile, z.pairs
	z.loop = parallel.NewLoop(z.measurePart)
	return z
}

func (z *certifier[T]) release() {
	z.finish, z.program, z.a, z.b, z.c = finish[T]{}, program{}, leftOperand[T]{}, rightOperand[T]{}, Matrix[T]{}
	z.folds.clear()
	owner := z.owner
	z.owner = nil
	takeBack[T](z, owner, forExact)
}

func (z *certifier[T]) bytes() int {
	return 8*(cap(z.norms)+cap(z.words)+cap(z.left)+cap(z.right)) + z.lattices.bytes() + z.spare.bytes() + z.stored.bytes() + z.folds.bytes()
}

// multiply sets C, given the norms.
func (z *certifier[T]) multiply(o Options) {
	if kernel.Is64[T]() {
		f := z.folds
		f.order, f.program, f.a, f.b, f.put = o.Order, z.program, z.a, z.b, z.pairsOfRow
		f.run(o.Threads)
		return
	}
	evaluateTiles(o, z.program, z.a, z.b, z.wideTile)
}

// tile certifies a tile of float32.
func (z *certifier[T]) tile(i, j int, values []float64, width, rows, cols int) {
	for r := range rows {
		z.wide(i+r, j, values[r*width:][:cols], z.c.Row(i + r)[j:])
	}
}

// measured is the number of rows or columns that a task measures.
const measured = 64

// measure sets the norms: those of blocks of rows, then those of blocks of columns.
func (z *certifier[T]) measure(threads int) {
	m, n := z.a.rows(), z.b.cols()
	if z.b.packed() {
		n = z.b.w.panelCount() * z.b.w.tile.Cols
	}
	grow(&z.norms, m+n)
	z.rows, z.cols = z.norms[:m], z.norms[m:]
	z.lattices.reset(m, n)
	z.spare.prepare(threads, z.vectorSize())
	z.loop.Run(threads, ceil(m, measured)+ceil(n, measured))
}

// vectorSize is that of a row and a column, or of a panel of weights that is to be widened.
func (z *certifier[T]) vectorSize() int {
	if w := z.b.w; w != nil && w.stored != kernel.Working {
		return w.k * max(2, w.tile.Cols)
	}
	return 2 * z.a.cols()
}

func (z *certifier[T]) measurePart(_, part int) {
	rows := ceil(len(z.rows), measured)
	if part < rows {
		i := part * measured
		measureRows(z.rows[i:min(i+measured, len(z.rows))], z.a.Matrix, z.a.trans, i)
		return
	}
	j := (part - rows) * measured
	cols := z.cols[j:min(j+measured, len(z.cols))]
	if z.b.packed() {
		z.measureWeights(cols, j)
	} else {
		measureRows(cols, z.b.b, !z.b.trans, j)
	}
}

// measureRows sets the norms of the rows of x from i on, or of its columns.
func measureRows[T Float](norms []float64, x Matrix[T], columns bool, i int) {
	if columns {
		kernel.ColumnSquares(norms, x.Data[i:], x.Rows, x.Stride)
	}
	for r := range norms {
		if !columns {
			row := x.Row(i + r)
			norms[r] = kernel.Tree[float64](kernel.Product, nil, row, row)
		}
	}
	n := x.Cols
	if columns {
		n = x.Rows
	}
	setNorms[T](norms, n)
}

// measureWeights sets the norms of columns of weights from the j-th on, padding included.
func (z *certifier[T]) measureWeights(norms []float64, j int) {
	w := z.b.w
	v := z.spare.take()
	defer v.give()
	for len(norms) > 0 {
		at := j % w.tile.Cols
		n := min(len(norms), w.tile.Cols-at)
		kernel.ColumnSquares(norms[:n], w.panel(j/w.tile.Cols, v.data)[at:], w.k, w.tile.Cols)
		setNorms[T](norms[:n], w.k)
		norms, j = norms[n:], j+n
	}
}

func setNorms[T Float](squares []float64, n int) {
	for i, v := range squares {
		squares[i] = norm[T](v, n)
	}
}

// norm returns a bound of the norm of n numbers of which v is the sum of squares: less
// than the exact one by a factor of 1 - (n+1)u, above 1 - 2^-20 for any n that memory
// holds. In float64 squares may underflow: each loses 2^-1074 at most.
func norm[T Float](v float64, n int) float64 {
	v = float64(v * (1 + 0x1p-20))
	if kernel.Is64[T]() {
		v += float64(float64(n) * 0x1p-1074)
	}
	return float64(math.Sqrt(v) * (1 + 0x1p-50))
}

// wide certifies elements of float32 and puts them to c. With S = s + e the value is
// alpha*s + beta*c: alpha*e is |alpha| d u A, the product, the sum and then the ends of the
// interval are rounded, 3 u |alpha| A, and 2 u |beta*c|, beta*c itself being exact. The
// factor before A is larger by 1 and by 1 part in 2^16, for the roundings of the bound
// itself. Whatever is infinite or NaN leaves no interval.
func (z *certifier[T]) wide(i, j int, s []float64, c []T) {
	alpha, beta := float64(z.alpha), float64(z.beta)
	scale := float64(float64(float64(math.Abs(alpha)*(z.d+4))*(0x1p-53*(1+0x1p-16))) * z.rows[i])
	cols := z.cols[j:][:len(s)]
	if beta == 0 && kernel.Certify(c[:len(s)], s, cols, alpha, scale) {
		return
	}
	for k, v := range s {
		bound := float64(scale * cols[k])
		v = float64(alpha * v)
		if beta != 0 {
			addend := float64(beta * float64(c[k]))
			v += addend
			bound += float64(math.Abs(addend) * 0x1p-51)
		}
		switch lower, upper := T(v-bound), T(v+bound); {
		case lower == upper && lower != 0:
			c[k] = lower
		case bound == 0: // all products are zero, and so is beta*c
			c[k] = 0
		default:
			c[k] = z.undecided(i, j+k, s[k], 0, c[k])
		}
	}
}

// pairs certifies elements of float64 and puts them to c.
func (z *certifier[T]) pairs(_, i, j int, h, l []T) {
	c := z.c.Row(i)[j:]
	scale := float64(float64(float64(4*z.d*z.d)*0x1p-106) * z.rows[i])
	losses := float64(float64(z.a.cols())*0x1p-1074) + 0x1p-1070
	for k := range h {
		s, t, bound := float64(h[k]), float64(l[k]), float64(scale*z.cols[j+k])+losses
		if z.alpha != 1 || z.beta != 0 {
			s, t, bound = z.affine(s, t, bound, float64(c[k]))
		}
		v, ok := kernel.RoundCertain[T](s, t, bound)
		if !ok {
			v = z.undecided(i, j+k, float64(h[k]), float64(l[k]), c[k])
		}
		c[k] = v
	}
}

// affine returns alpha*(h + l) + beta*c and a bound of its error. The products and the sum of
// their high parts are exact but for underflow, 2^-1074 each; what is rounded are alpha*l
// and the sum of the four low parts: four roundings, u each of no more than their
// magnitudes together.
func (z *certifier[T]) affine(h, l, bound, c float64) (s, t, b float64) {
	alpha, beta := float64(z.alpha), float64(z.beta)
	p, q := kernel.TwoProd(alpha, h)
	var r, w float64
	if beta != 0 {
		r, w = kernel.TwoProd(beta, c)
	}
	s, e := kernel.TwoSum(p, r)
	low := float64(alpha * l)
	t = ((q + w) + e) + low
	magnitudes := math.Abs(q) + math.Abs(w) + math.Abs(e) + math.Abs(low)
	b = float64(math.Abs(alpha)*bound*(1+0x1p-50)) + float64(magnitudes*0x1p-50) + 0x1p-1070
	return s, t, b
}

// undecided evaluates an element that is not certain: from its sum h + l, if that is exact, or
// else exactly.
func (z *certifier[T]) undecided(i, j int, h, l float64, c T) T {
	if z.isExact(i, j) {
		if v, ok := z.finish.ofExpansion(expansion{h, l, 0}, c); ok {
			return v
		}
	}
	v := z.spare.take()
	defer v.give()
	x, y := v.rowAndColumn(z.a, i, z.b, j)
	return z.exact(x, y, c)
}
