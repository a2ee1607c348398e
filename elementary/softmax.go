package elementary

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Softmax sets dst to the softmax of x, the sum in the given order and every other
// operation rounded once:
//
//	m      = max over x
//	e[i]   = exp(x[i] - m)
//	dst[i] = e[i] / sum(e)
//
// Error bound, to first order in the unit roundoff u: relative to the true softmax,
// dst[i] errs by at most (|x[i]-m| + D + 3)u + e, where D is the mean of |x[j]-m| under
// the softmax, and e the relative error of the order's sum of positive terms:
//
//	Sequential, Shuffled, Arrival           (n-1)u
//	Pairwise                                (ceil(log2 n)+1)u
//	Kahan                                   2u
//	Neumaier, DoubleDouble, Widened, Exact  u
//	Binned of fold K                        u + n*2^(-W(K-1)), W = 40, or 13 of float32
//
// (The difference x-m errs by u of itself, which is the relative error of exp; exp, the
// quotient and the terms of the sum have one rounding each; float64 adds 0.01u for exp.)
// Results below the normal numbers err by half a unit in their last place besides.
//
// dst may be x; what is masked is not in x at all. A NaN in x makes all of dst
// NaN, and so does a maximum of +Inf or a row of -Inf alone. It panics if the
// lengths differ, dst and x overlap otherwise, or the order does not apply to T.
func Softmax[T Float](order reduce.Order, dst, x []T) {
	if len(dst) != len(x) {
		panic(fmt.Sprintf("elementary: Softmax of %s into %d", plural.Of(len(x), "element"), len(dst)))
	}
	if len(x) == 0 {
		return
	}
	checkPlaces("Softmax", dst, x)
	kernel.Each(kernel.RowLess, dst, x, nil, nil, kernel.Maximum(x))
	ExpSlice(dst, dst)
	sum := reduce.Sum(order, dst)
	kernel.Each(kernel.RowOver, dst, dst, nil, nil, sum)
}
