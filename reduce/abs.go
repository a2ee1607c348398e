package reduce

import "github.com/samebits/samebits/internal/kernel"

// SumAbs returns the sum of |x[i]| in the given order, the 1-norm of x: Sum of the
// magnitudes. Its cost is that of Sum, and but for Pairwise, DoubleDouble and Widened
// that of a pass through a buffer, of a fixed size but in Shuffled and Arrival. The bounds of Sum hold, with A the exact result. It
// panics if the order does not apply to T (see Check).
func SumAbs[T Float](order Order, x []T) T {
	if order.kind == KindPairwise && len(x) > 0 { // at once: see Sum
		return kernel.Canonical(kernel.Total(kernel.Absolute, x, nil))
	}
	return whole(x).SumAbs(order)
}

// SumAbs is the function SumAbs over the elements of v.
func (v Vector[T]) SumAbs(order Order) T {
	if v.Inc == 1 && order.IsTree() {
		v.mustFit()
		return sum(order, terms[T]{x: v.Data[:v.N], absolute: true}, 1)
	}
	return stream[T]{x: v, f: mapping[T]{kind: absolute}}.sum(order)
}
