package kernel

import (
	"math"
	"math/bits"
)

// Digits is a number in fixed point, the sum of d[i] * 2^(32i + DigitsExponent), that holds any
// sum of some float64 and of products of them: a superaccumulator whose digits overlap, so that
// none carries into the next (Neal, 2015, "Fast exact summation using small and large
// superaccumulators"). Equal numbers may have different digits.
//
// With f = e + digitsBias, e being the biased exponent, a number is ±m * 2^(f + DigitsExponent),
// m < 2^53. The low five bits of f move m up; 32 bits of that go to digit f/32, at most 52 to
// the next. Of 2047 numbers a digit is less than 2047 * (2^52 + 2^32) < 2^63. As either part has
// the sign of the number, a number and its negative leave no trace.
type Digits [104]int64

// The exponent is that of a superaccumulator's digits: the lowest bit of a product is 2^-2148.
const (
	DigitsExponent = -34*32 - 1088
	digitsBias     = -1075 - DigitsExponent
	digitBits      = 32
	maxDigitized   = 2047
)

// MaxDigits is the number of terms that SumDigits takes.
func MaxDigits[T Float](of Terms) int {
	if of == Product && Is64[T]() {
		return maxDigitized / 2 // two numbers each
	}
	return maxDigitized
}

// SumDigits sets d to the sum of the terms, which are Plain or Product: exact ones, which are
// numbers of float64, or two of them. It returns the largest of their biased exponents,
// at least 0; and false, and no sum, if a term is not finite, or rounded would not be.
func SumDigits[T Float](d *Digits, of Terms, x, y []T) (most int, ok bool) {
	if Is64[T]() {
		most, ok = digitsF64(&d[0], of, As[float64](x), As[float64](y))
	} else {
		most, ok = digitsWide(&d[0], of, As[float32](x), As[float32](y))
	}
	if !ok {
		most = digitsPortable(d, of, x, y)
	}
	return most, most < 0x7ff
}

func digitsPortable[T Float](d *Digits, of Terms, x, y []T) (most int) {
	*d = Digits{}
	switch {
	case !Is64[T]():
		return d.addSingles(of, As[float32](x), As[float32](y))
	case of == Plain:
		return d.addNumbers(As[float64](x))
	}
	return d.addProducts(As[float64](x), As[float64](y))
}

// addSingles adds terms of float32, which are numbers of float64.
func (d *Digits) addSingles(of Terms, x, y []float32) (most int) {
	var buffer [64]float64
	for len(x) > 0 {
		terms := buffer[:min(len(x), len(buffer))]
		for i := range terms {
			terms[i] = float64(x[i])
			if of == Product {
				terms[i] = float64(x[i]) * float64(y[i])
			}
		}
		most = max(most, d.addNumbers(terms))
		x, y = rest(x, y, len(terms))
	}
	return most
}

// addNumbers adds numbers and returns the largest biased exponent.
func (d *Digits) addNumbers(x []float64) int {
	most := uint64(0)
	for _, v := range x {
		b := math.Float64bits(v)
		e, m := b>>52&0x7ff, b&(1<<52-1)|1<<52
		if e == 0 {
			e, m = 1, m&^(1<<52)
		}
		most = max(most, e)
		f, s := e+digitsBias, int64(b)>>63 // -1: (v ^ -1) + 1 = -v
		up := f % digitBits
		pair := (*[2]int64)(d[f/digitBits&127:])
		pair[0] += (int64(m<<up&(1<<digitBits-1)) ^ s) - s
		pair[1] += (int64(m>>(digitBits-up)) ^ s) - s
	}
	return int(most)
}

// addProducts adds products, of 106 bits, and returns the largest biased exponent of them rounded.
func (d *Digits) addProducts(x, y []float64) int {
	most := uint64(0)
	for i, v := range x {
		w := y[i]
		p := math.Float64bits(v*w) >> 52 & 0x7ff
		most = max(most, p)
		if p == 0x7ff {
			break // may be beyond the digits
		}
		m, e := fraction(v)
		n, f := fraction(w)
		hi, lo := bits.Mul64(m, n)
		f += e - 2*1075 - DigitsExponent
		up, s := uint(f)%digitBits, int64(math.Float64bits(v)^math.Float64bits(w))>>63
		top, hi, lo := hi>>1>>(63-up), hi<<up|lo>>1>>(63-up), lo<<up
		part := (*[5]int64)(d[f/digitBits:])
		part[0] += (int64(lo&(1<<digitBits-1)) ^ s) - s
		part[1] += (int64(lo>>digitBits) ^ s) - s
		part[2] += (int64(hi&(1<<digitBits-1)) ^ s) - s
		part[3] += (int64(hi>>digitBits) ^ s) - s
		part[4] += (int64(top) ^ s) - s
	}
	return int(most)
}

// fraction returns |x| = m * 2^(e - 1075), e being from 1 on.
func fraction(x float64) (m uint64, e int) {
	b := math.Float64bits(x)
	m, e = b&(1<<52-1)|1<<52, int(b>>52&0x7ff)
	if e == 0 {
		m, e = m&^(1<<52), 1
	}
	return m, e
}
