package reduce

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/internal/plural"
)

// Sum returns the sum of x in the given order: +0 for no elements. Its cost is
// len(x) additions, 7 times that for DoubleDouble. With u the unit roundoff, n =
// len(x) and A the sum of |x[i]|, the error is at most, to first order in u,
//
//	Sequential, Shuffled, Arrival   (n-1) u A             Higham, Accuracy and Stability, 4.2
//	Pairwise                        (log2(n)+1) u A       Higham, 4.2
//	Kahan                           2 u A                 Higham, 4.3
//	Neumaier, DoubleDouble          u |sum| + n² u² A     Ogita, Rump and Oishi, 2005, 4
//	Widened                         u |sum| + 2^-53 (log2(n)+1) A
//	Binned                          u |sum| + n 2^-80 max |x[i]|, in float32 n 2^-26 max |x[i]|
//	Exact                           u |sum|               correctly rounded
//
// unless an addition on the way overflows. Binned and Exact have no way to overflow but
// in their result. With fold f Binned loses n 2^(-40(f-1)) or n 2^(-13(f-1)) times the
// largest term (Demmel, Ahrens and Nguyen, 2016; see Bins).
//
// Sum panics if the order does not apply to T (see Check). Arrival uses as many
// goroutines as the Go scheduler has processors; see SumParallel.
func Sum[T Float](order Order, x []T) T {
	switch order.kind { // at once: the way through sum takes as long as dozens of terms
	case KindPairwise:
		if len(x) > 0 {
			return kernel.Canonical(kernel.Total(kernel.Plain, x, nil))
		}
	case KindDoubleDouble:
		if len(x) > 0 {
			return FinishPair(kernel.Pairs(kernel.Plain, nil, x, nil))
		}
	case KindBinned:
		return binnedSum(order.Fold(), kernel.Plain, x, nil)
	case KindExact:
		return exactSum(kernel.Plain, x, nil)
	}
	return sum(order, terms[T]{x: x}, arrivalThreads(order))
}

// Dot returns the sum of x[i]*y[i] in the given order. Each product is rounded to
// T and becomes a term of Sum, but in the orders that carry more than T: in
// DoubleDouble a term is the exact pair of TwoProd (unless that underflows), in
// Widened the product in float64, which is exact, and in Exact the exact product.
// The bounds of Sum hold with |x[i]*y[i]| for |x[i]|, and u more of A where the
// products are rounded; n (in DoubleDouble 5n) times the smallest subnormal more
// where products underflow. It panics if the lengths differ.
func Dot[T Float](order Order, x, y []T) T {
	mustMatch(x, y)
	switch order.kind {
	case KindPairwise:
		if len(x) > 0 {
			return kernel.Canonical(kernel.Total(kernel.Product, x, y))
		}
	case KindDoubleDouble:
		if len(x) > 0 {
			return FinishPair(kernel.Pairs(kernel.Product, nil, x, y))
		}
	case KindBinned:
		return binnedSum(order.Fold(), kernel.RoundedProduct, x, y)
	case KindExact:
		return exactSum(kernel.Product, x, y)
	}
	return sum(order, terms[T]{x: x, y: y}, arrivalThreads(order))
}

// SumSquares returns the sum of x[i]*x[i]: Dot of x and itself, with its cost and bounds.
func SumSquares[T Float](order Order, x []T) T { return Dot(order, x, x) }

// SumParallel is Sum on at most threads goroutines, each of which has at least 2^17 terms. It
// gives the same bits, for any number of them, in every order but Arrival. The left folds
// and Shuffled have nothing to share and run on one. 0 threads mean 1. It panics if threads is
// negative, or if the order does not apply to T (see Check).
func SumParallel[T Float](order Order, x []T, threads int) T {
	mustCount(threads)
	if order.alone(len(x), threads) {
		return Sum(order, x)
	}
	return sum(order, terms[T]{x: x}, threads)
}

// DotParallel is Dot on at most threads goroutines, as SumParallel is Sum. It panics as they do.
func DotParallel[T Float](order Order, x, y []T, threads int) T {
	mustCount(threads)
	if order.alone(len(x), threads) {
		return Dot(order, x, y)
	}
	return sum(order, dotTerms(x, y), threads)
}

func mustCount(threads int) {
	if threads < 0 {
		panic(fmt.Sprintf("reduce: %d goroutines: want 0 or more", threads))
	}
}

// alone tells whether n terms are summed by one goroutine, as Sum does it.
func (o Order) alone(n, threads int) bool {
	return o.kind != KindArrival && min(threads, n/grain) <= 1
}

func dotTerms[T Float](x, y []T) terms[T] {
	mustMatch(x, y)
	return terms[T]{x: x, y: y}
}

func mustMatch[T Float](x, y []T) {
	if len(x) != len(y) {
		panicMismatch(len(x), len(y))
	}
}

