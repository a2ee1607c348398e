package kernel

import (
	"math"
	"unsafe"
)

// RowProgram names what is done to each element of a row: with x, y and z the elements
// and a, b and c numbers,
//
//	RowLess:          x - a
//	RowPlus:          x + y
//	RowOver:          x / a
//	RowOverTimes:     (x/a) * y
//	RowOverTimesPlus: (x/a)*y + z
//	RowTimes:         a*x
//	RowTimesPlus:     a*x + y
//	RowFused:         FMA(a, x, y)
//	RowMix:           a*x + b*y
//	RowScale:         a*(x+0)
//	RowFinish:        a*(x+0) + b*y
//	RowOuter:         a*(b*x+0) + y
//	RowOuterTwo:      a*(FMA(c, z, b*x+0)+0) + y
//
// every operation rounded once.
type RowProgram uint8

const (
	RowLess RowProgram = iota
	RowPlus
	RowOver
	RowOverTimes
	RowOverTimesPlus
	RowTimes
	RowTimesPlus
	RowFused
	RowMix
	RowScale
	RowFinish
	RowOuter
	RowOuterTwo
	rowPrograms
)

// RowNumbers are a, b and c.
type RowNumbers[T Float] [3]T

// Each sets dst[i] for all i. y and z may be nil if the program does not use them; all
// else must be as long as x. dst may be x, y or z. Numbers that are not given are 0. A NaN is the canonical one.
func Each[T Float](of RowProgram, dst, x, y, z []T, numbers ...T) {
	dst = dst[:len(x)]
	if y != nil {
		y = y[:len(x)]
	}
	if z != nil {
		z = z[:len(x)]
	}
	var p RowNumbers[T]
	copy(p[:], numbers)
	EachOf(of, len(x), unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y), unsafe.SliceData(z), &p)
}

// EachOf is Each of n elements from those on that are pointed to. The caller sees to the lengths: what is
// short is done as fast as it is called.
func EachOf[T Float](of RowProgram, n int, dst, x, y, z *T, p *RowNumbers[T]) {
	rows(of, n, dst, x, y, z, p)
}

func from[T Float](x *T, n int) []T {
	if x == nil {
		return nil
	}
	return unsafe.Slice(x, n)
}

// some is Each in Go.
func some[T Float](of RowProgram, dst, x, y, z []T, p *RowNumbers[T]) {
	a, b, c := p[0], p[1], p[2]
	switch of {
	case RowLess:
		for i, v := range x {
			dst[i] = Canonical(v - a)
		}
	case RowPlus:
		for i, v := range x {
			dst[i] = Canonical(v + y[i])
		}
	case RowOver:
		for i, v := range x {
			dst[i] = Canonical(v / a)
		}
	case RowOverTimes:
		for i, v := range x {
			dst[i] = Canonical(T(T(v/a) * y[i]))
		}
	case RowOverTimesPlus:
		for i, v := range x {
			dst[i] = Canonical(T(T(v/a)*y[i]) + z[i])
		}
	case RowTimes:
		for i, v := range x {
			dst[i] = Canonical(T(a * v))
		}
	case RowTimesPlus:
		for i, v := range x {
			dst[i] = Canonical(T(a*v) + y[i])
		}
	case RowFused:
		fusedRow(dst, x, y, a)
	case RowMix:
		for i, v := range x {
			dst[i] = Canonical(T(a*v) + T(b*y[i]))
		}
	case RowScale:
		for i, v := range x {
			dst[i] = Canonical(T(a * (v + 0)))
		}
	case RowFinish:
		for i, v := range x {
			dst[i] = Canonical(T(a*(v+0)) + T(b*y[i]))
		}
	case RowOuter:
		for i, v := range x {
			dst[i] = Canonical(T(a*(T(b*v)+0)) + y[i])
		}
	case RowOuterTwo:
		outerTwoRow(dst, x, y, z, a, b, c)
	}
}

// outerTwoRow is RowOuterTwo. Of float64 a fused operation of package math is inlined, where FMA is a call.
func outerTwoRow[T Float](dst, x, y, z []T, a, b, c T) {
	if Is64[T]() {
		d, u, v, w, f, g, h := As[float64](dst), As[float64](x), As[float64](y), As[float64](z), float64(a), float64(b), float64(c)
		for i, s := range u {
			d[i] = Canonical(float64(f*(math.FMA(h, w[i], float64(g*s)+0)+0)) + v[i])
		}
		return
	}
	for i, s := range x {
		dst[i] = Canonical(T(a*(FMA(c, z[i], T(b*s)+0)+0)) + y[i])
	}
}

// fusedRow is RowFused of some: FMA is too large to be inlined.
func fusedRow[T Float](dst, x, y []T, a T) {
	if Is64[T]() {
		d, u, v, f := As[float64](dst), As[float64](x), As[float64](y), float64(a)
		for i, w := range u {
			d[i] = Canonical(math.FMA(f, w, v[i]))
		}
		return
	}
	for i, v := range x {
		dst[i] = Canonical(FMA(a, v, y[i]))
	}
}

// RowChain returns the chain of the products of a and x, as long as a, up or down. Its NaN may be any.
//
//	for k ascending, or descending: s = FMA(a[k], x[k], s), from +0
func RowChain[T Float](a, x []T, down bool) (s T) {
	if len(a) == 0 {
		return 0
	}
	x = x[:len(a)]
	first, step := 0, 1
	if down {
		first, step = len(a)-1, -1
	}
	if Is64[T]() {
		f, y := As[float64](a), As[float64](x)
		sum, ok := rowChainF64(&f[first], &y[first], len(a), 8*step)
		for k := first; !ok && uint(k) < uint(len(f)); k += step { // FMA is too large to be inlined
			sum = math.FMA(f[k], y[k], sum)
		}
		return T(sum)
	}
	if sum, ok := rowChainF32(&As[float32](a)[first], &As[float32](x)[first], len(a), 4*step); ok {
		return T(sum)
	}
	for k := first; uint(k) < uint(len(a)); k += step {
		s = FMA(a[k], x[k], s)
	}
	return s
}

// Maximum returns the maximum of x, NaN if any is, and -Inf of none. Which zero it
// returns of several is not told.
func Maximum[T Float](x []T) T {
	var lanes [16]T // as many as a vector has, at most
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
