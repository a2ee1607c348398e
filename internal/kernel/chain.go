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
	if Is64[T]() {
		chain4Float64((*[Panel]float64)(unsafe.Pointer(c)), As[float64](a), As[float64](b))
	} else {
		chain4Float32((*[Panel]float32)(unsafe.Pointer(c)), As[float32](a), As[float32](b))
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

// chain4Float32 is Chain4 with each FMA rounded twice, through float64, which is
// right but where suspect says otherwise (see FMA). With weights of few digits,
// such as bfloat16, midpoints are no rarity: about one step in a thousand.
func chain4Float32(c *[Panel]float32, a, b []float32) {
	c0, c1, c2, c3 := float64(c[0]), float64(c[1]), float64(c[2]), float64(c[3])
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		s0 := float64(x)*float64(p[0]) + c0 // the products are exact: fusing changes nothing
		s1 := float64(x)*float64(p[1]) + c1
		s2 := float64(x)*float64(p[2]) + c2
		s3 := float64(x)*float64(p[3]) + c3
		if (suspect(s0)|suspect(s1)|suspect(s2)|suspect(s3))>>63 != 0 {
			s0 = addSuspect(s0, float64(x)*float64(p[0]), c0)
			s1 = addSuspect(s1, float64(x)*float64(p[1]), c1)
			s2 = addSuspect(s2, float64(x)*float64(p[2]), c2)
			s3 = addSuspect(s3, float64(x)*float64(p[3]), c3)
		}
		c0, c1, c2, c3 = float64(float32(s0)), float64(float32(s1)), float64(float32(s2)), float64(float32(s3))
	}
	c[0], c[1], c[2], c[3] = float32(c0), float32(c1), float32(c2), float32(c3)
}

// addSuspect returns what rounds to float32 as p + c does: s, their sum rounded
// to float64, unless that may round wrongly again.
//
//go:noinline
func addSuspect(s, p, c float64) float64 {
	if RoundsTwice(s) {
		return AddOdd(p, c)
	}
	return s
}

// suspect sets bit 63 if rounding s to float32 may round wrongly what was rounded
// to s before: if s is a midpoint of two float32, or below their normal range.
func suspect(s float64) uint64 {
	u := math.Float64bits(s)
	return ((u&low29 ^ midpoint32) - 1) | (u&^(1<<63) - minNormal32Bits)
}

// WideChain4 is Chain4 evaluated in float64 on float32 operands, whose products
// are exact there, so that each step rounds once with or without a fused
// instruction.
func WideChain4(c *[Panel]float64, a, b []float32) {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		c0 += float64(x) * float64(p[0])
		c1 += float64(x) * float64(p[1])
		c2 += float64(x) * float64(p[2])
		c3 += float64(x) * float64(p[3])
	}
	c[0], c[1], c[2], c[3] = c0, c1, c2, c3
}

// ChainIn4 is Chain4 where S is T, and WideChain4 where S is float64 and T float32.
func ChainIn4[S, T Float](c *[Panel]S, a, b []T) {
	if Is64[S]() == Is64[T]() {
		Chain4(c, As[S](a), As[S](b))
	} else {
		WideChain4((*[Panel]float64)(unsafe.Pointer(c)), As[float32](a), As[float32](b))
	}
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
