package gemm

import (
	"math"
	"math/bits"
	"sync"

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
	a          Matrix[T]
	w          *Weights[T]
	rows, cols []float64 // norms
	d          float64
}

// multiplyExact sets C to the correctly rounded product.
func multiplyExact[T Float](o Options, f finish[T], a Matrix[T], w *Weights[T], c Matrix[T]) {
	buffer := takeFrom[float64](&normPool, a.Rows+w.panelCount()*w.tile.Cols)
	defer normPool.Put(buffer)
	z := certifier[T]{finish: f, a: a, w: w, rows: (*buffer)[:a.Rows], cols: (*buffer)[a.Rows:]}
	z.d = float64(w.place.Leaf + bits.Len(uint(w.place.leaves(w.k).Len())) + 1)
	z.measure(o.Threads)
	z.multiply(o.Threads, c)
}

// multiply sets C, given the norms.
func (z *certifier[T]) multiply(threads int, c Matrix[T]) {
	if kernel.Is64[T]() {
		t := folds[T]{fold: kernel.PairsFold, program: z.w.tree, a: z.a, w: z.w, put: func(_, i, j int, h, l []T) {
			z.pairs(i, j, h, l, c.Row(i)[j:])
		}}
		t.run(threads)
		return
	}
	t := tiles[float64, T]{program: z.w.tree, a: z.a, w: z.w, put: func(_, i, j int, values []float64) {
		z.wide(i, j, values, c.Row(i)[j:])
	}}
	t.run(threads)
}

// measure sets the norms: those of blocks of rows, then those of panels.
func (z *certifier[T]) measure(threads int) {
	const block = 64
	blocks := (z.a.Rows + block - 1) / block
	parallel.For(threads, blocks+z.w.panelCount(), func(part int) {
		if part >= blocks {
			z.measurePanel(part - blocks)
			return
		}
		for i := part * block; i < min((part+1)*block, z.a.Rows); i++ {
			row := z.a.Row(i)
			z.rows[i] = norm[T](kernel.Tree[float64](kernel.Product, nil, row, row), len(row))
		}
	})
}

func (z *certifier[T]) measurePanel(p int) {
	cols := z.cols[p*z.w.tile.Cols:][:z.w.tile.Cols]
	kernel.ColumnSquares(cols, z.w.panel(p), z.w.k, z.w.tile.Cols)
	for j, v := range cols {
		cols[j] = norm[T](v, z.w.k)
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
	scale := float64(float64(math.Abs(alpha)*(z.d+4))*(0x1p-53*(1+0x1p-16))) * z.rows[i]
	cols := z.cols[j:][:len(s)]
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
			c[k] = z.element(i, j+k, c[k])
		}
	}
}

// pairs certifies elements of float64 and puts them to c.
func (z *certifier[T]) pairs(i, j int, h, l, c []T) {
	scale := float64(float64(4*z.d*z.d)*0x1p-106) * z.rows[i]
	losses := float64(float64(z.w.k)*0x1p-1074) + 0x1p-1070
	for k := range h {
		s, t, bound := float64(h[k]), float64(l[k]), float64(scale*z.cols[j+k])+losses
		if z.alpha != 1 || z.beta != 0 {
			s, t, bound = z.affine(s, t, bound, float64(c[k]))
		}
		v, ok := kernel.RoundCertain[T](s, t, bound)
		if !ok {
			v = z.element(i, j+k, c[k])
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

// element evaluates an element exactly.
func (z *certifier[T]) element(i, j int, c T) T {
	y, stride := z.w.column(j)
	return z.exact(z.a.Row(i), y, stride, c)
}

// Norms and columns have pools of their own, as they are much smaller than the scratch of
// tiles.
var normPool, columnPool sync.Pool

// takeFrom returns n elements, of any value, from a pool of such.
func takeFrom[T Float](pool *sync.Pool, n int) *[]T {
	if s, ok := pool.Get().(*[]T); ok && cap(*s) >= n {
		*s = (*s)[:n]
		return s
	}
	s := make([]T, n)
	return &s
}
