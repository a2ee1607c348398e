package kernel

import "unsafe"

// Gather transposes rows into a panel: for i < rows and k < n,
//
//	dst[k*width + i] = x[i*stride + k]
func Gather[T Float](dst []T, width int, x []T, stride, rows, n int) {
	if width == 1 {
		copy(dst[:n], x)
		return
	}
	group, lanes := gatherShape[T]()
	vectors := n / lanes
	if active == Portable || rows < group || vectors == 0 {
		gatherPortable(dst, width, x, stride, rows, n)
		return
	}
	_, _ = dst[(n-1)*width+rows-1], x[(rows-1)*stride+n-1]
	if rows >= AcrossColumns {
		gatherMany(dst, width, x, stride, rows, n)
		return
	}
	whole := width == rows && rows == MicroTile[T]().Rows && gatherTile(&dst[0], &x[0], stride, vectors)
	for i := 0; !whole && i < rows; i += group {
		i := min(i, rows-group) // the last group may overlap the one before
		gather(&dst[i], &x[i*stride], stride, vectors, width)
	}
	if k := vectors * lanes; k < n {
		gatherPortable(dst[k*width:], width, x[k:], stride, rows, n-k)
	}
}

// gatherMany is Gather for AcrossColumns or more, with other kernels for the rest.
func gatherMany[T Float](dst []T, width int, x []T, stride, rows, n int) {
	var v T
	terms := 16 / int(unsafe.Sizeof(v))
	whole, last := n/terms*terms, rows/AcrossColumns*AcrossColumns
	for i := 0; i < last; i += AcrossColumns {
		p, q := unsafe.Pointer(&dst[i]), unsafe.Pointer(&x[i*stride])
		if Is64[T]() {
			gather16F64((*float64)(p), (*float64)(q), 8*stride, n/terms, 8*width)
		} else {
			gather16F32((*float32)(p), (*float32)(q), 4*stride, n/terms, 4*width)
		}
	}
	if whole < n {
		gatherPortable(dst[whole*width:], width, x[whole:], stride, last, n-whole)
	}
	if last < rows {
		Gather(dst[last:], width, x[last*stride:], stride, rows-last, n)
	}
}

// gatherShape returns how many rows and how many terms the kernel takes at a time.
func gatherShape[T Float]() (group, lanes int) {
	var x T
	bytes := [...]int{NEON: 16, AVX2: 32, AVX512: 64, Portable: 16}[active]
	return 16 / int(unsafe.Sizeof(x)), bytes / int(unsafe.Sizeof(x))
}

func gatherPortable[T Float](dst []T, width int, x []T, stride, rows, n int) {
	for i := range rows {
		for k, v := range x[i*stride:][:n] {
			dst[k*width+i] = v
		}
	}
}

// gatherTile gathers the rows of a whole tile. It returns false where there is no kernel for that.
func gatherTile[T Float](dst, x *T, stride, vectors int) bool {
	p, q := unsafe.Pointer(dst), unsafe.Pointer(x)
	if Is64[T]() {
		return gatherTileF64((*float64)(p), (*float64)(q), 8*stride, vectors)
	}
	return gatherTileF32((*float32)(p), (*float32)(q), 4*stride, vectors)
}

func gather[T Float](dst, x *T, stride, vectors, width int) {
	p, q := unsafe.Pointer(dst), unsafe.Pointer(x)
	if Is64[T]() {
		gatherF64((*float64)(p), (*float64)(q), 8*stride, vectors, 8*width)
	} else {
		gatherF32((*float32)(p), (*float32)(q), 4*stride, vectors, 4*width)
	}
}

// CopyRows copies columns of rows into a panel: for j < cols and k < n,
//
//	dst[k*width + j] = x[k*stride + j]
func CopyRows[T Float](dst []T, width int, x []T, stride, cols, n int) {
	if active == Portable || cols != MicroTile[T]().Cols || n == 0 {
		for k := range n {
			copy(dst[k*width:][:cols], x[k*stride:])
		}
		return
	}
	_, _ = dst[(n-1)*width+cols-1], x[(n-1)*stride+cols-1]
	p, q := unsafe.Pointer(&dst[0]), unsafe.Pointer(&x[0])
	if Is64[T]() {
		copyRowsF64((*float64)(p), (*float64)(q), 8*stride, n, 8*width)
	} else {
		copyRowsF32((*float32)(p), (*float32)(q), 4*stride, n, 4*width)
	}
}

// Finish is how the sum of an element becomes the element, without a fused multiply-add:
//
//	canonical(RN(RN(Alpha*(s + 0)) + RN(Beta*c)))    c being neither read nor added where Beta is 0
type Finish[T Float] struct {
	Alpha, Beta T
	nan         T
}

// NewFinish returns it.
func NewFinish[T Float](alpha, beta T) Finish[T] { return Finish[T]{alpha, beta, NaN[T]()} }

// Value returns the element.
func (f Finish[T]) Value(s, c T) T {
	v := T(f.Alpha * (s + 0))
	if f.Beta != 0 {
		v += T(f.Beta * c)
	}
	return Canonical(v)
}

// Tile finishes rows of a tile: for i < rows and j < cols,
//
//	c[i*stride + j] = f.Value(s[i*width + j], c[i*stride + j])
func (f *Finish[T]) Tile(c []T, stride int, s []T, width, rows, cols int) {
	if panel := MicroTile[T]().Cols; active != Portable && rows > 0 {
		for cols >= panel {
			f.panel(c, stride, s, width, rows, panel)
			if cols -= panel; cols == 0 {
				return
			}
			c, s = c[panel:], s[panel:]
		}
	}
	for i := range rows {
		row := c[i*stride:][:cols]
		for j, v := range s[i*width:][:cols] {
			row[j] = f.Value(v, row[j])
		}
	}
}

// Slice finishes so many elements: c[i] = f.Value(s[i], c[i]).
func (f *Finish[T]) Slice(c, s []T) {
	panel := MicroTile[T]().Cols
	rows := len(s) / panel
	whole := rows * panel
	f.Tile(c, panel, s, panel, rows, panel)
	f.Tile(c[whole:], panel, s[whole:], panel, 1, len(s)-whole)
}

// panel is Tile for the columns of a panel.
func (f *Finish[T]) panel(c []T, stride int, s []T, width, rows, cols int) {
	_, _ = c[(rows-1)*stride+cols-1], s[(rows-1)*width+cols-1]
	p, q, r := unsafe.Pointer(&c[0]), unsafe.Pointer(&s[0]), unsafe.Pointer(f)
	switch {
	case Is64[T]() && f.Beta == 0:
		finishF64((*float64)(p), (*float64)(q), 8*stride, rows, 8*width, (*float64)(r))
	case Is64[T]():
		finishAddF64((*float64)(p), (*float64)(q), 8*stride, rows, 8*width, (*float64)(r))
	case f.Beta == 0:
		finishF32((*float32)(p), (*float32)(q), 4*stride, rows, 4*width, (*float32)(r))
	default:
		finishAddF32((*float32)(p), (*float32)(q), 4*stride, rows, 4*width, (*float32)(r))
	}
}
