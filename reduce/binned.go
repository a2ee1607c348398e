package reduce

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// The binned sum. Numbers are cut at the grids q(k) = 2^(W*k) times the smallest
// subnormal, k = 0, 1, ..., into slices
//
//	s(k, x) = RN(k, x) - RN(k+1, x)
//
// where RN(k, x) is the multiple of q(k) nearest to x, ties to even multiples. A
// slice is a multiple of q(k), and |s(k, x)| <= q(k+1)/2, since the ends of what
// rounds to RN(k+1, x) are multiples of q(k) themselves. The top J is the least
// index, K-1 or more, with |x| <= q(J+1)/2 for every finite term, so that RN(J+1, x)
// = 0. Bin k, for the K (the fold) indices from J down to J-K+1, is the exact integer
// sum of s(k, x)/q(k) over all terms. The result is the sum of all bins, rounded once.
//
// Why neither order nor cuts matter: a slice depends on its term alone, J on the
// largest magnitude alone, and integers add in any order. When a larger term raises
// J, the bins that fall out at the bottom are those that are not to be kept for the
// new J; those that stay hold the same slices; and the bins that are new at the top
// are zero, RN(k, x) being 0 for all earlier terms and every k above the old J.
//
// Slices telescope: all together, a term counts as RN(J-K+1, x). So it loses nothing
// if J = K-1, since q(0) is the smallest subnormal. Otherwise some |x| > q(J)/2, and a
// term loses at most q(J-K+1)/2 = 2^(-W*(K-1)) * q(J)/2 < 2^(-W*(K-1)) * max|x|. That
// is the bound of Demmel, Ahrens and Nguyen, 2016, "Efficient reproducible floating
// point summation and BLAS" (UCB/EECS-2016-121), whose slices depend on the running
// sum in the last place.

const (
	// DefaultFold is the number of bins where an Order does not say another.
	DefaultFold = 3
	minFold     = 2
	maxFold     = 4
)

// binWidth returns W, the bits from one grid to the next: 40 for float64, 13 for
// float32. These are the widths of ReproBLAS.
func binWidth[T Float]() int {
	if kernel.Is64[T]() {
		return 40
	}
	return 13
}

// maxTop returns the top of the largest finite number.
func maxTop[T Float]() int {
	if kernel.Is64[T]() {
		return 52
	}
	return 21
}

// Bins is the state of a binned sum. It depends on the terms and their multiplicity,
// and neither on their order nor on how they were added and merged. It takes up to
// 2^63 - 1 terms: a bin grows by at most 2^39 with each, and has 127 bits. Infinities
// and NaN are counted aside. NewBins makes one; the zero Bins takes no terms. It is not safe for
// concurrent use.
type Bins[T Float] struct {
	bin                 [maxFold]int128 // those of top, top-1, ...; zero from fold on
	top, fold           int
	count               int64 // terms
	notNeg0             int64 // terms that are not -0
	posInf, negInf, nan int64
}

// NewBins returns the empty sum of that fold. It panics unless 2 <= fold <= 4.
func NewBins[T Float](fold int) Bins[T] {
	checkFold(fold)
	return Bins[T]{top: fold - 1, fold: fold}
}

func checkFold(fold int) {
	if fold < minFold || fold > maxFold {
		panicFold(fold)
	}
}

// panicFold is apart so that checkFold is inlined.
func panicFold(fold int) {
	panic(fmt.Sprintf("reduce: fold of %s: want %d to %d", plural.Of(fold, "bin"), minFold, maxFold))
}

// Count returns the number of terms.
func (b *Bins[T]) Count() int64 { return b.count }

// Fold returns the number of bins.
func (b *Bins[T]) Fold() int { return b.fold }

// The terms that are sliced at once: few enough for sums of slices in 63 bits, and for
// buffers on the stack. It cannot matter to the bits.
const (
	binBlock     = 1024
	productBlock = 256
)

