package reduce

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// gridShown terms show a grid on which all are tried to be summed, gridTries times at most.
const (
	gridShown = 128
	gridTries = 2
)

// binnedOnGrid returns the binned sum of terms of float32. All slices of a term together
// are RN(J-K+1, x), its rounding to the lowest grid that counts. A float64 anchor rounds to
// that: |x| <= q(J+1)/2 is at most 2^51 units of it. So what is left to do is to sum one integer
// a term, and to round the sum once: to 24 bits, and then by its exponent, which is exact but
// where it overflows, for subnormal numbers are multiples of all units.
//
// Terms are summed on the grid that a few of them show, which are read once then; where it was not that of
// all, on that of the first that shows it, or of the largest.
//
// It returns false where a term is not finite, where the sum is zero, whose sign the terms
// decide, and of more terms than 63 bits hold, if these are not summed so.
func binnedOnGrid[T Float](fold int, of kernel.Terms, x, y []T) (T, bool) {
	a, b := kernel.As[float32](x), kernel.As[float32](y)
	most := uint64(0)
	if len(x) >= kernel.OnGridSooner(fold) {
		most = kernel.Largest(of, a[:gridShown], b)
	}
	for tries := gridTries; tries > 0 && most > 0 && most < 0xff<<23; tries-- {
		exponent := kernel.SingleGrid(fold, most)
		sum, larger, ok := sumOnGrid(fold, exponent, of, a, b)
		if ok {
			return T(sum.roundSingle(exponent)), sum != int128{}
		}
		most = larger
	}
	if int64(len(x)) > 1<<(63-13*fold) {
		return 0, false
	}
	most = kernel.Largest(of, x, y)
	if most >= 0xff<<23 {
		return 0, false
	}
	exponent := kernel.SingleGrid(fold, most)
	sum := kernel.RoundedSum(of, kernel.Anchor(exponent), a, b)
	return T(kernel.RoundSingle(sum, exponent)), sum != 0
}

// sumOnGrid returns the sum of the terms, rounded to multiples of 2^exponent, in such units, or the bits of a larger term for which that is too low, or
// neither: see kernel.SumOnGrid.
func sumOnGrid(fold, exponent int, of kernel.Terms, x, y []float32) (sum int128, larger uint64, ok bool) {
	apart := kernel.Apart[float32](of, len(x))
	for len(x) > 0 {
		n := kernel.Places * apart
		if n == 0 || n > len(x) {
			n, apart = min(kernel.MaxOnGrid, len(x)), 0
		}
		part, more, ok := kernel.SumOnGrid(fold, exponent, of, x[:n], y, apart)
		if !ok {
			return sum, more, false
		}
		sum.add(part)
		if x = x[n:]; y != nil {
			y = y[n:]
		}
	}
	return sum, 0, true
}

// roundSingle returns so many units of 2^exponent, rounded once to float32. A number of more than 63 bits keeps the highest, the last of which tells
// whether others follow.
func (a int128) roundSingle(exponent int) float32 {
	n := int64(a.lo)
	if a.hi != n>>63 {
		by := 64 - bits.LeadingZeros64(uint64(a.hi^a.hi>>63)) + 1
		n = a.hi<<(64-by) | int64(a.lo>>by)
		if a.lo<<(64-by) != 0 {
			n |= 1
		}
		exponent += by
	}
	return kernel.RoundSingle(n, exponent)
}
