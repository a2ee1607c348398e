package kernel

import "math"

// RowProgram names what is done to each element of a row: with x, y and z the elements
// and a a number,
//
//	RowLess:          x - a
//	RowPlus:          x + y
//	RowOver:          x / a
//	RowOverTimes:     (x/a) * y
//	RowOverTimesPlus: (x/a)*y + z
//
// every operation rounded once.
type RowProgram uint8

const (
	RowLess RowProgram = iota
	RowPlus
	RowOver
	RowOverTimes
	RowOverTimesPlus
)

// rowGroup is how many elements are done one by one where a vector kernel stops: at
// least as many as a vector has.
const rowGroup = 16

// Each sets dst[i] for all i. y and z may be nil if the program does not use them; all
// else must be as long as x. dst may be x. A NaN is the canonical one.
func Each[T Float](of RowProgram, dst, x, y, z []T, a T) {
	for i := 0; i < len(x); {
		i += rows(of, dst[i:], x[i:], from(y, i), from(z, i), a)
		for last := min(i+rowGroup, len(x)); i < last; i++ {
			dst[i] = Canonical(one(of, x[i], y, z, i, a))
		}
	}
}

func from[T Float](y []T, i int) []T {
	if y == nil {
		return nil
	}
	return y[i:]
}

// one returns the result for an element.
func one[T Float](of RowProgram, x T, y, z []T, i int, a T) T {
	switch of {
	case RowLess:
		return x - a
	case RowPlus:
		return x + y[i]
	case RowOver:
		return x / a
	case RowOverTimes:
		return T(T(x/a) * y[i])
	}
	return T(T(x/a)*y[i]) + z[i]
}

// rows is Each up to a NaN, or the ragged end. It returns how many are done.
func rows[T Float](of RowProgram, dst, x, y, z []T, a T) int {
	if Is64[T]() {
		b := float64(a)
		return rowsF64(of, As[float64](dst), As[float64](x), As[float64](y), As[float64](z), &b)
	}
	b := float32(a)
	return rowsF32(of, As[float32](dst), As[float32](x), As[float32](y), As[float32](z), &b)
}

// Maximum returns the maximum of x, NaN if any is, and -Inf of none. Which zero it
// returns of several is not told.
func Maximum[T Float](x []T) T {
	var lanes [rowGroup]T
	for i := range lanes {
		lanes[i] = T(math.Inf(-1))
	}
	var done int
	if Is64[T]() {
		done = rowsMaxF64(&As[float64](lanes[:])[0], As[float64](x))
	} else {
		done = rowsMaxF32(&As[float32](lanes[:])[0], As[float32](x))
	}
	m := lanes[0]
	for _, v := range lanes[1:] {
		m = max(m, v)
	}
	for _, v := range x[done:] {
		if v > m || v != v {
			m = v
		}
	}
	return Canonical(m)
}
