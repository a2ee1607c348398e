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

// NarrowTile is Tile over sums in float64, each rounded to T first.
func (f *Finish[T]) NarrowTile(c []T, stride int, s []float64, width, rows, cols int) {
	if !Is64[T]() && cols == MicroTile[float64]().Cols && rows > 0 {
		_, _ = c[(rows-1)*stride+cols-1], s[(rows-1)*width+cols-1]
		p, r := (*float32)(unsafe.Pointer(&c[0])), (*float32)(unsafe.Pointer(f))
		if f.Beta == 0 && finishWide(p, &s[0], 4*stride, rows, 8*width, r) || f.Beta != 0 && finishWideAdd(p, &s[0], 4*stride, rows, 8*width, r) {
			return
		}
	}
	for i := range rows {
		row := c[i*stride:][:cols]
		for j, v := range s[i*width:][:cols] {
			row[j] = f.Value(T(v), row[j])
		}
	}
}

// Certify sets dst[j] to what alpha*s[j] rounds to, in float64 and then to T, if all numbers
// no further from alpha*s[j] than scale*norm[j], and rounded likewise, round to the same,
// and that is finite and not zero. It returns false, dst being of any value, where one does
// not, or where the active backend has no such kernel for so many columns.
func Certify[T Float](dst []T, s, norm []float64, alpha, scale float64) bool {
	n := MicroTile[float64]().Cols
	if Is64[T]() || active == Portable || len(dst) != n {
		return false
	}
	factors, words := [2]float64{alpha, scale}, [16]uint64{}
	_, _ = s[n-1], norm[n-1]
	if !certify((*float32)(unsafe.Pointer(&dst[0])), &s[0], &norm[0], &factors[0], &words[0]) {
		return false
	}
	equal, zero := ^uint64(0), uint64(0)
	for i := range n / 2 {
		equal &= words[i]
		zero |= words[n/2+i]
	}
	return ^equal|zero == 0
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
