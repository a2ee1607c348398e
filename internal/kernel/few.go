package kernel

import "unsafe"

// Few terms are summed as integers. What follows is of the kernels of AVX-512; the others have windows of their own (window.go), and chunks for
// exponents that are far from each other (chunks.go); AVX2 has such chunks by vectors (_asm/chunks.go), in which kernels of AVX-512 end, too, and windows
// of numbers of float64 (_asm/shortwindow.go). Products are added in entries (entries.go) instead of chunks where a processor has what it takes.
//
// A window is a number in fixed point that holds sums of few numbers with exponents near to each
// other: two or three words of 56 bits, signed, so that up to 128 numbers leave no carry to take: of more, 500 at most, eight sums
// of words are taken apart, whose carries are taken then. The
// significand of a number with the biased exponent e, m < 2^53, is moved down by d = top - e, 0 <= d <= limit:
//
//	word 0 has the unit 2^(top-1075), word k that of word k-1 times 2^-56
//
// and no bits are below the last word. With two words the limit is 56, and more by the zeros that all
// m end in: 29 of float32, 5 of their products. Exact products of float64 are two numbers, the rounded
// product and its error, the last bit of which is 106 below the first of the product or higher: with three words
// the limit is 56 as well. The error is less than the last bit of the other, so that both together add no
// more to a word than one number may.
//
// A window is about the first number: that is in its middle. Numbers beyond that, if there are enough, are looked at all, and get
// one of three words from the largest down. Subnormal numbers have a window from the least number up.
const (
	wordBits   = 56
	fewInThree = 16  // more get two words at first
	maxNear    = 128 // products of float64 in a window or a certificate

	tinyInWindow = 5 // more are added in entries, if there are any, in less time

	leastProduct = 2*1023 - 960 // of biased exponents of factors: products of less may have errors that are no numbers
)

// What is to be tried: a window, or chunks if that refuses, or chunks at once.
const (
	Near = iota
	NearOrSpread
	Spread
	Nothing // for those who ask
)

// What SumFew says of its results.
const (
	Rounded = iota
	NotRounded
	Refused
)

// certifyFrom has for each backend the number of terms from which a certificate of their sum may be faster than SumFew. With AVX2 most are
// from 64 on, by half: but one in vain would have a sum of 100 terms take longer than a small superaccumulator.
var certifyFrom = [...]int{Portable: 129, NEON: 32, AVX2: 160, AVX512: 256}

// CertifyFrom is the number of terms below which SumFew is tried before anything else.
func CertifyFrom[T Float](of Terms) int {
	if active >= AVX2 && of == Product && Is64[T]() {
		return maxNear + 1 // it tries a certificate itself
	}
	return certifyFrom[active]
}

// BeforeCertificate and AfterCertificate tell what SumFew is to try of so many terms or more, before a certificate and after one in vain.
// Windows by vectors are faster than a certificate is, and so is everything where that has no vectors.
func BeforeCertificate[T Float](of Terms) (how int) {
	if active == AVX512 && of == Product && Is64[T]() {
		return Nothing
	}
	return [...]int{Portable: NearOrSpread, NEON: Nothing, AVX2: Nothing, AVX512: Near}[active]
}

// SurelyFew tells whether SumFew takes so many terms, whatever they are, hardly later than exponents are looked at.
func SurelyFew[T Float](of Terms, n int) bool {
	return active == AVX2 && of == Plain && Is64[T]() && n <= MaxFew[T](of)
}

// AfterCertificate is what is left of SumFew.
func AfterCertificate[T Float](of Terms) (how int) {
	return [...]int{Portable: Nothing, NEON: NearOrSpread, AVX2: NearOrSpread, AVX512: Spread}[active]
}

// MaxFew is the number of terms that SumFew takes. In portable Go, more of float64 are not tried in a window before SumPlaced takes them.
func MaxFew[T Float](of Terms) int {
	switch {
	case active == Portable && of == Plain && Is64[T]():
		return 2000
	case of != Product || !Is64[T]():
		return 500
	case active == NEON:
		return 48 // more are cut into slices faster by vectors
	case active == Portable:
		return 1000
	}
	return 250 // two numbers each
}

// MaxSpread is the number of terms that SumFew takes if it is to be Spread.
func MaxSpread[T Float](of Terms) int {
	switch {
	case active < AVX2:
		return MaxFew[T](of)
	case of != Product || !Is64[T]():
		return 2000
	case active == AVX512 && hasEntries:
		return MaxEntries
	}
	return 1000
}

