package gemm

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
)

// Float is a type in which samebits computes: IEEE 754 binary32 or binary64.
type Float = kernel.Float

// Matrix is a row-major matrix: element (i, j) is Data[i*Stride+j]. Stride is the
// leading dimension, at least Cols. Data may be nil where there are no elements.
type Matrix[T Float] struct {
	Rows, Cols, Stride int
	Data               []T
}

// NewMatrix returns a matrix of zeros with Stride = cols. It panics if a dimension is
// negative, or the number of elements exceeds the largest int.
func NewMatrix[T Float](rows, cols int) Matrix[T] {
	if rows < 0 || cols < 0 {
		panic(fmt.Sprintf("gemm: matrix of %d x %d: want no negative dimension", rows, cols))
	}
	if cols > 0 && rows > math.MaxInt/cols {
		panic(fmt.Sprintf("gemm: matrix of %d x %d: want no more than %d elements", rows, cols, math.MaxInt))
	}
	return Matrix[T]{rows, cols, cols, make([]T, rows*cols)}
}

// Dense returns the matrix of that shape over data, with Stride = cols. Products look
// whether data are long enough.
func Dense[T Float](rows, cols int, data []T) Matrix[T] {
	return Matrix[T]{rows, cols, cols, data}
}

// Row returns row i, sharing memory. It panics unless 0 <= i < Rows.
func (m Matrix[T]) Row(i int) []T {
	if uint(i) >= uint(m.Rows) {
		noRow(i, m.Rows, m.Cols)
	}
	if m.Cols == 0 {
		return nil // there may be no memory behind it
	}
	return m.Data[i*m.Stride : i*m.Stride+m.Cols]
}

//go:noinline
func noRow(i, rows, cols int) {
	panic(fmt.Sprintf("gemm: row %d of a matrix of %d x %d", i, rows, cols))
}

// View returns rows [i0, i1) and columns [j0, j1), sharing memory. It panics unless 0 <=
// i0 <= i1 <= Rows and 0 <= j0 <= j1 <= Cols.
func (m Matrix[T]) View(i0, i1, j0, j1 int) Matrix[T] {
	if i0 < 0 || i0 > i1 || i1 > m.Rows || j0 < 0 || j0 > j1 || j1 > m.Cols {
		panic(fmt.Sprintf("gemm: rows [%d,%d) and columns [%d,%d) of a matrix of %d x %d", i0, i1, j0, j1, m.Rows, m.Cols))
	}
	v := Matrix[T]{Rows: i1 - i0, Cols: j1 - j0, Stride: m.Stride}
	if v.Rows > 0 && v.Cols > 0 {
		v.Data = m.Data[i0*m.Stride+j0 : (i1-1)*m.Stride+j1]
	}
	return v
}

// check returns an error that names the matrix if its shape is impossible or its
// data too short.
func (m Matrix[T]) check(name string) error { return m.checkLen(name, len(m.Data)) }

// checkLen is check for data of n elements.
func (m Matrix[T]) checkLen(name string, n int) error {
	if m.Rows < 0 || m.Cols < 0 {
		return fmt.Errorf("gemm: %s is %d x %d: want no negative dimension", name, m.Rows, m.Cols)
	}
	if m.Stride < m.Cols {
		return fmt.Errorf("gemm: %s is %d x %d with leading dimension %d: want at least %d", name, m.Rows, m.Cols, m.Stride, m.Cols)
	}
	if m.empty() {
		return nil
	}
	if n < m.Cols || (n-m.Cols)/m.Stride < m.Rows-1 { // (Rows-1)*Stride + Cols might overflow
		return fmt.Errorf("gemm: %s is %d x %d with leading dimension %d, and its data of %d elements are too short", name, m.Rows, m.Cols, m.Stride, n)
	}
	return nil
}

// empty tells whether there are no elements. There may be more rows, columns or terms then than any memory holds.
func (m Matrix[T]) empty() bool { return m.Rows == 0 || m.Cols == 0 }

// extent returns the number of elements from the first to the last.
func (m Matrix[T]) extent() int {
	if m.empty() {
		return 0
	}
	return (m.Rows-1)*m.Stride + m.Cols
}

// op returns the dimensions of m, or of its transpose.
func (m Matrix[T]) op(trans bool) (rows, cols int) {
	if trans {
		return m.Cols, m.Rows
	}
	return m.Rows, m.Cols
}

// overlaps tells whether the memory of m and n overlaps, from the first element to
// the last.
func (m Matrix[T]) overlaps(n Matrix[T]) bool {
	if m.extent() == 0 || n.extent() == 0 {
		return false
	}
	first := func(x Matrix[T]) uintptr { return uintptr(unsafe.Pointer(&x.Data[0])) }
	last := func(x Matrix[T]) uintptr { return uintptr(unsafe.Pointer(&x.Data[x.extent()-1])) }
	return first(m) <= last(n) && first(n) <= last(m)
}
