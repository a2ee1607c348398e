package kernel

// TwoSum returns h = RN(a+b) and the e with h + e = a + b exactly, unless h
// overflows. Six operations, no branch, any magnitudes (Knuth, TAOCP 2, 4.2.2,
// theorem B). Ties round to even, as in every addition: this is not IEEE
// 754-2019 augmentedAddition, which rounds them toward zero.
func TwoSum[T Float](a, b T) (h, e T) {
	h = a + b
	bb := h - a
	e = (a - (h - bb)) + (b - bb)
	return h, e
}

// TwoProd returns p = RN(a*b) and the e with p + e = a*b exactly, unless p
// overflows or e underflows (Ogita, Rump and Oishi, 2005, algorithm 3.5; Ogita's
// name TwoProductFMA).
func TwoProd[T Float](a, b T) (p, e T) {
	p = T(a * b)
	return p, FMA(a, b, -p)
}