// panicMismatch is apart so that what calls it for few terms is inlined.
func panicMismatch(x, y int) {
	panic(fmt.Sprintf("reduce: dot product of %d and %s", x, plural.Of(y, "element")))
}

func arrivalThreads(order Order) int {
	if order.kind == KindArrival {
		return runtime.GOMAXPROCS(0)
	}
	return 1
}

// sumTerms is sum, which compiled.go calls for each type.
func sumTerms[T Float](order Order, t terms[T], threads int) T {
	mustCheck[T](order)
	n := len(t.x)
	if n == 0 {
		return 0
	}
	if order.kind == KindArrival && threads > 1 && n >= 4*arrivalBlock {
		return arrivalSum(t, threads)
	}
	if threads = min(threads, n/grain); threads > 1 && order.CutInvariant() {
		return parallelSum(order, t, threads)
	}
	switch order.kind {
	case KindPairwise:
		return kernel.Canonical(laneSum[T](t))
	case KindDoubleDouble:
		return FinishPair(lanePairSum(t))
	case KindWidened:
		return kernel.Canonical(T(laneSum[float64](t)))
	case KindBinned:
		return binnedSum(order.Fold(), t.kindInT(), t.x, t.y)
	case KindExact:
		return exactSum(t.kind(), t.x, t.y)
	case KindShuffled:
		return shuffledFold(order.seed, t)
	}
	return fold(order.kind, t)
}

// cutFaster tells whether cutting the terms into slices, which reads them once, is
// faster than certifying their sum: of many terms of float64. Of float32, certifying takes a third, and
// of products, blocks are refused too often.
func cutFaster[T Float](x, y []T) bool {
	return kernel.Is64[T]() && y == nil && len(x) >= 1<<17 && likelyCut(terms[T]{x: x})
}

// sumMany returns the correctly rounded sum: that of a window, if there are few terms and kernels of them, or else what places hold, in
// portable Go, or what a certificate says.
func sumMany[T Float](of kernel.Terms, x, y []T) T {
	if v, ok := fewTerms(of, x, y, kernel.BeforeCertificate[T](of)); ok {
		return v
	}
	if s, ok := kernel.SumPlaced(of, x, y); ok {
		return finishFew(of, x, y, s, kernel.NotRounded)
	}
	if !tiny(x[0]) && !cutFaster(x, y) {
		if v, ok := certify(0, of, x, y); ok {
			return v
		}
	}
	return exactlySummed(of, x, y)
}

// fewTerms returns the sum if SumFew takes the terms, and does what it is to do before or after a certificate.
func fewTerms[T Float](of kernel.Terms, x, y []T, how int) (T, bool) {
	if n := len(x); how == kernel.Nothing || n < kernel.CertifyFrom[T](of) || n > kernel.MaxFew[T](of) {
		return 0, false
	}
	return fewSum(of, x, y, how)
}

// spreadSum does so of more terms, which are far from each other.
func spreadSum[T Float](of kernel.Terms, x, y []T) (T, bool) {
	if n := len(x); n <= kernel.MaxFew[T](of) || n > kernel.MaxSpread[T](of) {
		return 0, false
	}
	return fewSum(of, x, y, kernel.Spread)
}

// fewSum is SumFew, rounded.
func fewSum[T Float](of kernel.Terms, x, y []T, how int) (T, bool) {
	switch v, s, state := kernel.SumFew(of, x, y, how); state {
	case kernel.Rounded:
		return v, true
	case kernel.NotRounded:
		return finishFew(of, x, y, s, state), true
	}
	return 0, false
}

// exactlySummed returns the correctly rounded sum without a certificate or what was tried before it.
//
//go:noinline
func exactlySummed[T Float](of kernel.Terms, x, y []T) T {
	if v, ok := fewTerms(of, x, y, kernel.AfterCertificate[T](of)); ok {
		return v
	}
	if len(x) < certifiedMin || wide(of, x) {
		if v, ok := spreadSum(of, x, y); ok {
			return v
		}
		if v, ok := digitsSum(of, x, y); ok {
			return v
		}
	}
	var a Superaccumulator
	addExact(&a, terms[T]{x: x, y: y})
	return Round[T](&a)
}

// wide tells whether the exponents of some terms, the first and others over all of them, are so far from that of the first that slices are
// unlikely to hold all. Zeros count as the smallest.
func wide[T Float](of kernel.Terms, x []T) bool {
	const few, more = 8, 32
	span := uint(100)
	if of == kernel.Product {
		span = 29 // slices of products and of their errors hold less
	}
	if tiny(x[0]) {
		return true
	}
	e := exponentAbove[T](kernel.Bits(kernel.Abs(x[0])))
	far := func(v T) bool { return uint(exponentAbove[T](kernel.Bits(kernel.Abs(v)))-e)+span > 2*span }
	for _, v := range x[1:min(len(x), few)] {
		if far(v) {
			return true
		}
	}
	for i := few; i < len(x); i += len(x)/more + 1 {
		if far(x[i]) {
			return true
		}
	}
	return false
}

