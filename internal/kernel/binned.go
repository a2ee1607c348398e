package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// SingleGrid returns the exponent of the lowest grid of a binned sum of float32 in that fold, given
// the bits of the largest magnitude of its terms, which is finite: see reduce.Bins. The slices of
// a term all together are its rounding to that grid, and it is less than 2^51 units of that.
func SingleGrid(fold int, largest uint64) int {
	const width, precision, smallest = 13, 24, -149
	e := int((max(largest, 1) - 1) >> (precision - 1))
	top := max((e+precision-1)/width, fold-1)
	return width*(top-fold+1) + smallest
}

// MaxOnGrid is the number of terms that SumOnGrid takes: sums of so many, of 2^38 units, are of 63 bits.
const MaxOnGrid = 1 << 22

// SumOnGrid returns the sum of up to MaxOnGrid terms of float32, each rounded to the nearest multiple of 2^exponent, ties to even,
// in such units. They are read once, in vectors of float32. SingleGrid's exponent is right for all: SumOnGrid returns false where it is too low for the largest of them, whose bits
// it returns then, or those of another for which it is; and where there are no kernels, in fold 4, where that grid has no anchor, and of no terms, with 0 for the bits. Terms are
// Plain or RoundedProduct. If apart is not 0, there are Places times as many, which are read in so many places, that many terms from one to the next.
func SumOnGrid(fold, exponent int, of Terms, x, y []float32, apart int) (sum int64, most uint64, ok bool) {
	if fold > 3 || exponent+gridStep+24 > 127 || active == Portable || len(x) == 0 {
		return 0, 0, false
	}
	if apart > 0 && (len(x) != Places*apart || 4*apart%stretchBytes != 0) {
		panic(fmt.Sprintf("kernel: %d terms in places %d apart", len(x), apart))
	}
	if active < AVX2 {
		return cutOnGrid(fold, exponent, of, x, y)
	}
	if sum, ok = sumOnGrid(fold, exponent, of, x, y, apart); !ok {
		if most = Largest(of, x, y); SingleGrid(fold, most) == exponent {
			most = 0 // it is not for that
		}
	}
	return sum, most, ok
}

// OnGridSooner is the number of terms from which it pays in that fold to try SumOnGrid, 128 at least, on the grid that a few of them show.
func OnGridSooner(fold int) int {
	switch {
	case fold > 3 || active == Portable:
		return math.MaxInt // it takes none
	case active < AVX2:
		return 2048
	}
	return 192
}

// gridStep is how far the unit of the upper bin of cutOnGrid is above the grid.
const gridStep = 16

// cutOnGrid is SumOnGrid by Cut: a term is less than 2^38 units, and is cut into a multiple of 2^16 units, of at most 2^22, and what that leaves, of at most
// 2^15; of 256 terms a lane, sums are less than 2^31.
func cutOnGrid(fold, exponent int, of Terms, x, y []float32) (sum int64, most uint64, ok bool) {
	if of == RoundedProduct {
		of = Product // in float32 that is
	}
	g := NewGrid(Dropped, true, exponent+gridStep, exponent)
	block := 2 * vectorWords[active] * 256
	var s Slices
	for len(x) > 0 {
		n := min(len(x), block)
		if !Cut(&s, &g, of, x[:n], y) {
			return 0, 0, false
		}
		if s.Most >= 0xff<<23 || SingleGrid(fold, s.Most) > exponent {
			return 0, s.Most, false
		}
		sum += s.Sum[0]<<gridStep + s.Sum[1]
		if x = x[n:]; y != nil {
			y = y[n:]
		}
	}
	return sum, 0, true
}

// MaxFewOnGrid is the number of terms that SumFewOnGrid takes.
const MaxFewOnGrid = 256

// SumFewOnGrid returns the binned sum of 1 to MaxFewOnGrid terms of float32, Plain or RoundedProduct: each rounded to the grid that their largest has in that fold, and
// their sum, of less than 2^60 units, rounded once. It returns false where that is zero, where a term is not finite, and where there is no kernel.
func SumFewOnGrid(fold int, of Terms, x, y []float32) (v float32, ok bool) {
	p, q := unsafe.SliceData(x), unsafe.SliceData(y)
	switch {
	case active < AVX2:
		return 0, false
	case active == AVX2 && of == Plain:
		return fewOnGridSumF32AVX2(p, q, len(x), fold)
	case active == AVX2:
		return fewOnGridDotRoundedF32AVX2(p, q, len(x), fold)
	case of == Plain:
		return fewOnGridSumF32AVX512(p, q, len(x), fold)
	}
	return fewOnGridDotRoundedF32AVX512(p, q, len(x), fold)
}

