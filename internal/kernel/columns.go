package kernel

import "unsafe"

// WidenColumns sets dst[k*cols+j] = x[k*stride+j] for j < cols: so many columns of a panel
// or of a matrix, in float64. dst holds whole terms; x must reach as far.
func WidenColumns[T Float](dst []float64, x []T, cols, stride int) {
	n := len(dst) / cols
	if n == 0 {
		return
	}
	_ = x[(n-1)*stride+cols-1]
	if active != Portable && !Is64[T]() {
		tile := MicroTile[float64]().Cols
		if cols == stride { // a run of numbers, of which a few are left
			n, cols, stride = len(dst)%tile, 1, 1
			run := len(dst) - n
			if run > 0 {
				widenColumns(&dst[0], &As[float32](x)[0], run/tile, 4*tile)
			}
			dst, x = dst[run:], x[run:]
		} else if cols == tile {
			widenColumns(&dst[0], &As[float32](x)[0], n, 4*stride)
			return
		}
	}
	for k := range n {
		to := dst[k*cols : (k+1)*cols]
		for j, v := range x[k*stride:][:cols] {
			to[j] = float64(v)
		}
	}
}

// ColumnSquares sets dst[j], for each of its columns, to the sum over n terms k of the
// squares of x[k*stride+j], in float64, each step rounded once or twice: less than the
// exact sum by a factor of 1 - (n+1)*2^-53 at most, and where squares underflow by
// n*2^-1074 more. That is for bounds: backends need not give the same bits.
func ColumnSquares[T Float](dst []float64, x []T, n, stride int) {
	clear(dst)
	if n == 0 || len(dst) == 0 {
		return
	}
	_ = x[(n-1)*stride+len(dst)-1]
	if active != Portable {
		cols := MicroTile[float64]().Cols
		for ; len(dst) >= cols; dst, x = dst[cols:], x[cols:] {
			if Is64[T]() {
				squaresF64(&dst[0], (*float64)(unsafe.Pointer(&x[0])), n, 8*stride)
			} else {
				squaresWide(&dst[0], (*float32)(unsafe.Pointer(&x[0])), n, 4*stride)
			}
		}
	}
	for k := range n {
		for j, v := range x[k*stride:][:len(dst)] {
			dst[j] += float64(float64(v) * float64(v))
		}
	}
}
