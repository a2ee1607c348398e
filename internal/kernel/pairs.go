package kernel

import (
	"math/bits"
	"unsafe"
)

// Pairs is Tree over unevaluated pairs h + l (DoubleDouble). dst, where it is not
// nil, gets the high parts of the lanes and then the low parts. A plain term is
// (x, +0), a product the pair of TwoProd, and pairs are joined by AddPair.
//
// A row alone is left to Go: a low part that underflowed to -0 would become +0 by
// joining it with nothing, which no sum shows but the node of that row does.
func Pairs[T Float](of Terms, dst, x, y []T) (h, l T) {
	n := len(x)
	if n < 2*Lanes[T]() || active == Portable {
		return pairPortable(of, dst, x, y)
	}
	d, p, q := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y))
	if Is64[T]() {
		h, l := pairF64(of, (*float64)(d), (*float64)(p), (*float64)(q), n)
		return T(h), T(l)
	}
	h32, l32 := pairF32(of, (*float32)(d), (*float32)(p), (*float32)(q), n)
	return T(h32), T(l32)
}

func pairPortable[T Float](of Terms, dst, x, y []T) (h, l T) {
	var buffer [2 * 32]T
	lanes := Lanes[T]()
	hs, ls := buffer[:lanes], buffer[lanes:2*lanes]
	present := pairRows(of, hs, ls, x, y, (len(x)+lanes-1)/lanes)
	if dst != nil {
		copy(dst, hs[:present])
		copy(dst[lanes:], ls[:present])
	}
	return JoinLanePairs(hs[:present], ls[:present])
}

// AddPair joins two pairs: (h, e) = TwoSum(h1, h2), l = (l1 + l2) + e. The pair is
// never renormalised (Ogita, Rump and Oishi, 2005, Sum2, along a tree).
func AddPair[T Float](h1, l1, h2, l2 T) (h, l T) {
	h, e := TwoSum(h1, h2)
	return h, (l1 + l2) + e
}

// AddPairs joins two node values, for each i, by AddPair.
func AddPairs[T Float](h1, l1, h2, l2 []T) {
	l1, h2, l2 = l1[:len(h1)], h2[:len(h1)], l2[:len(h1)]
	for i := range h1 {
		h1[i], l1[i] = AddPair(h1[i], l1[i], h2[i], l2[i])
	}
}

// pairRows is treeRows over pairs.
func pairRows[T Float](of Terms, h, l, x, y []T, rows int) int {
	lanes := len(h)
	switch {
	case rows == 4 && len(x) >= 4*lanes && of != Product:
		fourPairs(of, h, l, x)
		return lanes
	case rows == 1:
		n := min(lanes, len(x))
		RowPairs(of, h[:n], l, x, y)
		return n
	}
	m := 1 << (bits.Len(uint(rows-1)) - 1)
	var buffer [2 * maxLanes]T
	rightH, rightL := buffer[:lanes], buffer[lanes:2*lanes]
	pairRows(of, h, l, x, y, m)
	restX, restY := rest(x, y, m*lanes)
	present := pairRows(of, rightH, rightL, restX, restY, rows-m)
	AddPairs(h[:present], l[:present], rightH, rightL)
	return lanes
}

// RowPairs writes the terms of one row to h and what they lack to l: nothing for
// plain terms, the rounding error of the product for products.
func RowPairs[T Float](of Terms, h, l, x, y []T) {
	if of != Product {
		Row(of, h, x, y)
		clear(l[:len(h)])
		return
	}
	l, x, y = l[:len(h)], x[:len(h)], y[:len(h)]
	for i := range h {
		h[i], l[i] = TwoProd(x[i], y[i])
	}
}

// fourPairs writes to h and l the node over four whole rows of plain terms. The low
// part of a sum of two is its rounding error alone.
func fourPairs[T Float](of Terms, h, l, x []T) {
	n := len(h)
	l = l[:n]
	r0, r1, r2, r3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
	for i := range h {
		a, b, c, d := r0[i], r1[i], r2[i], r3[i]
		if of == Absolute {
			a, b, c, d = Abs(a), Abs(b), Abs(c), Abs(d)
		}
		h1, e1 := TwoSum(a, b)
		h2, e2 := TwoSum(c, d)
		h[i], l[i] = AddPair(h1, e1, h2, e2)
	}
}

// JoinLanePairs is JoinLanes over pairs.
func JoinLanePairs[T Float](h, l []T) (T, T) {
	for n := len(h); n > 1; n = (n + 1) / 2 {
		for i := range n / 2 {
			h[i], l[i] = AddPair(h[2*i], l[2*i], h[2*i+1], l[2*i+1])
		}
		if n%2 == 1 {
			h[n/2], l[n/2] = h[n-1], l[n-1]
		}
	}
	return h[0], l[0]
}