// sumOnGrid is SumOnGrid with AVX-512 and AVX2. With J the top of the grid of 2^exponent = q, and W = 13, no term is to be more than q(J+1)/2 = 2^(W fold - 1) q.
// The unit U of the upper anchor M = 1.5 * 2^23 U is 2^(W fold - 23) q, so that such terms are at most 2^22 U: M + x is in the binade of M then, but for +2^22 U and
// what rounds to that, and it is not if a term is more, as below that binade numbers are closer. With h the multiple of U that is
// nearest to x, |h| <= 2^22 U, and m = 1.5 * 2^23 q, a multiple of U of at most 2^21 U, M + m and m - h are multiples of U of at most 2^24 U: exact. An upper
// bin of 256 terms is at most 2^30 U, the lower one, of at most 2^15 q each, 2^23 q.
func sumOnGrid(fold, exponent int, of Terms, x, y []float32, apart int) (sum int64, ok bool) {
	const significand, bias, half, width = 23, 127, 1 << 22, 13
	step := width*fold - significand
	lower := uint64(exponent+significand+bias)<<significand | half
	upper := lower + uint64(step)<<significand
	p, q := unsafe.SliceData(x), unsafe.SliceData(y)
	left := uint64(0)
	if bytes := 4 * apart; apart > 0 {
		switch {
		case active == AVX2 && of == Plain:
			sum, left = onGridApartSumF32AVX2(p, q, bytes, upper, lower, step)
		case of == Plain:
			sum, left = onGridApartSumF32AVX512(p, q, bytes, upper, lower, step)
		case active == AVX2:
			sum, left = onGridApartDotRoundedF32AVX2(p, q, bytes, upper, lower, step)
		default:
			sum, left = onGridApartDotRoundedF32AVX512(p, q, bytes, upper, lower, step)
		}
		return sum, left == 0
	}
	switch {
	case active == AVX2 && of == Plain:
		sum, left = onGridSumF32AVX2(p, q, len(x), upper, lower, step)
	case active == AVX2:
		sum, left = onGridDotRoundedF32AVX2(p, q, len(x), upper, lower, step)
	case of == Plain:
		sum, left = onGridSumF32AVX512(p, q, len(x), upper, lower, step)
	default:
		sum, left = onGridDotRoundedF32AVX512(p, q, len(x), upper, lower, step)
	}
	return sum, left == 0
}

// RoundSingle returns n units of 2^exponent, one of SingleGrid's, rounded once to float32: to 24
// bits, and then by the exponent, which is exact but where it overflows, for subnormal numbers
// are multiples of all units. (On 386, Go converts by way of float64, which rounds twice.) Of a
// large number the lowest 12 bits, if they are not all 0, become one of half their range:
// that is on the same side of every float32 and of every middle of two, and a float64.
func RoundSingle(n int64, exponent int) float32 {
	const low = 1<<12 - 1
	if (n < -1<<53 || n > 1<<53) && n&low != 0 {
		n = n&^low | 1<<11
	}
	unit := math.Float64frombits(uint64(exponent+1023) << 52)
	return float32(float64(float32(float64(n))) * unit)
}

// upperUnit is the unit of the upper anchors of a BinnedTile, as a power of two of the grid's.
const upperUnit = 19

// binnedTerms is the number of terms that its kernel sums at a time: 2^19 units, which a term has at
// most, of so many are less than 2^31. binnedSize is the largest size of a FoldTile of float32.
const (
	binnedTerms = 1 << 11
	binnedSize  = 6 * 32
)

