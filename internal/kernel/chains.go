package kernel

import (
	"math"
	"unsafe"
)

// Many chains at once: side by side over the rows of a matrix, or along several of its rows.

// HasRows tells whether the active backend has kernels of rows. Without, the functions of this package
// that work on rows are Go.
func HasRows() bool { return active == AVX512 || active == AVX2 }

// Outer adds a product of a column and a row to a matrix, whose rows begin stride apart: RowOuter for each row.
//
//	for i < len(u): for j < len(x): c[i*stride+j] = a*(u[i]*x[j]+0) + c[i*stride+j]
//
// every operation rounded once. A NaN is the canonical one. c overlaps neither u nor x.
func Outer[T Float](c []T, stride int, a T, u, x []T) {
	m, n := len(u), len(x)
	if m == 0 || n == 0 {
		return
	}
	_ = c[(m-1)*stride+n-1]
	if !HasRows() {
		for i, v := range u {
			row := c[i*stride:][:n]
			some(RowOuter, row, x, row, nil, &RowNumbers[T]{a, v})
		}
		return
	}
	if Is64[T]() {
		f := float64(a)
		rowsOuterF64(&As[float64](c)[0], &As[float64](x)[0], &As[float64](u)[0], n, m, 8*stride, 8, &f)
	} else {
		f := float32(a)
		rowsOuterF32(&As[float32](c)[0], &As[float32](x)[0], &As[float32](u)[0], n, m, 4*stride, 4, &f)
	}
}

// Columns are the factors of chains side by side: of row h of a product and its term k, Left[h*Row+k*Step], and, of
// column j, Right[k*Stride+j]. There are N columns and K terms.
type Columns[T Float] struct {
	Left      *T
	Row, Step int
	Right     *T
	Stride    int
	N, K      int
}

// From returns the factors from term k on.
func (c Columns[T]) From(k int) Columns[T] {
	c.Left, c.Right = After(c.Left, k*c.Step), After(c.Right, k*c.Stride)
	c.K -= k
	return c
}

// After is the element so many after that, or before it.
func After[T Float](x *T, n int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(x), n*int(unsafe.Sizeof(*x))))
}

// Continue continues the chains of as many whole rows as there are sums. K is at least 1.
//
//	for k < K ascending: sums[h*N+j] = FMA(Left[h*Row+k*Step], Right[k*Stride+j], sums[h*N+j])
//
// Its NaN may be any. Steps and strides may be negative. The caller sees to the lengths. sums overlaps no factors.
func (c *Columns[T]) Continue(sums []T) {
	if len(sums) == 0 {
		return
	}
	size, rows := int(unsafe.Sizeof(*c.Left)), 1
	if len(sums) != c.N { // a division takes as long as a few terms
		rows = len(sums) / c.N
	}
	d, x, y := unsafe.Pointer(&sums[0]), unsafe.Pointer(c.Right), unsafe.Pointer(c.Left)
	switch {
	case !HasRows():
		for h := range rows {
			row := sums[h*c.N:][:c.N]
			for k := range c.K {
				some(RowFused, row, unsafe.Slice(After(c.Right, k*c.Stride), c.N), row, nil, &RowNumbers[T]{*After(c.Left, h*c.Row+k*c.Step)})
			}
		}
	case Is64[T]():
		columnChainsF64((*float64)(d), (*float64)(x), (*float64)(y), c.N, c.K, size*c.Stride, size*c.Step, rows, size*c.Row)
	default:
		columnChainsF32((*float32)(d), (*float32)(x), (*float32)(y), c.N, c.K, size*c.Stride, size*c.Step, rows, size*c.Row)
	}
}

// RowChains sets sums to the chains of the leaves of n terms along a row of a, and x: those of each leaf for all of so many rows, one leaf after the
// other. Rows begin stride apart:
//
//	s = +0; for k = l*leaf, ..., min((l+1)*leaf, n)-1, or down from -l*leaf: s = FMA(a[i*stride+k], x[k], s); sums[l*rows+i] = s
//
// Its NaN may be any. The caller sees to the lengths. There is a row and a term at least. sums overlaps neither a nor x.
func RowChains[T Float](leaf int, sums []T, rows int, a *T, stride int, x *T, n int, down bool) {
	size := int(unsafe.Sizeof(*x))
	step := size
	if down {
		step = -size
	}
	d, u, v := unsafe.Pointer(&sums[0]), unsafe.Pointer(a), unsafe.Pointer(x)
	switch {
	case !HasRows():
		for k := 0; k < n; k += leaf {
			for i := range rows {
				sums[i] = chainFrom((*T)(unsafe.Add(u, i*stride*size+k*step)), (*T)(unsafe.Add(v, k*step)), min(leaf, n-k), step)
			}
			sums = sums[rows:]
		}
	case Is64[T]():
		rowChainsF64((*float64)(d), (*float64)(u), (*float64)(v), n, rows, 8*stride, step, leaf, 8*rows, 0)
	default:
		rowChainsF32((*float32)(d), (*float32)(u), (*float32)(v), n, rows, 4*stride, step, leaf, 4*rows, 0)
	}
}

// chainFrom is RowChains for one row, in Go.
func chainFrom[T Float](a, x *T, n, step int) (s T) {
	p, q := unsafe.Pointer(a), unsafe.Pointer(x)
	for i, k := 0, 0; i < n; i, k = i+1, k+step {
		u, v := *(*T)(unsafe.Add(p, k)), *(*T)(unsafe.Add(q, k))
		if Is64[T]() { // FMA is too large to be inlined
			s = T(math.FMA(float64(u), float64(v), float64(s)))
		} else {
			s = FMA(u, v, s)
		}
	}
	return s
}
