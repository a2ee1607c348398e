package reduce

import (
	"math"
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// A certified sum is a sum s + t in more precision than T with a bound on its error that
// leaves one rounding to T only: that is the correctly rounded sum, for the cost of reading
// the terms twice. Where the bound leaves two, the sum is in the middle of two numbers of
// T or near it, or nearly all cancels, and exact arithmetic must decide (the filters of
// Shewchuk, 1997, "Adaptive precision floating-point arithmetic", section 3; Ziv, 1991).
//
// The largest magnitude of a block is below some 2^E. Of its n terms a lane of 16 has r at most, no more than
// 2^k, and the terms are split at the unit q = 2^(E-51+k), as Rump, Ogita and Oishi do ("Accurate floating-point
// summation, part I", 2008, section 3): multiples of q that are nearest to them are summed exactly, as integers of
// at most 2^51 in a lane, and what these leave, at most q/2 a term, plainly. What an exact product leaves is rounded,
// and may be more by the error of the product as it is rounded, 2^-53 2^E, which is less than q/8. With u = 2^-53,
// 5/8 u n q is lost so at most, and the sum of magnitudes of what is left is at most A = 5/8 n q; it
// passes D = n/16 + 5 additions at most (n/16 in a lane, rounded up to a row, and 4 that join
// them), so that they lose at most ((1+u)^D - 1) A < 1.01 D u A. The integers become s, and
// a rest of at most 2^8 q, which is added to the sum of what is left, too: for another
// u (2^8 q + (1+u)^D A). A product may lose 2^-1074 where what it leaves underflows.
//
// Of float32 s is the sum in float64, in 32 lanes, and t = 0. A lane of r terms has sums of at most 2 2^E, 3 2^E, ... r 2^E, so that it loses
// u (r+1) r/2 2^E at most, and the 5 levels that join the lanes u 32 r 2^E each: together 1.01 u 16 r (r + 11) 2^E. The largest is
// seen in the same pass.
type certified struct {
	s, t  float64 // the sum
	error float64 // bounds its distance from the sum of the terms
	most  float64 // at least the largest magnitude
} // four fields: of more, Go keeps none in a register

// Few terms are summed faster one by one. certifiedBlock is the number of terms that are
// looked at before they are summed (of products, half of it): few enough to stay in L1 meanwhile, and
// for integers of 63 bits.
const (
	certifiedMin   = 32
	certifiedBlock = 1 << 12
	laneBits       = 51  // of what is split
	maxSplit       = 970 // of units: their lanes are less than 2^1024
)

// certify returns the exact sum of the terms, rounded once, if it is certain, or if fold is
// not 0 the binned sum of that fold, if it is certain to be the same. It returns false
// otherwise, and where something overflows or is no number. Terms are as in
// kernel.SplitTerms. (They come as slices, since a copy of a terms takes as long as dozens.)
func certify[T Float](fold int, of kernel.Terms, x, y []T) (T, bool) {
	n := len(x)
	if n < certifiedMin {
		return 0, false
	}
	if fold > 0 && n <= kernel.MaxCertain { // exact sums of so few have been tried
		v, state := kernel.SumCertain(of, x, y, spreadOf(fold, n))
		if state == kernel.Rounded || state == kernel.NotRounded && of != kernel.Plain {
			return v, state == kernel.Rounded
		}
	}
	block := certifiedBlock
	if y != nil {
		block /= 2
	}
	c, least, ok := certifyFirst(of, x[:min(n, block)], y, n <= block)
	if ok && n > block {
		c, ok = certifyOthers(c, of, block, x, y)
	}
	if !ok {
		return 0, false
	}
	bound := float64(c.error * (1 + 0x1p-20))
	bound += float64(spreadOf(fold, n) * c.most)
	if v, ok := kernel.RoundCertain[T](c.s, c.t, bound); ok {
		return v, true
	}
	if of != kernel.Plain || !kernel.IsFinite(c.s+c.t) {
		return 0, false
	}
	return T(c.s + c.t), lossless(fold, c.most, least, x)
}

// certifyOthers adds to c the sums of all blocks but the first. Those of several streams are not certified again where they are refused, but their terms side by side.
func certifyOthers[T Float](c certified, of kernel.Terms, block int, x, y []T) (certified, bool) {
	r := readApart(block, len(x), kernel.WatchedApart(of), kernel.Apart[T](of, len(x)-block))
	for lo, hi, apart, more := r.next(); more; lo, hi, apart, more = r.next() {
		partX, partY := x[lo:hi], y
		if y != nil {
			partY = y[lo:hi]
		}
		if apart > 0 {
			next, ok := certifyApart(of, partX, partY, c.most, apart)
			if ok {
				c = c.join(next)
			}
			r.done(ok)
			continue
		}
		var ok bool
		if c, ok = certifySides(c, of, block, partX, partY); !ok {
			return c, false
		}
	}
	return c, true
}

// certifySides adds to c the sums of blocks side by side.
func certifySides[T Float](c certified, of kernel.Terms, block int, x, y []T) (certified, bool) {
	for len(x) > 0 {
		n := min(len(x), block)
		next, ok := certifyNext(of, x[:n], y, c.most)
		if !ok {
			if next, ok = certifyBlock(of, x[:n], y); !ok {
				return c, false
			}
		}
		c = c.join(next)
		if x = x[n:]; y != nil {
			y = y[n:]
		}
	}
	return c, true
}

// spreadOf bounds the distance of what is certified from the exact sum, as a multiple of the largest magnitude.
func spreadOf(fold, n int) float64 {
	if fold == 0 {
		return 0
	}
	return binnedSpread(fold, n)
}

// lossless tells whether certify lost nothing of the sum of plain terms, so that it is s + t:
// numbers of a fixed point, of which there are many, often add up to the middle of two.
// The least magnitude is 2^(l-1) or more, and all terms are multiples of g = 2^(l-p), p being
// the precision; sums of multiples of g up to 2^53 g are exact. With n <= 2^k:
//
//   - Of float64, p = 53, t gathers what is left of terms, n q/2 = n 2^(E-52+r) with blocks of at most 2^r
//     rows of 16, r being k - 4 and 8 at most, the rests of s, which are less, and the errors of joining
//     n/2^12 blocks, 2^-53 n 2^E or less each. All that is below 2^l if E - l is 51 - r - k and 63 - 2k at most.
//   - Of float32, p = 24, all sums are at most n 2^E.
//
// A binned sum of float64 is the same if g is a multiple of its lowest grid, which is less
// than 2^(E+1-W(fold-1)) (see Bins).
//
// All terms are less than bound, a power of two. Most often the first few show it, or the bits of at most the least, if these are known, or 0.
func lossless[T Float](fold int, bound float64, least uint64, x []T) bool {
	k := bits.Len(uint(len(x) - 1))
	span := 29 - k
	if kernel.Is64[T]() {
		span = min(51-min(max(k-4, 0), 8)-k, 63-2*k)
		if fold > 0 {
			span = min(span, binWidth[T]()*(fold-1)-54)
		}
	}
	low := bound * powerOfTwo(-1-max(span, 0))
	for _, v := range x[:min(len(x), 8)] {
		if v != 0 && math.Abs(float64(v)) < low {
			return false
		}
	}
	if T(low) != 0 && (least > 0 && least >= kernel.Bits(T(low)) || least == 0 && kernel.NoneBelow(T(low), x)) {
		return true
	}
	if fold == 0 && kernel.SurelyFew[T](kernel.Plain, len(x)) {
		return false
	}
	least, most := uint64(math.MaxUint64), uint64(0)
	for len(x) > 0 {
		n := min(len(x), kernel.MaxSliced)
		var look kernel.Slices
		if !kernel.Look(&look, kernel.Plain, !kernel.Is64[T](), x[:n], nil) {
			return false
		}
		least, most = min(least, look.Least), max(most, look.Most)
		x = x[n:]
	}
	if least > most {
		return false // zeros alone
	}
	return exponentAbove[T](most)-exponentAbove[T](least) <= span
}

// certifyFirst sums the first block, as certifyBlock does. If it is all there is, plain terms of float64 show their least as they show the largest. Of
// products the largest is guessed from some, and seen while they are summed, as they take longer to be read than to be split; of those very far from each other
// it is found first, and most are not read again.
func certifyFirst[T Float](of kernel.Terms, x, y []T, only bool) (c certified, least uint64, ok bool) {
	const few = 64
	if !kernel.Is64[T]() || kernel.Active() == kernel.Portable {
		c, ok = certifyBlock(of, x, y)
		return c, 0, ok
	}
	a, b := kernel.As[float64](x), kernel.As[float64](y)
	switch {
	case of == kernel.Plain && only:
		least, most := kernel.ExtentOf(of, a, b)
		e := exponentAbove[float64](most)
		if e > maxExponentAbove[float64]() {
			return certified{}, 0, false
		}
		c, ok = certifySplit(of, a, b, e, 1, false)
		return c, least, ok
	case of == kernel.Product && len(x) <= lookedMost:
		c, ok = certifyLooked(a, b)
		return c, 0, ok
	case of != kernel.Plain:
		switch apart := apartOf(a[0], a[1], a[2], a[3]); {
		case apart > tooFar:
			c, ok = certifyNear(of, a, b)
			return c, 0, ok
		case apart <= tooFar*2/3 && len(x) >= 4*few:
			least, most := kernel.ExtentOf(of, a[:few], b)
			above, apart := guessAbove(least, most)
			if apart >= 2*tooFar && least>>52 > 0 {
				c, ok = certifyNear(of, a, b)
				return c, 0, ok
			}
			if apart < tooFar && most < infinite {
				if c, ok = certifySplit(of, a, b, above, 1, true); ok {
					return c, 0, true
				}
			}
		}
	}
	c, ok = certifyBlock(of, x, y)
	return c, 0, ok
}

// lookedMost is the number of products that are summed plainly before they are split. That takes a tenth of the time of a certificate of few
// more than kernel.MaxCertain, and a fifth of that of 1,000; a certificate in vain, a quarter and a seventh of all that is done.
const lookedMost = 512

// certifyLooked sums a block of products of float64 of less than 2^e, unless a plain sum shows that it would be in vain, as so much of them cancels: the bound of the
// error is 2^(e-89) or more of 256 products, and 2^(e-95) or more of 32, and half of a last place of the sum would be 2^(e-94) at most.
func certifyLooked(x, y []float64) (certified, bool) {
	sum, most, ok := kernel.SumLooked(x, y)
	e := exponentAbove[float64](most)
	if !ok || e > maxExponentAbove[float64]() || math.Abs(sum) < powerOfTwo(max(e-cancelled, -1074)) {
		return certified{}, false
	}
	return certifySplit(kernel.Product, x, y, e, 1, false)
}

// certifyNear sums a block of products of float64 of which few may be near the largest: the others are part of the error, n 2^(e-LeftOutBits) at most,
// as what is less than a number when rounded was less before.
func certifyNear(of kernel.Terms, x, y []float64) (certified, bool) {
	most, marks, ok := kernel.LargestNear(x, y)
	e := exponentAbove[float64](most)
	exponent := unitOf(len(x), e)
	if !ok || exponent > maxSplit {
		return certifyBlock(of, x, y)
	}
	high, low := kernel.SplitNear(of, kernel.Anchor(exponent), x, y, marks)
	c := certifiedSplit(of, len(x), exponent, e, high, low)
	c.error += float64(float64(len(x)) * powerOfTwo(max(e-kernel.LeftOutBits, -1074)))
	return c, true
}

// cancelled is how many bits of the largest are gone where terms are said to cancel.
const cancelled = 40

// tooFar is how many bits terms may be from each other for the largest to be guessed. Of those that are twice as far apart most do not count beside it.
const tooFar = 300

// apartOf tells so of factors, faster, and at most tooFar if one is zero, which says nothing of the others.
func apartOf(a, b, c, d float64) int {
	const exponent = 1<<11 - 1
	i, j, k, l := int(math.Float64bits(a)>>52)&exponent, int(math.Float64bits(b)>>52)&exponent, int(math.Float64bits(c)>>52)&exponent, int(math.Float64bits(d)>>52)&exponent
	most, least := max(i, j, k, l), min(i, j, k, l)
	if least == 0 {
		return min(most, tooFar)
	}
	return most - least
}

// guessAbove returns an e such that terms are likely to be less than 2^e of which a few have that extent: the further these are from each other, the
// further that is above. And it tells how far they are.
func guessAbove(least, most uint64) (e, apart int) {
	apart = int(most>>52) - int(least>>52)
	return exponentAbove[float64](most) + 2 + min(apart/4, 18), apart
}

// certifyBlock sums a block. It returns false where a term is not finite or too near to
// overflow.
func certifyBlock[T Float](of kernel.Terms, x, y []T) (certified, bool) {
	if !kernel.Is64[T]() {
		return certifySingles(of, kernel.As[float32](x), kernel.As[float32](y))
	}
	e := exponentAbove[T](kernel.Largest(of, x, y))
	if e > maxExponentAbove[T]() {
		return certified{}, false
	}
	return certifySplit(of, kernel.As[float64](x), kernel.As[float64](y), e, 1, false)
}

// certifySingles sums a block of terms of float32.
func certifySingles(of kernel.Terms, x, y []float32) (certified, bool) {
	s, most := kernel.SumWatched(of, x, y)
	return certifiedSingles(s, most, len(x))
}

// certifiedSingles bounds the error of such a sum of so many terms.
func certifiedSingles(s float64, most uint64, n int) (certified, bool) {
	e := exponentAbove[float32](most)
	rows := float64((n + kernel.WatchedLanes - 1) / kernel.WatchedLanes)
	lost := float64(float64(16*1.02*rows) * (rows + 11))
	return certified{s: s, error: float64(lost * powerOfTwo(e-53)), most: powerOfTwo(e)}, e <= maxExponentAbove[float32]()
}

// certifyNext sums a block of terms of float64 that it looks at meanwhile. It returns false, as certifyBlock does, and where a
// term is more than twice the largest before it, which most bounds.
func certifyNext[T Float](of kernel.Terms, x, y []T, most float64) (certified, bool) {
	if !kernel.Is64[T]() || kernel.Active() == kernel.Portable {
		return certified{}, false
	}
	return certifySplit(of, kernel.As[float64](x), kernel.As[float64](y), exponentAbove[float64](math.Float64bits(most)), 1, true)
}

// certifyApart sums a block of several streams, which lies as kernel.SplitWatchedApart says. It returns false as certifyNext does, and certifyBlock. What their bounds
// say of lanes holds of any order of the terms.
func certifyApart[T Float](of kernel.Terms, x, y []T, most float64, apart int) (certified, bool) {
	n := kernel.WatchedApart(of)
	if !kernel.Is64[T]() {
		s, most := kernel.SumWatchedApart(of, kernel.As[float32](x), kernel.As[float32](y), apart)
		return certifiedSingles(s, most, n)
	}
	e := exponentAbove[float64](math.Float64bits(most))
	exponent := unitOf(n, e)
	if exponent > maxSplit {
		return certified{}, false
	}
	high, low, seen := kernel.SplitWatchedApart(of, kernel.Anchor(exponent), kernel.As[float64](x), kernel.As[float64](y), apart)
	if exponentAbove[float64](seen) > e {
		return certified{}, false
	}
	return certifiedSplit(of, n, exponent, exponentAbove[float64](seen), high, low), true
}

// unitOf is the exponent of the unit at which n terms of less than 2^e are split.
func unitOf(n, e int) int {
	rows := (n + kernel.SplitLanes - 1) / kernel.SplitLanes
	return max(e-laneBits+bits.Len(uint(rows-1)), -1074)
}

// certifySplit sums a block of terms of float64 that are less than 2^e when plain ones are multiplied by the scale; or
// it watches if they are, and returns false if not.
func certifySplit(of kernel.Terms, x, y []float64, e int, scale float64, watch bool) (certified, bool) {
	exponent := unitOf(len(x), e)
	if exponent > maxSplit {
		if watch {
			return certified{}, false
		}
		return certifyScaled(of, x, y, e)
	}
	var high int64
	var low float64
	if watch {
		var most uint64
		high, low, most = kernel.SplitWatched(of, kernel.Anchor(exponent), x, y)
		if exponentAbove[float64](most) > e {
			return certified{}, false
		}
		e = exponentAbove[float64](most)
	} else {
		high, low = kernel.SplitTerms(of, kernel.Anchor(exponent), scale, x, y)
	}
	return certifiedSplit(of, len(x), exponent, e, high, low), true
}

// certifiedSplit bounds the error of the sum of so many terms of less than 2^e, split at that unit.
func certifiedSplit(of kernel.Terms, terms, exponent, e int, high int64, low float64) certified {
	n := float64(terms)
	losses := 0x1p-1074 // of a bound that is not normal
	if of == kernel.Product {
		losses = float64((n + 1) * 0x1p-1074)
	}
	unit := powerOfTwo(exponent)
	h := float64(high) // of 63 bits: rounded
	left := float64((5.0 / 8) * n)
	lost := (float64(left*(n/16+5)) + (left + left)) + 0x1p8
	return certified{
		s:     float64(h * unit),
		t:     float64(float64(high-int64(h))*unit) + low,
		error: float64(float64(float64(lost*1.02)*unit)*0x1p-53) + losses,
		most:  powerOfTwo(e),
	}
}

// certifyScaled is certifySplit of terms that are too large for that, by way of 2^-64 of them. A factor that underflows is
// off by 2^-1074, and a product that it is a factor of, and as that is rounded, by less than 1, where the unit is 2^800 at least.
//
//go:noinline
func certifyScaled(of kernel.Terms, x, y []float64, e int) (certified, bool) {
	const up = 0x1p64
	var c certified
	if of == kernel.Plain {
		c, _ = certifySplit(of, x, y, e-64, 1/up, false)
		return certified{s: c.s * up, t: c.t * up, error: c.error * up, most: c.most * up}, true
	}
	var buffer [2048]float64
	n := len(x)
	for len(x) > 0 {
		part := buffer[:min(len(x), len(buffer))]
		kernel.Each(kernel.RowScale, part, x[:len(part)], nil, nil, 1/up)
		next, _ := certifySplit(of, part, y, e-64, 1, false)
		c = c.join(next)
		x, y = x[len(part):], y[len(part):]
	}
	return certified{s: c.s * up, t: c.t * up, error: (c.error + float64(n)) * up, most: c.most * up}, true
}

// exponentAbove returns an e with |x| < 2^e for the number of T with these bits, without its
// sign.
func exponentAbove[T Float](b uint64) int {
	if kernel.Is64[T]() {
		return int(b>>52) - 1022
	}
	return int(b>>23) - 126
}

// maxExponentAbove is the largest that sums of blocks may have: for float32 that of all
// numbers, for float64 where anchors are numbers.
func maxExponentAbove[T Float]() int {
	if kernel.Is64[T]() {
		return 1020
	}
	return 128
}

// powerOfTwo returns 2^e, e from -1074 to 1023.
func powerOfTwo(e int) float64 {
	if e < -1022 {
		return math.Float64frombits(1 << (e + 1074))
	}
	return math.Float64frombits(powerBits(e))
}

// join adds the sum of another block.
func (c certified) join(b certified) certified {
	h, e := kernel.TwoSum(c.s, b.s)
	low := c.t + b.t
	t := low + e
	lost := float64((math.Abs(low) + math.Abs(t)) * 0x1p-52)
	return certified{s: h, t: t, error: (c.error + b.error) + lost, most: max(c.most, b.most)}
}