// BinnedTile sums the products of a tile of the active backend's FoldTile in bins: each product
// rounded to float32 and to the grid of its element, which the largest of them decides (see
// SingleGrid), ties to even.
//
// RN(p), the rounding of p to the unit u of the grid, takes two additions in float32. h = RN'(p) is
// its rounding to 2^19 u, |p| being 2^38 u at most in fold 3: (p + M) - M, M = 1.5 * 2^23 * 2^19 u. It
// is an even multiple of u, so RN(p) = h + RN(p - h). p - h is exact, being a multiple of p's last
// place and not larger than p; and at most 2^18 u. p + M and M being positive, the bits of
// p + M, less those of M, are the multiple h; likewise for p - h.
type BinnedTile struct {
	anchors   [2 * binnedSize]float32 // M of all elements, then 1.5 * 2^23 u
	words     [2 * binnedSize]uint32  // sums of bits
	most      [binnedSize]uint32      // bits of the largest magnitudes
	sums      [binnedSize]int64       // in units
	exponents [binnedSize]int         // of the units
}

// HasBinnedTile tells whether there are anchors for that fold.
func HasBinnedTile(fold int) bool { return fold == 2 || fold == 3 }

// Sum sums n >= 1 terms in that fold, of factors as those of Micro: a and b hold no more.
func (s *BinnedTile) Sum(fold int, a, b []float32) {
	t := FoldTile[float32]()
	s.largest(t, a, b)
	s.setGrids(fold, t.Size())
	clear(s.sums[:t.Size()])
	for len(a) > 0 {
		n := min(len(a)/t.Rows, binnedTerms)
		s.add(t, a[:n*t.Rows], b[:n*t.Cols])
		a, b = a[n*t.Rows:], b[n*t.Cols:]
	}
}

// Value returns the sum of the i-th element, row by row, rounded once. It returns false where a
// product is not finite, or so large that M overflows.
func (s *BinnedTile) Value(i int) (v float32, ok bool) {
	e := s.exponents[i]
	return RoundSingle(s.sums[i], e), e <= largestUnit
}

// largestUnit is the exponent of the largest u for which M is a number, tooLarge of none.
const (
	largestUnit = 127 - 23 - upperUnit
	tooLarge    = largestUnit + 1
)

// largest sets most, in bits without their signs: a NaN is larger than all else.
func (s *BinnedTile) largest(t Tile, a, b []float32) {
	n, most := len(a)/t.Rows, s.most[:t.Size()]
	_ = b[n*t.Cols-1]
	if active != Portable {
		tileLargest(&most[0], &a[0], &b[0], n)
		return
	}
	clear(most)
	for k := range n {
		x, y := a[k*t.Rows:][:t.Rows], b[k*t.Cols:][:t.Cols]
		for i := range most {
			p := float32(x[i/t.Cols] * y[i%t.Cols])
			most[i] = max(most[i], math.Float32bits(p)&math.MaxInt32)
		}
	}
}

// setGrids sets the units and the anchors of the elements whose terms are not too large.
func (s *BinnedTile) setGrids(fold, size int) {
	const significand, bias, half, infinity = 23, 127, 1 << 22, 0xff << 23
	for i := range size {
		e := tooLarge
		if s.most[i] < infinity {
			e = min(e, SingleGrid(fold, uint64(s.most[i])))
		}
		s.exponents[i] = e
		e = min(e, largestUnit)
		s.anchors[i] = math.Float32frombits(uint32(e+upperUnit+significand+bias)<<significand | half)
		s.anchors[size+i] = math.Float32frombits(uint32(e+significand+bias)<<significand | half)
	}
}

// add adds binnedTerms terms at most.
func (s *BinnedTile) add(t Tile, a, b []float32) {
	n, size := len(a)/t.Rows, t.Size()
	if active == Portable {
		s.addPortable(t, a, b)
		return
	}
	tileRounded(&s.words[0], &a[0], &b[0], n, &s.anchors[0])
	upper, lower := s.words[:size], s.words[size:2*size]
	for i := range s.sums[:size] {
		h := int32(upper[i] - uint32(n)*math.Float32bits(s.anchors[i]))
		l := int32(lower[i] - uint32(n)*math.Float32bits(s.anchors[size+i]))
		s.sums[i] += int64(h)<<upperUnit + int64(l)
	}
}

// addPortable rounds by one addition, in float64.
func (s *BinnedTile) addPortable(t Tile, a, b []float32) {
	for i := range t.Size() {
		anchor, sum := Anchor(s.exponents[i]), s.sums[i]
		for k := range len(a) / t.Rows {
			p := float32(a[k*t.Rows+i/t.Cols] * b[k*t.Cols+i%t.Cols])
			sum += int64(math.Float64bits(float64(p)+anchor) - math.Float64bits(anchor))
		}
		s.sums[i] = sum
	}
}
