package kernel

import "unsafe"

// Widen sets dst[k*cols+j] = x[k*stride+j] for j < cols: so many columns of a panel in
// float64. dst holds whole terms; x must reach as far.
func Widen[T Float](dst []float64, x []T, cols, stride int) {
	n := len(dst) / cols
	if n == 0 {
		return
	}
	_ = x[(n-1)*stride+cols-1]
	if active != Portable && cols == MicroTile[float64]().Cols && !Is64[T]() {
		widen(&dst[0], &As[float32](x)[0], n, 4*stride)
		return
	}
	for k := range n {
		row := x[k*stride : k*stride+cols]
		for j, v := range row {
			dst[k*cols+j] = float64(v)
		}
	}
}

// ColumnSquares sets dst[j], for each of its columns, to the sum over n terms k of the
// squares of x[k*stride+j], in float64, each step rounded once or twice: less than the
// exact sum by a factor of 1 - (n+1)*2^-53 at most, and where squares underflow by
// n*2^-1074 more.
func ColumnSquares[T Float](dst []float64, x []T, n, stride int) {
	clear(dst)
	if n == 0 || len(dst) == 0 {
		return
	}
	_ = x[(n-1)*stride+len(dst)-1]
	if cols := MicroTile[float64]().Cols; active != Portable && len(dst)%cols == 0 {
		for j := 0; j < len(dst); j += cols {
			if Is64[T]() {
				squaresF64(&dst[j], (*float64)(unsafe.Pointer(&x[j])), n, 8*stride)
			} else {
				squaresWide(&dst[j], (*float32)(unsafe.Pointer(&x[j])), n, 4*stride)
			}
		}
		return
	}
	for k := range n {
		for j, v := range x[k*stride : k*stride+len(dst)] {
			dst[j] += float64(float64(v) * float64(v))
		}
	}
}
