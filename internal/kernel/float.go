// Package kernel holds the arithmetic that everything else is made of: the
// error-free transformations and the inner loops of sums and products. Every
// loop here has one documented order of operations; a faster twin may replace
// it only if it gives the same bits.
package kernel

import (
	"math"
	"unsafe"
)

// Float is a type in which samebits computes: IEEE 754 binary32 or binary64.
type Float interface{ float32 | float64 }

// Is64 tells whether T is float64. The compiler instantiates generic code for
// each of the two types and folds the answer, so a branch on it is free.
func Is64[T Float]() bool {
	var x T
	return unsafe.Sizeof(x) == 8
}

// Cast returns x, whose type is S, as such: where T is float64 by Is64, a value of a type of T as one of the
// type of float64. It costs nothing.
func Cast[S, T any](x T) S { return *(*S)(unsafe.Pointer(&x)) }

// NaN is the canonical quiet NaN, the only one that arithmetic returns:
// 0x7fc00000 or 0x7ff8000000000000.
func NaN[T Float]() T {
	if Is64[T]() {
		return T(math.Float64frombits(0x7ff8000000000000))
	}
	// float32(float64 NaN) need not keep these bits: on mips64le it does not.
	return T(math.Float32frombits(0x7fc00000))
}

// Canonical returns x, or the canonical quiet NaN where x is any NaN.
func Canonical[T Float](x T) T {
	if x != x {
		return NaN[T]()
	}
	return x
}

// Abs returns |x|: x with its sign cleared, also of a zero or a NaN.
func Abs[T Float](x T) T {
	if Is64[T]() {
		return T(math.Abs(float64(x)))
	}
	return T(math.Float32frombits(math.Float32bits(float32(x)) &^ (1 << 31)))
}

// IsFinite tells whether x is neither an infinity nor a NaN.
func IsFinite[T Float](x T) bool { return x-x == 0 }

// AllFinite tells whether all of x are finite.
func AllFinite[T Float](x []T) bool {
	var zero T // x - x is 0, or NaN where x is not finite, and so is a sum of such
	for len(x) >= 8 {
		a := (*[8]T)(x)
		zero += ((a[0] - a[0]) + (a[1] - a[1])) + ((a[2] - a[2]) + (a[3] - a[3])) + (((a[4] - a[4]) + (a[5] - a[5])) + ((a[6] - a[6]) + (a[7] - a[7])))
		x = x[8:]
	}
	for _, v := range x {
		zero += v - v
	}
	return zero == 0
}

// Bits returns the IEEE 754 representation of x, in the low 32 bits for float32.
func Bits[T Float](x T) uint64 {
	if Is64[T]() {
		return math.Float64bits(float64(x))
	}
	return uint64(math.Float32bits(float32(x)))
}

// AddTo sets x = x + y, a NaN being the canonical one. It panics if y is shorter
// than x.
func AddTo[T Float](x, y []T) {
	y = y[:len(x)]
	if HasRows() {
		EachOf(RowPlus, len(x), unsafe.SliceData(x), unsafe.SliceData(x), unsafe.SliceData(y), nil, nil)
		return
	}
	addToPortable(x, y)
}

// addToPortable is the twin of the kernels.
func addToPortable[T Float](x, y []T) {
	for len(x) >= 8 {
		a, b := (*[8]T)(x), (*[8]T)(y)
		a[0], a[1], a[2], a[3] = a[0]+b[0], a[1]+b[1], a[2]+b[2], a[3]+b[3]
		a[4], a[5], a[6], a[7] = a[4]+b[4], a[5]+b[5], a[6]+b[6], a[7]+b[7]
		// x - x is 0, or NaN where x is an infinity or a NaN, and so is a sum of such.
		if s := ((a[0] - a[0]) + (a[1] - a[1])) + ((a[2] - a[2]) + (a[3] - a[3])) + (((a[4] - a[4]) + (a[5] - a[5])) + ((a[6] - a[6]) + (a[7] - a[7]))); s != s {
			for i, v := range a {
				a[i] = Canonical(v)
			}
		}
		x, y = x[8:], y[8:]
	}
	for i, v := range y[:len(x)] {
		x[i] = Canonical(x[i] + v)
	}
}
