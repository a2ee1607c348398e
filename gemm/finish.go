package gemm

import "github.com/samebits/samebits/internal/kernel"

// finish turns the state of an element into its value.
type finish[T Float] struct{ alpha, beta T }

// put finishes rounded sums: C = RN(RN(alpha*s) + RN(beta*C)), without a fused
// multiply-add.
func (f finish[T]) put(c, s []T) {
	for j := range c {
		c[j] = f.value(s[j], c[j])
	}
}

// value finishes one sum. A sum that is zero counts as +0, also where products
// that underflowed left -0.
func (f finish[T]) value(s, c T) T {
	v := T(f.alpha * (s + 0))
	if f.beta != 0 {
		v += T(f.beta * c)
	}
	return kernel.Canonical(v)
}

// scale sets C = RN(beta*C), and to +0 where beta is 0.
func scale[T Float](beta T, c Matrix[T]) {
	for i := range c.Rows {
		for j, v := range c.Row(i) {
			if beta == 0 {
				c.Row(i)[j] = 0
			} else {
				c.Row(i)[j] = kernel.Canonical(T(beta * v))
			}
		}
	}
}
