package gemm

import (
	"math"
	"math/bits"
	"sync/atomic"

	"github.com/samebits/samebits/internal/kernel"
)

// A sum of terms that are multiples of a number g, on a lattice, is exact as long as it is at most
// 2^53 g. That decides ties and zeros, of which no bound is certain: data such as integers,
// halves, zeros or numbers of 16 bits are full of them. If g[i] is the largest power of two of which
// all numbers of row i of op(A) are multiples, and h[j] that of column j of op(B), all products are
// multiples of g = g[i]h[j], and so are the errors of rounded products and sums. With A, d
// and u as in certifier:
//
//   - Of float32 no partial sum exceeds A in magnitude: if A <= 2^53 g, all are exact.
//   - Of float64 h + l, all low parts being multiples of g that add up to d u(1+u)^d A at most, is exact if
//     that is at most 2^53 g, and products do not underflow: g >= 2^-1074.
//
// lattices holds the exponents of g[i] and h[j]. They are looked up when they are first
// asked for, by whole blocks.
type lattices struct {
	all        []int32
	rows, cols []int32 // exponent + latticeBias, or 0 where not known
}

const (
	latticeBias = 4096
	noLattice   = -2000 // of numbers that are not finite
	allZero     = 1100  // of zeros alone
	latticeRows = 16    // that are looked up together: one line of a cache
)

// reset forgets all, of m rows and n columns.
func (l *lattices) reset(m, n int) {
	clear(grow(&l.all, m+n))
	l.rows, l.cols = l.all[:m], l.all[m:]
}

func (l *lattices) bytes() int { return 4 * cap(l.all) }

// isExact tells whether the sum of an element, as certifier has it, is certain to be exact.
func (z *certifier[T]) isExact(i, j int) bool {
	g := z.rowLattice(i) + z.colLattice(j)
	a := float64(z.rows[i] * z.cols[j]) // rounded: norms are larger than what they bound by 2^-21 or more
	most := 53
	if kernel.Is64[T]() {
		if g < -1074 || a > 0x1p1000 {
			return false
		}
		a, most = float64(a*(z.d*(1+0x1p-10))), 106
	}
	return a <= math.Ldexp(1, min(g+most, 1023))
}

func (z *certifier[T]) rowLattice(i int) int {
	if e := atomic.LoadInt32(&z.lattices.rows[i]); e != 0 {
		return int(e) - latticeBias
	}
	first := i - i%latticeRows
	lookUp(z.lattices.rows[first:min(first+latticeRows, len(z.rows))], z.a.Matrix, z.a.trans, first)
	return int(atomic.LoadInt32(&z.lattices.rows[i])) - latticeBias
}

func (z *certifier[T]) colLattice(j int) int {
	if e := atomic.LoadInt32(&z.lattices.cols[j]); e != 0 {
		return int(e) - latticeBias
	}
	if w := z.b.w; w != nil {
		v, cols := z.spare.take(), w.tile.Cols
		defer v.give()
		first := j - j%cols
		lookUp(z.lattices.cols[first:][:cols], Dense(w.k, cols, w.panel(j/cols, v.data)), true, 0)
	} else {
		first := j - j%latticeRows
		lookUp(z.lattices.cols[first:min(first+latticeRows, len(z.cols))], z.b.b, !z.b.trans, first)
	}
	return int(atomic.LoadInt32(&z.lattices.cols[j])) - latticeBias
}

// lookUp sets the lattices of the rows of x from i on, or of its columns. Goroutines that look
// up the same find the same.
func lookUp[T Float](dst []int32, x Matrix[T], columns bool, i int) {
	var least [64]int
	e := least[:len(dst)]
	for r := range e {
		e[r] = allZero
	}
	if columns {
		for k := range x.Rows {
			for r, v := range x.Data[k*x.Stride+i:][:len(dst)] {
				e[r] = min(e[r], lastPlace(v))
			}
		}
	} else {
		for r := range e {
			for _, v := range x.Row(i + r) {
				e[r] = min(e[r], lastPlace(v))
			}
		}
	}
	for r, v := range e {
		atomic.StoreInt32(&dst[r], int32(v+latticeBias))
	}
}

// lastPlace is the exponent of the largest power of two of which x is a multiple.
func lastPlace[T Float](x T) int {
	if x == 0 {
		return allZero
	}
	b := math.Float64bits(float64(x))
	e, fraction := int(b>>52&0x7ff), b&(1<<52-1)
	switch e {
	case 0x7ff:
		return noLattice
	case 0:
		e = 1
	default:
		fraction |= 1 << 52
	}
	return e - 1075 + bits.TrailingZeros64(fraction)
}
