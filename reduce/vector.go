package reduce

import (
	"fmt"
	"unsafe"

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

// mustFit panics if the vector is not one.
func (v Vector[T]) mustFit() {
	switch {
	case v.N < 0:
		panic(fmt.Sprintf("reduce: vector of %s: want 0 or more", plural.Of(v.N, "element")))
	case v.Inc < 1:
		panic(fmt.Sprintf("reduce: vector of increment %d: want 1 or more", v.Inc))
	case !stretches(v.N, len(v.Data), v.Inc):
		panic(fmt.Sprintf("reduce: vector of %s at increment %d: too long for %s", plural.Of(v.N, "element"), v.Inc, plural.Of(len(v.Data), "number")))
	}
}

// commonElement returns the first element of v that lies where one of w does, and which,
// or -1. It looks at every element only where their memory overlaps and their
// increments let them meet.
func commonElement[T Float](v, w Vector[T]) (i, j int) {
	if v.N == 0 || w.N == 0 {
		return -1, -1
	}
	size := int(unsafe.Sizeof(T(0)))
	at := func(u Vector[T], i int) uintptr { return uintptr(unsafe.Pointer(&u.Data[i*u.Inc])) }
	if at(v, v.N-1) < at(w, 0) || at(w, w.N-1) < at(v, 0) {
		return -1, -1
	}
	bytes := int(at(v, 0) - at(w, 0)) // from the first of w to the first of v
	distance := bytes / size
	if bytes%size != 0 || distance%gcd(v.Inc, w.Inc) != 0 {
		return -1, -1
	}
	for i := range v.N {
		if j := distance / w.Inc; distance >= 0 && distance%w.Inc == 0 && j < w.N {
			return i, j
		}
		distance += v.Inc
	}
	return -1, -1
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
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
