package reduce

import (
	"fmt"

	"github.com/samebits/samebits/internal/plural"
)

// Vector is a strided view of N numbers: element i is Data[i*Inc]. It is laid
// out as blas64.Vector of gonum is, so that a column of a row-major matrix is the
// Vector{N: rows, Inc: stride, Data: data[column:]}.
//
// Every method gives the bits that the function of its name gives over the same
// elements in a slice. Where Inc is 1 it is that function. Otherwise the elements
// pass through a buffer of a fixed size; Shuffled and Arrival gather all N.
//
// A method panics if the vector is not one that NewVector would return.
type Vector[T Float] struct {
	N, Inc int
	Data   []T
}

// NewVector returns the view of n elements of data, inc apart. It panics unless
// n >= 0, inc >= 1 and, for n >= 1, data has at least (n-1)*inc+1 elements.
func NewVector[T Float](n, inc int, data []T) Vector[T] {
	v := Vector[T]{N: n, Inc: inc, Data: data}
	v.mustFit()
	return v
}

// whole is the view of a slice.
func whole[T Float](x []T) Vector[T] { return Vector[T]{N: len(x), Inc: 1, Data: x} }

// mustFit panics if the vector is not one. It divides where (n-1)*inc may
// exceed the largest int.
func (v Vector[T]) mustFit() {
	switch {
	case v.N < 0:
		panic(fmt.Sprintf("reduce: vector of %s: want 0 or more", plural.Of(v.N, "element")))
	case v.Inc < 1:
		panic(fmt.Sprintf("reduce: vector of increment %d: want 1 or more", v.Inc))
	case v.N > 0 && (len(v.Data) == 0 || v.N-1 > (len(v.Data)-1)/v.Inc):
		panic(fmt.Sprintf("reduce: vector of %s at increment %d: too long for %s", plural.Of(v.N, "element"), v.Inc, plural.Of(len(v.Data), "number")))
	}
}

// Sum is the function Sum over the elements of v.
func (v Vector[T]) Sum(order Order) T { return stream[T]{x: v}.sum(order) }

// Dot is the function Dot over the elements of v and w. It panics if the lengths
// differ.
func (v Vector[T]) Dot(order Order, w Vector[T]) T {
	if v.N != w.N {
		panicMismatch(v.N, w.N)
	}
	w.mustFit()
	return stream[T]{x: v, y: w, kind: productTerms}.sum(order)
}

// SumSquares is the function SumSquares over the elements of v.
func (v Vector[T]) SumSquares(order Order) T { return stream[T]{x: v, kind: squareTerms}.sum(order) }
