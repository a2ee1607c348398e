package kernel

import (
	"math"
	"unsafe"
)

// Panel is the number of columns that the portable microkernel takes side by
// side.
const Panel = 4

// Chain4 continues four chains of fused multiply-adds over consecutive terms,
// one for each column of a packed panel b of len(a) rows:
//
//	for k ascending: c[j] = FMA(a[k], b[4*k+j], c[j])    j = 0, 1, 2, 3
func Chain4[T Float](c *[Panel]T, a, b []T) {
	switch {
	case fuses:
		chain4Fused(c, a, b)
	case Is64[T]():
		chain4Float64((*[Panel]float64)(unsafe.Pointer(c)), As[float64](a), As[float64](b))
	default:
		new(emulator).chains(Tile{1, Panel}, As[float32](c[:]), As[float32](a), As[float32](b))
	}
}

// Chains2x4 is Chain4 for two rows: c is row by row, a term by term.
//
//	for k ascending: c[4*i+j] = FMA(a[2*k+i], b[4*k+j], c[4*i+j])
func Chains2x4[T Float](c *[2 * Panel]T, a, b []T) {
	switch {
	case fuses:
		chains2x4Fused(c, a, b)
	case Is64[T]():
		chains2x4Float64((*[2 * Panel]float64)(unsafe.Pointer(c)), As[float64](a), As[float64](b))
	default:
		new(emulator).chains(Tile{2, Panel}, As[float32](c[:]), As[float32](a), As[float32](b))
	}
}

// As returns x, whose elements are of type S, as such. It costs nothing, where a
// type assertion would have to make an interface.
func As[S, T Float](x []T) []S {
	return unsafe.Slice((*S)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func chain4Float64(c *[Panel]float64, a, b []float64) {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		c0 = math.FMA(x, p[0], c0)
		c1 = math.FMA(x, p[1], c1)
		c2 = math.FMA(x, p[2], c2)
		c3 = math.FMA(x, p[3], c3)
	}
	c[0], c[1], c[2], c[3] = c0, c1, c2, c3
}

func chains2x4Float64(c *[2 * Panel]float64, a, b []float64) {
	c0, c1, c2, c3, d0, d1, d2, d3 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
	for k := range len(a) / 2 {
		q, p := a[2*k:2*k+2:2*k+2], b[4*k:4*k+4:4*k+4]
		x, y := q[0], q[1]
		c0, d0 = math.FMA(x, p[0], c0), math.FMA(y, p[0], d0)
		c1, d1 = math.FMA(x, p[1], c1), math.FMA(y, p[1], d1)
		c2, d2 = math.FMA(x, p[2], c2), math.FMA(y, p[2], d2)
		c3, d3 = math.FMA(x, p[3], c3), math.FMA(y, p[3], d3)
	}
	c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7] = c0, c1, c2, c3, d0, d1, d2, d3
}

// PairChain4 continues four sums of exact products, as unevaluated pairs:
//
//	for k ascending: (p, q) = TwoProd(a[k], b[4*k+j])
//	                 (h[j], e) = TwoSum(h[j], p); l[j] = (l[j] + q) + e
func PairChain4[T Float](h, l *[Panel]T, a, b []T) {
	for j := 0; j < Panel; j += 2 {
		pairChain2(h, l, a, b, j)
	}
}

// pairChain2 is PairChain4 for the columns j and j+1: as much as fits in registers.
func pairChain2[T Float](h, l *[Panel]T, a, b []T, j int) {
	h0, l0, h1, l1 := h[j], l[j], h[j+1], l[j+1]
	var e0, e1 T
	for k, x := range a {
		y := b[4*k+j : 4*k+j+2 : 4*k+j+2]
		p0, q0 := TwoProd(x, y[0])
		p1, q1 := TwoProd(x, y[1])
		h0, e0 = TwoSum(h0, p0)
		h1, e1 = TwoSum(h1, p1)
		l0, l1 = (l0+q0)+e0, (l1+q1)+e1
	}
	h[j], l[j], h[j+1], l[j+1] = h0, l0, h1, l1
}
