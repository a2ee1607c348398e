package reduce

import "github.com/samebits/samebits/internal/kernel"

// Who calls a generic function compiles it, with all that it calls, once more: a package that sums would
// compile most of this one, for each type. Here that ends. What follows the functions of one type below is
// compiled with this package alone, and they are not inlined, so that it stays here.

// sum returns the sum of the terms on so many goroutines at most.
func sum[T Float](order Order, t terms[T], threads int) T {
	if kernel.Is64[T]() {
		return T(sum64(order, kernel.Cast[terms[float64]](t), threads))
	}
	return T(sum32(order, kernel.Cast[terms[float32]](t), threads))
}

//go:noinline
func sum64(order Order, t terms[float64], threads int) float64 { return sumTerms(order, t, threads) }

//go:noinline
func sum32(order Order, t terms[float32], threads int) float32 { return sumTerms(order, t, threads) }

// exactMany returns the correctly rounded sum of terms that are not few.
func exactMany[T Float](of kernel.Terms, x, y []T) T {
	if kernel.Is64[T]() {
		return T(many64(of, kernel.As[float64](x), kernel.As[float64](y)))
	}
	return T(many32(of, kernel.As[float32](x), kernel.As[float32](y)))
}

//go:noinline
func many64(of kernel.Terms, x, y []float64) float64 { return sumMany(of, x, y) }

//go:noinline
func many32(of kernel.Terms, x, y []float32) float32 { return sumMany(of, x, y) }

// add adds the terms of a sum or a dot product.
func (b *Bins[T]) add(t terms[T]) {
	if kernel.Is64[T]() {
		addTerms64(kernel.Cast[*Bins[float64]](b), kernel.Cast[terms[float64]](t))
		return
	}
	addTerms32(kernel.Cast[*Bins[float32]](b), kernel.Cast[terms[float32]](t))
}

//go:noinline
func addTerms64(b *Bins[float64], t terms[float64]) { addTerms(b, t) }

//go:noinline
func addTerms32(b *Bins[float32], t terms[float32]) { addTerms(b, t) }

// addProducts adds the terms x[i]*y[i*stride]. Lengths and stride fit.
func addProducts[T Float](b *Bins[T], x, y []T, stride int) {
	if kernel.Is64[T]() {
		addProducts64(kernel.Cast[*Bins[float64]](b), kernel.As[float64](x), kernel.As[float64](y), stride)
		return
	}
	addProducts32(kernel.Cast[*Bins[float32]](b), kernel.As[float32](x), kernel.As[float32](y), stride)
}

//go:noinline
func addProducts64(b *Bins[float64], x []float64, y []float64, stride int) {
	multiplyTerms(b, x, y, stride)
}

//go:noinline
func addProducts32(b *Bins[float32], x []float32, y []float32, stride int) {
	multiplyTerms(b, x, y, stride)
}

// sum returns the sum of the terms in the given order.
func (s stream[T]) sum(order Order) T {
	if kernel.Is64[T]() {
		return T(stream64(kernel.Cast[stream[float64]](s), order))
	}
	return T(stream32(kernel.Cast[stream[float32]](s), order))
}

//go:noinline
func stream64(s stream[float64], order Order) float64 { return sumStream(s, order) }

//go:noinline
func stream32(s stream[float32], order Order) float32 { return sumStream(s, order) }

// exact returns the exact sum of the terms.
func (s stream[T]) exact() *Superaccumulator {
	if kernel.Is64[T]() {
		return exactStream64(kernel.Cast[stream[float64]](s))
	}
	return exactStream32(kernel.Cast[stream[float32]](s))
}

//go:noinline
func exactStream64(s stream[float64]) *Superaccumulator { return exactStream(s) }

//go:noinline
func exactStream32(s stream[float32]) *Superaccumulator { return exactStream(s) }

// max returns the largest v, canonical where it is a NaN. There is at least one.
func (s stream[T]) max() T {
	if kernel.Is64[T]() {
		return T(maxStream64(kernel.Cast[stream[float64]](s)))
	}
	return T(maxStream32(kernel.Cast[stream[float32]](s)))
}

//go:noinline
func maxStream64(s stream[float64]) float64 { return maxStream(s) }

//go:noinline
func maxStream32(s stream[float32]) float32 { return maxStream(s) }

// add appends terms, as Add and AddProducts do.
func (a *Accumulator[T]) add(t terms[T]) {
	if kernel.Is64[T]() {
		append64(kernel.Cast[*Accumulator[float64]](a), kernel.Cast[terms[float64]](t))
		return
	}
	append32(kernel.Cast[*Accumulator[float32]](a), kernel.Cast[terms[float32]](t))
}

//go:noinline
func append64(a *Accumulator[float64], t terms[float64]) { addToState(a, t) }

//go:noinline
func append32(a *Accumulator[float32], t terms[float32]) { addToState(a, t) }