// SumFew returns the exact sum of 1 to MaxFew terms, or MaxSpread, which are Plain or Product: Rounded once, in
// v; or NotRounded, in s, or instead a number that rounds as it does, 0 only for 0. It has Refused where
// terms are not finite, or rounded would not be, and where exponents are not near to each other, unless
// that is asked for, and where SumTiny has to be asked.
func SumFew[T Float](of Terms, x, y []T, how int) (v T, s Leading, state int) {
	switch {
	case active == AVX512:
		return fewByVectors(of, x, y, how)
	case active == AVX2 && of == Plain && Is64[T]() && how != Spread && len(x) <= maxNear:
		return nearByVectors(x, how)
	case active == AVX2 && of == Product && Is64[T]() && how == NearOrSpread && len(x) <= maxNear:
		f, s, state := DotByShortVectors(As[float64](x), As[float64](y))
		return T(f), s, state
	case active == AVX2 && how != Near && !tinyProduct(of, x, y):
		return chunksByVectors(of, x, y)
	}
	return fewIntegers(of, x, y, how)
}

// SumTiny is what is left of SumFew where it has Refused: finite products of float64 of which one may be so small that its error is no number, or
// which are added faster in entries.
func SumTiny[T Float](of Terms, x, y []T) (v T, s Leading, state int) {
	if active < AVX2 || of != Product || !Is64[T]() {
		return 0, s, Refused
	}
	entries := active == AVX512 && hasEntries
	if len(x) <= tinyInWindow || !entries && len(x) <= maxNear {
		if s, ok := windowProducts(words(As[float64](x)), words(As[float64](y))); ok {
			return 0, s, NotRounded
		}
	}
	if entries {
		if v, s, state := productsByEntries(As[float64](x), As[float64](y)); state != Refused {
			return T(v), s, state
		}
	}
	return fewIntegers(of, x, y, Spread)
}

// tinyProduct tells whether terms are products of float64 and the first is tiny.
func tinyProduct[T Float](of Terms, x, y []T) bool {
	return of == Product && Is64[T]() && TinyProduct(float64(x[0]), float64(y[0]))
}

// TinyProduct tells whether a product is so small that its error may be no number.
func TinyProduct(x, y float64) bool {
	a, b := Bits(x), Bits(y)
	return a>>52&exponentMask+b>>52&exponentMask <= leastProduct && a<<1 != 0 && b<<1 != 0
}

// fewByVectors is SumFew with AVX-512, but that it refuses products of float64 that are so small that their errors may be no numbers:
// processors take such by microcode, and integers are faster.
func fewByVectors[T Float](of Terms, x, y []T, how int) (v T, s Leading, state int) {
	p, q, n := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y)), len(x)
	var f float64
	switch {
	case Is64[T]() && of == Plain:
		f, s.Hi, s.Lo, s.Exponent, state = fewSumF64AVX512((*float64)(p), (*float64)(q), n, how)
	case Is64[T]():
		switch {
		case n <= maxNear:
		case how == Near:
			return 0, s, Refused
		case hasEntries:
			f, s, state = productsByEntries(As[float64](x), As[float64](y))
			return T(f), s, state
		default:
			how = Spread
		}
		f, s.Hi, s.Lo, s.Exponent, state = fewDotF64AVX512((*float64)(p), (*float64)(q), n, how)
	case of == Plain:
		f, s.Hi, s.Lo, s.Exponent, state = fewSumWideAVX512((*float32)(p), (*float32)(q), n, how)
	default:
		f, s.Hi, s.Lo, s.Exponent, state = fewDotWideAVX512((*float32)(p), (*float32)(q), n, how)
	}
	return T(f), s, state
}

// DotByVectors is SumFew of products of float64, NearOrSpread, of less than FewByVectors, without a call in between, which takes a tenth of the time of few.
func DotByVectors(x, y []float64) (v float64, s Leading, state int) {
	v, s.Hi, s.Lo, s.Exponent, state = fewDotF64AVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(x), NearOrSpread)
	return v, s, state
}

// DotByShortVectors is that with AVX2.
func DotByShortVectors(x, y []float64) (v float64, s Leading, state int) {
	v, s.Hi, s.Lo, s.Exponent, state = fewDotF64AVX2(unsafe.SliceData(x), unsafe.SliceData(y), len(x), NearOrSpread)
	return v, s, state
}