// tiny tells whether x is so small that what is left of it may be subnormal, which processors
// take by microcode; integers are faster then.
func tiny[T Float](x T) bool {
	return kernel.Is64[T]() && x != 0 && math.Abs(float64(x)) < 0x1p-960
}

// certifiedBins is the number of terms up to which a binned sum is certified faster than cut. It is likely to be certain.
const certifiedBins = 1 << 17

// certifyFaster tells whether certifying a binned sum of float64 is faster than cutting its terms: also of products that are read as several streams, as
// those are not cut so.
func certifyFaster(of kernel.Terms, n int) bool {
	return n <= certifiedBins || of == kernel.RoundedProduct && kernel.Apart[float64](of, n) > 0
}

// binnedSum returns the sum of that fold. Where it can, it knows the largest before it sums
// them, or guesses it and sees whether that was right: that of float32 tells to which grid they are rounded. A sum of float64 is no
// further from the exact one than n 2^(-W(fold-1)) times the largest magnitude (see Bins),
// which decides it for few terms; in fold 2 that is more than its last place. Terms are
// Plain or RoundedProduct.
func binnedSum[T Float](fold int, of kernel.Terms, x, y []T) T {
	n := len(x)
	if kernel.Is64[T]() {
		if fold > minFold && certifyFaster(of, n) {
			if v, ok := certify(fold, of, x, y); ok {
				return v
			}
		}
		return binnedCut(fold, terms[T]{x: x, y: y})
	}
	if 0 < n && n <= kernel.MaxFewOnGrid {
		if v, ok := kernel.SumFewOnGrid(fold, of, kernel.As[float32](x), kernel.As[float32](y)); ok {
			return T(v)
		}
	}
	if v, ok := binnedOnGrid(fold, of, x, y); ok {
		return v
	}
	return binnedCut(fold, terms[T]{x: x, y: y})
}

// binnedCut is the binned sum by way of its bins, out of the way of others.
//
//go:noinline
func binnedCut[T Float](fold int, t terms[T]) T {
	b := NewBins[T](fold)
	b.add(t)
	return b.Round()
}

// binnedSpread bounds the distance of a binned sum of n terms of float64 from the exact one,
// as a multiple of the largest magnitude.
func binnedSpread(fold, n int) float64 {
	return float64(n) * math.Float64frombits(powerBits(-binWidth[float64]()*(fold-1)))
}

// grain is the number of terms that are worth a goroutine: a plain sum of them takes about as
// long as to wake a processor of a virtual machine, 10 µs. It cannot matter to the bits. It is
// written by tests alone.
var grain = 1 << 17

// arrivalBlock is the number of terms that one goroutine of an Arrival sum folds
// before it adds them to the total.
const arrivalBlock = 1024

// arrivalSum adds the blocks' sums to the total in the order in which the
// goroutines finish them.
func arrivalSum[T Float](t terms[T], threads int) T {
	var mu sync.Mutex
	var total folder[T]
	blocks := (len(t.x) + arrivalBlock - 1) / arrivalBlock
	parallel.For(threads, blocks, func(k int) {
		part := fold(KindSequential, t.slice(k*arrivalBlock, min((k+1)*arrivalBlock, len(t.x))))
		mu.Lock()
		defer mu.Unlock()
		total.add(part)
	})
	return total.value(KindArrival)
}

// SumLeaves returns the sum of x in the given order with each element a leaf of
// its own, without lanes: the trees are halved. It is how ranks' values are
// combined. Arrival takes the elements as they are listed. The bounds of Sum hold. It panics
// if the order does not apply to T (see Check).
func SumLeaves[T Float](order Order, x []T) T {
	mustCheck[T](order)
	if len(x) == 0 {
		return 0
	}
	all := Span{0, len(x)}
	switch order.kind {
	case KindPairwise:
		return kernel.Canonical(Evaluate(Halving(len(x)), all, func(i int) T { return x[i] }, func(l, r T) T { return l + r }))
	case KindWidened:
		return kernel.Canonical(T(Evaluate(Halving(len(x)), all, func(i int) float64 { return float64(x[i]) }, func(l, r float64) float64 { return l + r })))
	case KindDoubleDouble:
		v := Evaluate(Halving(len(x)), all, func(i int) [2]T { return [2]T{x[i], 0} }, func(l, r [2]T) [2]T {
			h, e := addPair(l[0], l[1], r[0], r[1])
			return [2]T{h, e}
		})
		return FinishPair(v[0], v[1])
	case KindArrival:
		return fold(KindSequential, terms[T]{x: x})
	}
	return Sum(order, x)
}
