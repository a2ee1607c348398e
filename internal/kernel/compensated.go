package kernel

// KahanChain4 continues four of Kahan's compensated sums over rounded products,
// each a sum s and a correction c:
//
//	for k ascending: y = RN(a[k]*b[4*k+j]) - c[j]; t = s[j] + y
//	                 c[j] = (t - s[j]) - y; s[j] = t
//
// Four interleaved hide the latency of one: each step waits for the last.
func KahanChain4[T Float](s, c *[Panel]T, a, b []T) {
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		s0, c0 = kahan(s0, T(x*p[0])-c0)
		s1, c1 = kahan(s1, T(x*p[1])-c1)
		s2, c2 = kahan(s2, T(x*p[2])-c2)
		s3, c3 = kahan(s3, T(x*p[3])-c3)
	}
	*s, *c = [Panel]T{s0, s1, s2, s3}, [Panel]T{c0, c1, c2, c3}
}

func kahan[T Float](s, y T) (sum, c T) {
	t := s + y
	return t, (t - s) - y
}

// NeumaierChain4 continues four of Neumaier's compensated sums over rounded
// products:
//
//	for k ascending: (s[j], e) = TwoSum(s[j], RN(a[k]*b[4*k+j])); c[j] = c[j] + e
//
// TwoSum has no branch to mispredict, and e is the same exact error that Neumaier
// computes, larger operand first, unless something overflows. Then c is not
// finite, here perhaps before it would be there.
func NeumaierChain4[T Float](s, c *[Panel]T, a, b []T) {
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	var e0, e1, e2, e3 T
	for k, x := range a {
		p := b[4*k : 4*k+4 : 4*k+4]
		s0, e0 = TwoSum(s0, T(x*p[0]))
		s1, e1 = TwoSum(s1, T(x*p[1]))
		s2, e2 = TwoSum(s2, T(x*p[2]))
		s3, e3 = TwoSum(s3, T(x*p[3]))
		c0, c1, c2, c3 = c0+e0, c1+e1, c2+e2, c3+e3
	}
	*s, *c = [Panel]T{s0, s1, s2, s3}, [Panel]T{c0, c1, c2, c3}
}