// FewByVectors is 0 where neither has a kernel.
func FewByVectors() int {
	if active >= AVX2 {
		return maxNear + 1
	}
	return 0
}

// nearByVectors is SumFew with AVX2 of up to maxNear numbers of float64, unless it is to be Spread.
func nearByVectors[T Float](x []T, how int) (v T, s Leading, state int) {
	if Bits(x[0])<<1 < 33<<53 {
		if low, ok := windowLow(words(As[float64](x))); ok {
			return 0, low, NotRounded
		}
	}
	f, hi, lo, exponent, state := fewSumF64AVX2((*float64)(unsafe.Pointer(unsafe.SliceData(x))), nil, len(x), how)
	return T(f), Leading{hi, lo, exponent}, state
}

// chunksByVectors is SumFew with AVX2, of any exponents.
func chunksByVectors[T Float](of Terms, x, y []T) (v T, s Leading, state int) {
	p, q, n := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y)), len(x)
	var f float64
	switch {
	case Is64[T]() && of == Plain:
		f, s.Hi, s.Lo, s.Exponent, state = chunksSumF64AVX2((*float64)(p), (*float64)(q), n, Spread)
	case Is64[T]():
		f, s.Hi, s.Lo, s.Exponent, state = chunksDotF64AVX2((*float64)(p), (*float64)(q), n, Spread)
	case of == Plain:
		f, s.Hi, s.Lo, s.Exponent, state = chunksSumWideAVX2((*float32)(p), (*float32)(q), n, Spread)
	default:
		f, s.Hi, s.Lo, s.Exponent, state = chunksDotWideAVX2((*float32)(p), (*float32)(q), n, Spread)
	}
	return T(f), s, state
}

// fewIntegers is SumFew by windows without vectors, and if they refuse, chunks.
func fewIntegers[T Float](of Terms, x, y []T, how int) (v T, s Leading, state int) {
	ok := false
	switch {
	case !Is64[T]():
		s, ok = fewSingles(of, As[float32](x), As[float32](y), how)
	case of == Plain:
		s, ok = fewNumbers(words(As[float64](x)), how)
	default:
		s, ok = fewProducts(words(As[float64](x)), words(As[float64](y)), how)
	}
	if !ok {
		return 0, s, Refused
	}
	return 0, s, NotRounded
}

// fewNumbers sums numbers of float64.
func fewNumbers(x []uint64, how int) (s Leading, ok bool) {
	if how != Spread {
		if s, ok = nearNumbers(x); ok || how == Near {
			return s, ok
		}
	}
	return spreadNumbers(x)
}

// nearNumbers sums numbers in a window, if one about the first, or the lowest, has them.
func nearNumbers(x []uint64) (s Leading, ok bool) {
	if bottom, near := windowAbout(x); near {
		return windowNumbers(x, bottom)
	}
	if x[0]<<1 < 33<<53 {
		return windowLow(x)
	}
	return s, false
}

// fewProducts sums products of float64.
func fewProducts(x, y []uint64, how int) (s Leading, ok bool) {
	if how != Spread {
		if s, ok = windowProducts(x, y); ok || how == Near {
			return s, ok
		}
	}
	return spreadProducts(x, y)
}

// fewSingles sums terms of float32, which are numbers of float64.
func fewSingles(of Terms, x, y []float32, how int) (Leading, bool) {
	var buffer [32]float64
	if len(x) <= len(buffer) {
		return fewNumbers(widened(buffer[:len(x)], of, x, y), how)
	}
	if how == Near {
		return Leading{}, false
	}
	var d sumChunks
	used := uint64(0)
	for len(x) > 0 {
		n := min(len(x), len(buffer))
		used |= d.add(widened(buffer[:n], of, x, y))
		x, y = rest(x, y, n)
	}
	if used>>63 != 0 {
		return Leading{}, false // not finite
	}
	return d.leading(d.top(used), used), true
}

// widened writes terms to dst and returns their representations.
func widened(dst []float64, of Terms, x, y []float32) []uint64 {
	for i := range dst {
		dst[i] = float64(x[i])
		if of == Product {
			dst[i] = float64(x[i]) * float64(y[i])
		}
	}
	return words(dst)
}
