package reduce

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// gridSoonest is the number of terms that are sooner summed as they are looked at. gridTries bounds how often that is tried.
const (
	gridSoonest = 2048
	gridTries   = 2
)

// binnedOnGrid returns the binned sum of terms of float32. All slices of a term together
// are RN(J-K+1, x), its rounding to the lowest grid that counts. A float64 anchor rounds to
// that: |x| <= q(J+1)/2 is at most 2^51 units of it. So what is left to do is to sum one integer
// a term, and to round the sum once: to 24 bits, and then by its exponent, which is exact but
// where it overflows, for subnormal numbers are multiples of all units.
//
// Many terms are summed on the grid that a few of them show, which are read once then; where it was not that of
// all, on that of the first that shows it.
//
// It returns false where a term is not finite, where the sum is zero, whose sign the terms
// decide, and of more terms than 63 bits hold.
func binnedOnGrid[T Float](fold int, of kernel.Terms, x, y []T) (T, bool) {
	if int64(len(x)) > 1<<(63-13*fold) {
		return 0, false
	}
	if len(x) >= gridSoonest {
		shown := sample(terms[T]{x: x, y: y}).Most
		most := kernel.Bits(float32(math.Float64frombits(shown)))
		for range gridTries {
			if most >= 0xff<<23 {
				break
			}
			exponent := kernel.SingleGrid(fold, most)
			sum, larger, ok := kernel.SumOnGrid(fold, exponent, of, kernel.As[float32](x), kernel.As[float32](y))
			if ok {
				return T(kernel.RoundSingle(sum, exponent)), sum != 0
			}
			if most = larger; most == 0 {
				break
			}
		}
	}
	most := kernel.Largest(of, x, y)
	if most >= 0xff<<23 {
		return 0, false
	}
	exponent := kernel.SingleGrid(fold, most)
	sum := kernel.RoundedSum(of, kernel.Anchor(exponent), kernel.As[float32](x), kernel.As[float32](y))
	return T(kernel.RoundSingle(sum, exponent)), sum != 0
}
