package reduce

import "github.com/samebits/samebits/internal/kernel"

// digitsSum returns the exact sum of few terms, rounded once. It returns false where there are
// too many, or the kernel refuses them.
func digitsSum[T Float](of kernel.Terms, x, y []T) (T, bool) {
	if len(x) > kernel.MaxDigits[T](of) {
		return 0, false
	}
	var d kernel.Digits
	most, ok := kernel.SumDigits(&d, of, x, y)
	if !ok {
		return 0, false
	}
	if len(x) <= kernel.MaxLeading {
		if s := d.Leading(most); s.Hi != 0 || s.Lo != 0 {
			return roundLeading[T](s), true
		}
		return zeroSum(of, x, y), true
	}
	lo, hi := usedDigits(&d)
	if lo == hi {
		return zeroSum(of, x, y), true
	}
	return roundDigits[T](d[:], lo, hi), true
}

// usedDigits returns the range of the digits that are not zero.
func usedDigits(d *kernel.Digits) (lo, hi int) {
	for hi = len(d); lo < hi && d[lo]|d[lo+1]|d[lo+2]|d[lo+3]|d[lo+4]|d[lo+5]|d[lo+6]|d[lo+7] == 0; {
		lo += 8
	}
	if lo == hi {
		return 0, 0
	}
	for d[lo] == 0 {
		lo++
	}
	for d[hi-1] == 0 {
		hi--
	}
	return lo, hi
}

// carryDigits makes digits of 32 bits, from 0 on, of such as a block of terms leaves, all with
// their signs changed if sign is -1 rather than 0. It returns what is carried from the last,
// which is less than 2^31.
func carryDigits(d []int64, sign int64) int64 {
	c := int64(0)
	for i, v := range d {
		v = (v ^ sign) - sign + c
		d[i], c = v&limbMask, v>>limbBits
	}
	return c
}

// roundDigits rounds the digits, those from lo to hi-1 not zero and free ones above. The last
// tells the sign of the sum most often.
func roundDigits[T Float](d []int64, lo, hi int) T {
	sign := d[hi-1] >> 63
	top := carryDigits(d[lo:hi], sign)
	if top < 0 {
		sign = ^sign
		top = carryDigits(d[lo:hi], -1) - top
	}
	d[hi] = top
	for hi >= lo && d[hi] == 0 {
		hi--
	}
	if hi < lo {
		return 0
	}
	for d[lo] == 0 {
		lo++
	}
	word, e := leading(d, lo, hi+1)
	return roundWord[T](word, e, sign < 0)
}

// addDigits adds digits to the limbs, carried, so that they are less than 2^32. It counts no
// term.
func (a *Superaccumulator) addDigits(d *kernel.Digits) {
	lo, hi := usedDigits(d)
	if lo == hi {
		return
	}
	if a.pending++; a.pending > maxPending {
		a.carry()
	}
	a.widen(lo, hi+1)
	limb := a.limb[lo : hi+1]
	limb[hi-lo] += carryDigits(d[lo:hi], 0)
	for i, v := range d[lo:hi] {
		limb[i] += v
	}
}
