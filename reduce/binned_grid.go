package reduce

import "github.com/samebits/samebits/internal/kernel"

// binnedOnGrid returns the binned sum of terms of float32. All slices of a term together
// are RN(J-K+1, x), its rounding to the lowest grid that counts. A float64 anchor rounds to
// that: |x| <= q(J+1)/2 is at most 2^51 units of it. So what is left to do is to sum one integer
// a term, and to round the sum once: to 24 bits, and then by its exponent, which is exact but
// where it overflows, for subnormal numbers are multiples of all units.
//
// It returns false where a term is not finite, where the sum is zero, whose sign the terms
// decide, and of more terms than 63 bits hold.
func binnedOnGrid[T Float](fold int, of kernel.Terms, x, y []T) (T, bool) {
	if int64(len(x)) > 1<<(63-13*fold) {
		return 0, false
	}
	most := kernel.Largest(of, x, y)
	if most >= 0xff<<23 {
		return 0, false
	}
	exponent := gridExponent[T](max(topOf[T](most), fold-1) - fold + 1)
	sum := kernel.RoundedSum(of, kernel.Anchor(exponent), kernel.As[float32](x), kernel.As[float32](y))
	return T(float64(roundSingle(sum)) * powerOfTwo(exponent)), sum != 0
}

// roundSingle rounds once. (On 386, Go converts by way of float64, which rounds twice.) Of a
// large number the lowest 12 bits, if they are not all 0, become one of half their range:
// that is on the same side of every float32 and of every middle of two, and a float64.
func roundSingle(n int64) float32 {
	const low = 1<<12 - 1
	if (n < -1<<53 || n > 1<<53) && n&low != 0 {
		n = n&^low | 1<<11
	}
	return float32(float64(n))
}
