package reduce

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// A folder combines terms from left to right.
//
// Sequential, Shuffled and Arrival fold plainly. The two compensated folds are as
// published, on the terms in their order: Kahan, 1965, "Pracniques: further
// remarks on reducing truncation errors"; Neumaier, 1974, "Rundungsfehleranalyse
// einiger Verfahren zur Summation endlicher Summen", algorithm IV. Both start
// from the first term, which differs from starting at zero only in that a sum of
// -0 alone stays -0 and that Kahan's does not yet become NaN where the first term
// is infinite.
type folder[T Float] struct {
	sum, c T
	any    bool
}

// add takes the next term:
//
//	sum = sum + x
func (f *folder[T]) add(x T) {
	if !f.any {
		f.sum, f.any = x, true
		return
	}
	f.sum += x
}

// addKahan takes the next term:
//
//	y = x - c; t = sum + y; c = (t - sum) - y; sum = t
//
// It loses a term larger than the sum: 1, 1e100, 1, -1e100 gives 0. After an
// infinity c is a NaN, and with the next term so is the sum.
func (f *folder[T]) addKahan(x T) {
	if !f.any {
		f.sum, f.any = x, true
		return
	}
	y := x - f.c
	t := f.sum + y
	f.c = (t - f.sum) - y
	f.sum = t
}

// addNeumaier takes the next term:
//
//	t = sum + x; c = c + (|sum| >= |x| ? (sum - t) + x : (x - t) + sum); sum = t
func (f *folder[T]) addNeumaier(x T) {
	if !f.any {
		f.sum, f.any = x, true
		return
	}
	t := f.sum + x
	if abs(f.sum) >= abs(x) {
		f.c += (f.sum - t) + x
	} else {
		f.c += (x - t) + f.sum
	}
	f.sum = t
}

// take takes the next term by the rule of the order.
func (f *folder[T]) take(k Kind, x T) {
	switch k {
	case KindKahan:
		f.addKahan(x)
	case KindNeumaier:
		f.addNeumaier(x)
	default:
		f.add(x)
	}
}

// value finishes the fold. Neumaier's correction is added here, unless it is not
// finite, as after an infinity.
func (f *folder[T]) value(k Kind) T {
	if k == KindNeumaier {
		return FinishPair(f.sum, f.c)
	}
	return kernel.Canonical(f.sum)
}

// fold folds the terms from left to right by the rule of the order.
func fold[T Float](k Kind, t terms[T]) T {
	var f folder[T]
	for i, x := range t.x {
		if t.y != nil {
			x = T(x * t.y[i])
		}
		f.take(k, x)
	}
	return f.value(k)
}

func abs[T Float](x T) T {
	if x < 0 {
		return -x
	}
	return x
}

// stretches tells whether memory of so many numbers holds n that are stride apart. It divides where (n-1)*stride may not
// be an int.
func stretches(n, memory, stride int) bool { return n == 0 || memory > 0 && n-1 <= (memory-1)/stride }

// FoldProducts is the left fold over the products x[i]*y[i*stride], each rounded
// to T, by the rule of the kind: KindSequential, KindKahan or KindNeumaier. It
// starts from +0, so that a contraction that is exactly zero is +0. It panics if the
// kind is another, stride is below 1, or y is too short.
func FoldProducts[T Float](k Kind, x, y []T, stride int) T {
	switch {
	case k != KindSequential && k != KindKahan && k != KindNeumaier:
		panic(fmt.Sprintf("reduce: fold by rule %v: want sequential, kahan or neumaier", k))
	case stride < 1:
		panic(fmt.Sprintf("reduce: fold of products with stride %d: want 1 or more", stride))
	case !stretches(len(x), len(y), stride):
		panic(fmt.Sprintf("reduce: fold of %s with stride %d and %s, of which %d are given", plural.Of(len(x), "product"), stride, plural.Of((len(x)-1)*stride+1, "number"), len(y)))
	}
	f := folder[T]{any: true}
	for i, v := range x {
		f.take(k, T(v*y[i*stride]))
	}
	return f.value(k)
}
