package kernel

import "math"

// Panel is the number of columns that the portable microkernel takes side by
// side.
const Panel = 4

// Chain4 continues four chains of fused multiply-adds over consecutive terms,
// one for each column of a packed panel b of len(a) rows:
//
//	for k ascending: c[j] = FMA(a[k], b[4*k+j], c[j])    j = 0, 1, 2, 3
func Chain4[T Float](c *[Panel]T, a, b []T) {
	if Is64[T]() {
		chain4Float64(c, a, b)
		return
	}
	if !chain4Float32(c, a, b) {
		chain4Careful(c, a, b)
	}
}

func chain4Float64[T Float](c *[Panel]T, a, b []T) {
	c0, c1, c2, c3 := float64(c[0]), float64(c[1]), float64(c[2]), float64(c[3])
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		c0 = math.FMA(float64(x), float64(p[0]), c0)
		c1 = math.FMA(float64(x), float64(p[1]), c1)
		c2 = math.FMA(float64(x), float64(p[2]), c2)
		c3 = math.FMA(float64(x), float64(p[3]), c3)
	}
	c[0], c[1], c[2], c[3] = T(c0), T(c1), T(c2), T(c3)
}

// chain4Float32 is Chain4 with each FMA rounded twice, through float64, which is
// right but where suspect says otherwise (see FMA). It returns false, with c
// untouched, if any step was suspect.
func chain4Float32[T Float](c *[Panel]T, a, b []T) bool {
	c0, c1, c2, c3 := float64(c[0]), float64(c[1]), float64(c[2]), float64(c[3])
	bad := uint64(0)
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		s0 := float64(x)*float64(p[0]) + c0 // the products are exact: fusing changes nothing
		s1 := float64(x)*float64(p[1]) + c1
		s2 := float64(x)*float64(p[2]) + c2
		s3 := float64(x)*float64(p[3]) + c3
		bad |= suspect(s0) | suspect(s1) | suspect(s2) | suspect(s3)
		c0, c1, c2, c3 = float64(float32(s0)), float64(float32(s1)), float64(float32(s2)), float64(float32(s3))
	}
	if bad>>63 != 0 {
		return false
	}
	c[0], c[1], c[2], c[3] = T(c0), T(c1), T(c2), T(c3)
	return true
}

// suspect sets bit 63 if rounding s to float32 may round wrongly what was rounded
// to s before: if s is a midpoint of two float32, or not zero and below their
// normal range.
func suspect(s float64) uint64 {
	u := math.Float64bits(s)
	v := u &^ (1 << 63)
	return ((u&low29 ^ midpoint32) - 1) | (v-minNormal32Bits)&^(v-1)
}

func chain4Careful[T Float](c *[Panel]T, a, b []T) {
	for k, x := range a {
		for j := range c {
			c[j] = FMA(x, b[4*k+j], c[j])
		}
	}
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

// PairChain4 continues four sums of exact products, as unevaluated pairs:
//
//	for k ascending: (p, q) = TwoProd(a[k], b[4*k+j])
//	                 (h[j], e) = TwoSum(h[j], p); l[j] = (l[j] + q) + e
func PairChain4[T Float](h, l *[Panel]T, a, b []T) {
	for k, x := range a {
		for j := range h {
			p, q := TwoProd(x, b[4*k+j])
			s, e := TwoSum(h[j], p)
			h[j], l[j] = s, (l[j]+q)+e
		}
	}
}
