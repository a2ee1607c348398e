package kernel

// emulate is Chain4 or Chains2x4 of float32 where Go does not fuse: each multiply-add is
// rounded twice, through float64, which is right but
// where RoundsTwice says otherwise (see FMA). With weights of few digits, such as bfloat16,
// midpoints are no rarity: about one step in a thousand. So a few terms at a time are tried,
// and evaluated with FMA if it warns of any step of theirs.
func emulate(sums, a, b []float32) {
	rows := len(sums) / Panel
	for n := 0; len(a) > 0; a, b = a[n*rows:], b[n*Panel:] {
		n = min(tried, len(a)/rows)
		if rows == 1 && chain4Twice(sums, a[:n], b[:n*Panel]) || rows == 2 && chains2x4Twice(sums, a[:2*n], b[:n*Panel]) {
			continue
		}
		for k := range n {
			for i := range sums {
				sums[i] = FMA(a[k*rows+i/Panel], b[k*Panel+i%Panel], sums[i])
			}
		}
	}
}

// tried is the number of terms that are evaluated before their sums are kept.
const tried = 8

// chain4Twice sets c to what Chain4 does unless RoundsTwice warns of any step. It returns
// false then.
func chain4Twice(c, a, b []float32) bool {
	c0, c1, c2, c3 := float64(c[0]), float64(c[1]), float64(c[2]), float64(c[3])
	for k := range a {
		x, p := float64(a[k]), b[4*k:4*k+4:4*k+4]
		c0 = x*float64(p[0]) + c0 // the products are exact: fusing changes nothing
		c1 = x*float64(p[1]) + c1
		c2 = x*float64(p[2]) + c2
		c3 = x*float64(p[3]) + c3
		if RoundsTwice(c0) {
			return false
		}
		if RoundsTwice(c1) {
			return false
		}
		if RoundsTwice(c2) {
			return false
		}
		if RoundsTwice(c3) {
			return false
		}
		c0, c1, c2, c3 = float64(float32(c0)), float64(float32(c1)), float64(float32(c2)), float64(float32(c3))
	}
	c[0], c[1], c[2], c[3] = float32(c0), float32(c1), float32(c2), float32(c3)
	return true
}

// chains2x4Twice is the same for Chains2x4.
func chains2x4Twice(c, a, b []float32) bool {
	c0, c1, c2, c3 := float64(c[0]), float64(c[1]), float64(c[2]), float64(c[3])
	d0, d1, d2, d3 := float64(c[4]), float64(c[5]), float64(c[6]), float64(c[7])
	for k := range len(b) / 4 {
		q, p := a[2*k:2*k+2:2*k+2], b[4*k:4*k+4:4*k+4]
		x, y := float64(q[0]), float64(q[1])
		b0, b1, b2, b3 := float64(p[0]), float64(p[1]), float64(p[2]), float64(p[3])
		if c0 = x*b0 + c0; RoundsTwice(c0) {
			return false
		}
		if c1 = x*b1 + c1; RoundsTwice(c1) {
			return false
		}
		if c2 = x*b2 + c2; RoundsTwice(c2) {
			return false
		}
		if c3 = x*b3 + c3; RoundsTwice(c3) {
			return false
		}
		if d0 = y*b0 + d0; RoundsTwice(d0) {
			return false
		}
		if d1 = y*b1 + d1; RoundsTwice(d1) {
			return false
		}
		if d2 = y*b2 + d2; RoundsTwice(d2) {
			return false
		}
		if d3 = y*b3 + d3; RoundsTwice(d3) {
			return false
		}
		c0, c1, c2, c3 = float64(float32(c0)), float64(float32(c1)), float64(float32(c2)), float64(float32(c3))
		d0, d1, d2, d3 = float64(float32(d0)), float64(float32(d1)), float64(float32(d2)), float64(float32(d3))
	}
	c[0], c[1], c[2], c[3] = float32(c0), float32(c1), float32(c2), float32(c3)
	c[4], c[5], c[6], c[7] = float32(d0), float32(d1), float32(d2), float32(d3)
	return true
}