// mustHold panics if n more terms are too many.
func (b *Bins[T]) mustHold(n int64) {
	if n > math.MaxInt64-b.count {
		tooMany(n, "a binned", b.count)
	}
}

// Add adds terms. It panics if b is the zero Bins, or if they are too many.
func (b *Bins[T]) Add(x []T) {
	checkFold(b.fold)
	b.mustHold(int64(len(x)))
	b.add(terms[T]{x: x})
}

// AddProducts adds the terms x[i]*y[i*stride], each rounded to T. It panics if stride
// is not positive, y is too short, b is the zero Bins or they are too many.
func (b *Bins[T]) AddProducts(x, y []T, stride int) {
	checkFold(b.fold)
	if stride < 1 || !stretches(len(x), len(y), stride) {
		panic(fmt.Sprintf("reduce: products of %s and %d with stride %d", plural.Of(len(x), "element"), len(y), stride))
	}
	b.mustHold(int64(len(x)))
	addProducts(b, x, y, stride)
}

// multiplyTerms adds the terms x[i]*y[i*stride]: those of a dot product, or products block by block.
func multiplyTerms[T Float](b *Bins[T], x, y []T, stride int) {
	if stride == 1 {
		addTerms(b, terms[T]{x: x, y: y[:len(x)]})
		return
	}
	for len(x) > 0 {
		n := min(len(x), productBlock)
		multiplyBlock(b, x[:n], y, stride)
		if x = x[n:]; len(x) > 0 {
			y = y[n*stride:]
		}
	}
}

// addTerms adds the terms of a sum or a dot product: by blocks that kernels cut, and in Go
// where they do not.
func addTerms[T Float](b *Bins[T], t terms[T]) {
	if len(t.x) < cutMin {
		addInGo(b, t)
		return
	}
	c := binCutter[T]{b: b}
	r := readCut(t)
	for lo, hi, apart, ok := r.next(); ok; lo, hi, apart, ok = r.next() {
		if apart > 0 {
			r.done(c.add(t.slice(lo, hi), apart))
		} else {
			c.addAll(t.slice(lo, hi))
		}
	}
}

// addAll adds the terms by blocks.
func (c *binCutter[T]) addAll(t terms[T]) {
	for len(t.x) > 0 {
		n := min(len(t.x), cutBlock[T]())
		if block := t.slice(0, n); n < cutMin || !c.add(block, 0) {
			addInGo(c.b, block)
		}
		t = t.slice(n, len(t.x))
	}
}

// cutBlock is the number of terms that kernels cut at once.
func cutBlock[T Float]() int {
	if kernel.Is64[T]() {
		return kernel.MaxSliced
	}
	return kernel.MaxSlicedSingle
}

// addInGo is addTerms without kernels.
func addInGo[T Float](b *Bins[T], t terms[T]) {
	for len(t.x) > 0 {
		var n int
		if t.y == nil {
			n = min(len(t.x), binBlock)
			addBlock(b, t.x[:n])
		} else {
			n = min(len(t.x), productBlock)
			multiplyBlock(b, t.x[:n], t.y, 1)
		}
		t = t.slice(n, len(t.x))
	}
}

// multiplyBlock adds at most productBlock products.
func multiplyBlock[T Float](b *Bins[T], x, y []T, stride int) {
	var buffer [productBlock]T
	for i, v := range x {
		buffer[i] = T(v * y[i*stride])
	}
	addBlock(b, buffer[:len(x)])
}

// addBlock adds at most binBlock terms.
func addBlock[T Float](b *Bins[T], x []T) {
	largest, zeros := magnitude(x)
	neg0 := int64(0)
	if zeros {
		largest, neg0 = magnitudeBesideZeros(x)
	}
	if largest >= kernel.Bits(T(math.Inf(1))) {
		addSpecialBlock(b, x)
		return
	}
	b.raise(topOf[T](largest))
	n := slicesOf(b, x)
	b.addBins(b.top, n[:b.fold], len(x))
	b.notNeg0 -= neg0
}

