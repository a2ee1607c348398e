package kernel

// Go may fuse x*y + z, and does so wherever the processors that a program is built for have
// such an instruction. Whether this build did is to be seen from the results of the very code
// that matters, multiply-add by multiply-add: if every one rounds once where rounding twice
// gives something else, chain4Fused and chains2x4Fused are what they are called. Go has no
// other fused multiply-add of float32; that of float64, math.FMA, asks the processor each time
// where not all that the program is built for have it.
var fuses = fusesAll[float32]() && fusesAll[float64]()

// fusesAll tells whether each multiply-add of the two functions rounds once. For float32,
// 4097*4097 + 2^-30 is just above the midpoint between 16785408 and 16785410, to which the
// product rounds down, and so does the sum in float64. For float64, (3*2^25+1)^2 + 2^-30 is just
// above that of 9*2^50 + 3*2^26 and the next, 2 more.
func fusesAll[T Float]() bool {
	const terms, tiny = 3, 0x1p-30 // two at a time, and one
	var x, want T = 4097, 16785410
	if Is64[T]() {
		x, want = 3*0x1p25+1, 9*0x1p50+3*0x1p26+2
	}
	for k := range terms {
		a, b := make([]T, 2*terms), make([]T, terms*Panel)
		var one [Panel]T
		var two [2 * Panel]T
		for i := range two {
			b[k*Panel+i%Panel], one[i%Panel], two[i] = x, tiny, tiny
		}
		a[k] = x
		chain4Fused(&one, a[:terms], b)
		a[k] = 0
		a[2*k], a[2*k+1] = x, x
		chains2x4Fused(&two, a, b)
		for i := range two {
			if two[i] != want || one[i%Panel] != want {
				return false
			}
		}
	}
	return true
}

// chain4Fused is Chain4 if Go fuses it.
//
//go:noinline
func chain4Fused[T Float](c *[Panel]T, a, b []T) {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		c0 = x*p[0] + c0
		c1 = x*p[1] + c1
		c2 = x*p[2] + c2
		c3 = x*p[3] + c3
	}
	c[0], c[1], c[2], c[3] = c0, c1, c2, c3
}

// chains2x4Fused is Chains2x4 if Go fuses it: two terms at a time.
//
//go:noinline
func chains2x4Fused[T Float](c *[2 * Panel]T, a, b []T) {
	c0, c1, c2, c3, d0, d1, d2, d3 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
	for k := range len(a) / 4 {
		q, p := a[4*k:4*k+4:4*k+4], b[8*k:8*k+8:8*k+8]
		x, y := q[0], q[1]
		c0, d0 = x*p[0]+c0, y*p[0]+d0
		c1, d1 = x*p[1]+c1, y*p[1]+d1
		c2, d2 = x*p[2]+c2, y*p[2]+d2
		c3, d3 = x*p[3]+c3, y*p[3]+d3
		x, y = q[2], q[3]
		c0, d0 = x*p[4]+c0, y*p[4]+d0
		c1, d1 = x*p[5]+c1, y*p[5]+d1
		c2, d2 = x*p[6]+c2, y*p[6]+d2
		c3, d3 = x*p[7]+c3, y*p[7]+d3
	}
	if n := len(a) / 2; n%2 == 1 {
		x, y, p := a[2*n-2], a[2*n-1], b[4*n-4:4*n]
		c0, d0 = x*p[0]+c0, y*p[0]+d0
		c1, d1 = x*p[1]+c1, y*p[1]+d1
		c2, d2 = x*p[2]+c2, y*p[2]+d2
		c3, d3 = x*p[3]+c3, y*p[3]+d3
	}
	c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7] = c0, c1, c2, c3, d0, d1, d2, d3
}
