package elementary

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// LayerNorm sets dst to the normalised x, with n = len(x), both sums in the given
// order and every other operation rounded once:
//
//	mean   = sum(x) / n
//	d[i]   = x[i] - mean
//	s      = sqrt(sumsquares(d)/n + eps)
//	dst[i] = (d[i]/s)*weight[i] + bias[i]
//
// Error bound, to first order in the unit roundoff u, with z = (x-mean)/s of the true
// row and e the relative error of the order's sum of positive terms (see [Softmax]):
// dst[i] errs by at most |weight[i]|*(a + |z[i]|*(e/2 + 6u)) + u*|dst[i]|, where
// a = (e+2u)*sum|x|/(n*s) is the error of the mean: where the mean is large beside the
// deviation, that dominates.
//
// dst may be x. The bits depend on the row alone. It panics unless all lengths
// agree and are not zero, if dst overlaps x otherwise, or the weights or biases, or if
// the order does not apply to T.
func LayerNorm[T Float](order reduce.Order, dst, x, weight, bias []T, eps T) {
	checkNorm("LayerNorm", len(dst), len(x), len(weight), len(bias))
	checkPlaces("LayerNorm", dst, x, weight, bias)
	n := T(len(x))
	mean := reduce.Sum(order, x) / n
	kernel.Each(kernel.RowLess, dst, x, nil, nil, mean)
	s := Sqrt(reduce.SumSquares(order, dst)/n + eps)
	kernel.Each(kernel.RowOverTimesPlus, dst, dst, weight, bias, s)
}

// RMSNorm sets dst to x over its root mean square, with n = len(x), the sum in the
// given order and every other operation rounded once:
//
//	s      = sqrt(sumsquares(x)/n + eps)
//	dst[i] = (x[i]/s)*weight[i]
//
// Error bound, to first order in the unit roundoff u: dst[i] errs by at most
// (e/2 + 4.5u)*|dst[i]|, e being the relative error of the order's sum of positive
// terms (see [Softmax]), unless a square or the result leaves the normal numbers.
//
// dst may be x. It panics as LayerNorm does.
func RMSNorm[T Float](order reduce.Order, dst, x, weight []T, eps T) {
	checkNorm("RMSNorm", len(dst), len(x), len(weight), len(x))
	checkPlaces("RMSNorm", dst, x, weight)
	s := Sqrt(reduce.SumSquares(order, x)/T(len(x)) + eps)
	kernel.Each(kernel.RowOverTimes, dst, x, weight, nil, s)
}

func checkNorm(name string, dst, x, weight, bias int) {
	if x == 0 || dst != x || weight != x || bias != x {
		panic(fmt.Sprintf("elementary: %s of %s into %d with %s and %d biases", name, plural.Of(x, "element"), dst, plural.Of(weight, "weight"), bias))
	}
}

// checkPlaces panics unless dst is x or apart from it, and apart from the others, which are as long.
func checkPlaces[T Float](name string, dst, x []T, others ...[]T) {
	beside, same := placed(dst, x)
	for _, o := range others {
		apart, _ := placed(dst, o)
		same, beside = same && apart, beside && apart
	}
	if !beside && !same {
		panic(fmt.Sprintf("elementary: %s of %s into memory that overlaps it, or the weights or biases", name, plural.Of(len(x), "element")))
	}
}