// topOf returns the least J with |x| <= q(J+1)/2 for the finite |x| of that
// representation, or an index below the tops of all folds. With e the exponent field
// of the next smaller number and p the precision, the least power of two that is |x|
// or more is 2^(e+p-1) * q(0) (for e = 0 it may be one below). It is to be at most
// q(J+1)/2 = 2^(W*(J+1)-1) * q(0), so J = ceil((e+p)/W) - 1. For e = 0 that is 1.
func topOf[T Float](largest uint64) int {
	precision := 24
	if kernel.Is64[T]() {
		precision = 53
	}
	e := int((max(largest, 1) - 1) >> (precision - 1))
	return (e + precision - 1) / binWidth[T]()
}

// addSpecialBlock adds a block in which not all terms are finite.
//
//go:noinline
func addSpecialBlock[T Float](b *Bins[T], x []T) {
	var finite [binBlock]T
	n := 0
	for _, v := range x {
		switch {
		case kernel.IsFinite(v):
			finite[n] = v
			n++
			continue
		case v != v:
			b.nan++
		case v > 0:
			b.posInf++
		default:
			b.negInf++
		}
		b.count++
		b.notNeg0++
	}
	addBlock(b, finite[:n])
}

// raise makes top the index of the highest bin, unless that is higher already.
func (b *Bins[T]) raise(top int) {
	up := top - b.top
	if up <= 0 {
		return
	}
	for i := b.fold - 1; i >= 0; i-- {
		if i < up {
			b.bin[i] = int128{}
		} else {
			b.bin[i] = b.bin[i-up]
		}
	}
	b.top = top
}

// addBins adds the sums n of the slices of as many terms, none of them -0, for the
// bins top, top-1, ..., fold of them or more. The top is at least that of the largest of
// the terms, and not more than that and that of the state.
func (b *Bins[T]) addBins(top int, n []int64, terms int) {
	b.raise(top)
	b.count += int64(terms)
	b.notNeg0 += int64(terms)
	for i, v := range n[:min(len(n), max(0, b.fold-(b.top-top)))] {
		b.bin[i+b.top-top].add(v)
	}
}

// Merge adds the terms of c, which it leaves as it was. It panics if the folds differ, c is nil
// or the terms are more than 2^63 - 1.
func (b *Bins[T]) Merge(c *Bins[T]) {
	if c == nil {
		panic(fmt.Sprintf("reduce: nil merged with bins of fold %d", b.fold))
	}
	if b.fold != c.fold {
		panic(fmt.Sprintf("reduce: bins of fold %d and %d do not merge", b.fold, c.fold))
	}
	b.mustHold(c.count)
	b.raise(c.top)
	down := b.top - c.top
	for i := down; i < b.fold; i++ {
		b.bin[i].addLong(c.bin[i-down])
	}
	b.count += c.count
	b.notNeg0 += c.notNeg0
	b.posInf += c.posInf
	b.negInf += c.negInf
	b.nan += c.nan
}

// Round returns the value of the sum: of all bins, rounded once. Infinities and NaN
// among the terms decide it as they do an exact sum's, and only -0 gives -0.
func (b *Bins[T]) Round() T {
	switch {
	case b.nan > 0 || b.posInf > 0 && b.negInf > 0:
		return kernel.NaN[T]()
	case b.posInf > 0:
		return T(math.Inf(1))
	case b.negInf > 0:
		return T(math.Inf(-1))
	}
	var sum int256
	for i := range b.fold {
		sum.shift(uint(binWidth[T]()))
		sum.add(b.bin[i])
	}
	word, e, negative := sum.leading()
	if word == 0 {
		if b.count > 0 && b.notNeg0 == 0 {
			return T(math.Copysign(0, -1))
		}
		return 0
	}
	return roundWord[T](word, e+gridExponent[T](b.top-b.fold+1), negative)
}

// gridExponent returns the exponent of q(k).
func gridExponent[T Float](k int) int {
	if kernel.Is64[T]() {
		return binWidth[T]()*k - 1074
	}
	return binWidth[T]()*k - 149
}
