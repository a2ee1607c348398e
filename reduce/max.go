package reduce

import "github.com/samebits/samebits/internal/kernel"

// Max returns the largest element of x: the operation maximum of IEEE 754-2019,
// 9.6. It is the canonical NaN if any element is a NaN, and +0 is larger than -0.
// It reads each element once. It panics if x is empty.
func Max[T Float](x []T) T { return whole(x).Max() }

// Max is the function Max over the elements of v.
func (v Vector[T]) Max() T {
	v.mustFit()
	if v.N == 0 {
		panic("reduce: maximum of no elements")
	}
	if v.Inc == 1 {
		return kernel.Canonical(largest(v.Data[:v.N]))
	}
	return kernel.Canonical(stream[T]{x: v}.max())
}

// ArgMax returns the index of the first NaN in x if there is one, else that of the
// first element with the bits of Max(x). It reads each element at most twice. It
// panics if x is empty.
func ArgMax[T Float](x []T) int { return whole(x).ArgMax() }

// ArgMax is the function ArgMax over the elements of v. The index counts elements:
// it is that of Data divided by Inc.
func (v Vector[T]) ArgMax() int {
	most := v.Max()
	i := 0
	if most != most {
		for x := v.Data[0]; x == x; x = v.Data[i*v.Inc] {
			i++
		}
		return i
	}
	for kernel.Bits(v.Data[i*v.Inc]) != kernel.Bits(most) {
		i++
	}
	return i
}

// largest returns the largest element of x, of which there is at least one, or a
// NaN. The built-in max is the maximum of IEEE 754, which is associative and
// commutative: its eight chains give what one would.
func largest[T Float](x []T) T {
	m := x[0]
	if len(x) >= 8 {
		c := [8]T(x)
		for x = x[8:]; len(x) >= 8; x = x[8:] {
			c[0], c[1], c[2], c[3] = max(c[0], x[0]), max(c[1], x[1]), max(c[2], x[2]), max(c[3], x[3])
			c[4], c[5], c[6], c[7] = max(c[4], x[4]), max(c[5], x[5]), max(c[6], x[6]), max(c[7], x[7])
		}
		m = max(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7])
	}
	for _, v := range x {
		m = max(m, v)
	}
	return m
}
