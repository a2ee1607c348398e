package elementary

import (
	"fmt"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// ExpSlice sets dst[i] = Exp(x[i]). Like every slice form here it gives the bits of
// the scalar form, allows dst and x to be the same slice, and panics where their
// lengths differ or they overlap otherwise.
func ExpSlice[T Float](dst, x []T) { apply("Exp", ofExp, dst, x, Exp[T]) }

// Exp2Slice sets dst[i] = Exp2(x[i]); see [ExpSlice].
func Exp2Slice[T Float](dst, x []T) { apply("Exp2", ofExp2, dst, x, Exp2[T]) }

// Expm1Slice sets dst[i] = Expm1(x[i]); see [ExpSlice].
func Expm1Slice[T Float](dst, x []T) { apply("Expm1", ofExpm1, dst, x, Expm1[T]) }

// LogSlice sets dst[i] = Log(x[i]); see [ExpSlice].
func LogSlice[T Float](dst, x []T) { apply("Log", ofLog, dst, x, Log[T]) }

// Log2Slice sets dst[i] = Log2(x[i]); see [ExpSlice].
func Log2Slice[T Float](dst, x []T) { apply("Log2", ofLog2, dst, x, Log2[T]) }

// Log1pSlice sets dst[i] = Log1p(x[i]); see [ExpSlice].
func Log1pSlice[T Float](dst, x []T) { apply("Log1p", ofLog1p, dst, x, Log1p[T]) }

// TanhSlice sets dst[i] = Tanh(x[i]); see [ExpSlice].
func TanhSlice[T Float](dst, x []T) { apply("Tanh", ofTanh, dst, x, Tanh[T]) }

// ErfSlice sets dst[i] = Erf(x[i]); see [ExpSlice].
func ErfSlice[T Float](dst, x []T) { apply("Erf", ofErf, dst, x, Erf[T]) }

// SigmoidSlice sets dst[i] = Sigmoid(x[i]); see [ExpSlice].
func SigmoidSlice[T Float](dst, x []T) { apply("Sigmoid", ofSigmoid, dst, x, Sigmoid[T]) }

// SiLUSlice sets dst[i] = SiLU(x[i]); see [ExpSlice].
func SiLUSlice[T Float](dst, x []T) { apply("SiLU", ofSiLU, dst, x, SiLU[T]) }

// GELUSlice sets dst[i] = GELU(x[i]); see [ExpSlice].
func GELUSlice[T Float](dst, x []T) { apply("GELU", ofGELU, dst, x, GELU[T]) }

// GELUTanhSlice sets dst[i] = GELUTanh(x[i]); see [ExpSlice].
func GELUTanhSlice[T Float](dst, x []T) { apply("GELUTanh", ofGELUTanh, dst, x, GELUTanh[T]) }

// SinSlice sets dst[i] = Sin(x[i]); see [ExpSlice].
func SinSlice[T Float](dst, x []T) { apply("Sin", ofSin, dst, x, Sin[T]) }

// CosSlice sets dst[i] = Cos(x[i]); see [ExpSlice].
func CosSlice[T Float](dst, x []T) { apply("Cos", ofCos, dst, x, Cos[T]) }

// RsqrtSlice sets dst[i] = Rsqrt(x[i]); see [ExpSlice].
func RsqrtSlice[T Float](dst, x []T) { apply("Rsqrt", ofRsqrt, dst, x, Rsqrt[T]) }

// CbrtSlice sets dst[i] = Cbrt(x[i]); see [ExpSlice].
func CbrtSlice[T Float](dst, x []T) { apply("Cbrt", ofCbrt, dst, x, Cbrt[T]) }

// SqrtSlice sets dst[i] = Sqrt(x[i]); see [ExpSlice].
func SqrtSlice[T Float](dst, x []T) {
	checkSlices("Sqrt", dst, x)
	for i, v := range x {
		dst[i] = Sqrt(v)
	}
}

// SincosSlice sets sin[i], cos[i] = Sincos(x[i]). Either may be x, but not both,
// and all three must have one length.
func SincosSlice[T Float](sin, cos, x []T) {
	checkSlices("Sincos", sin, x)
	checkSlices("Sincos", cos, x)
	if beside, same := placed(sin, cos); same || !beside {
		panicOverlap("Sincos", sin, cos)
	}
	if len(x) > 0 && &sin[0] == &x[0] {
		CosSlice(cos, x)
		SinSlice(sin, x)
		return
	}
	SinSlice(sin, x)
	CosSlice(cos, x)
}

// apply sets dst[i] to scalar(x[i]): of float32, and of Exp, what the vector kernel of the
// function decides by it, and the rest one by one.
func apply[T Float](name string, of function, dst, x []T, scalar func(T) T) {
	checkSlices(name, dst, x)
	for len(x) > 0 {
		n := len(x)
		if !kernel.Is64[T]() || of == ofExp {
			done := mapped(of, dst, x)
			dst, x = dst[done:], x[done:]
			n = min(len(x), kernel.MapGroup)
		}
		for i, v := range x[:n] {
			dst[i] = scalar(v)
		}
		dst, x = dst[n:], x[n:]
	}
}

// mapped is how many elements, from the first on, the vector kernel has done.
func mapped[T Float](of function, dst, x []T) int {
	if kernel.Is64[T]() {
		return kernel.MapExp64(&constants, &exp2Pairs, kernel.As[float64](dst), kernel.As[float64](x))
	}
	return kernel.Map(programs[of].Program, &constants, kernel.As[float32](dst), kernel.As[float32](x))
}

// checkSlices panics unless dst is as long as x, and the same memory or apart from it.
func checkSlices[T Float](name string, dst, x []T) {
	checkLength(name, len(dst), len(x))
	if beside, same := placed(dst, x); !beside && !same {
		panicOverlap(name, dst, x)
	}
}

// placed tells whether two slices of one length lie beside each other, as those of nothing do, or else are the same.
func placed[T Float](a, b []T) (beside, same bool) {
	from := uintptr(unsafe.Pointer(unsafe.SliceData(a))) - uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	size := uintptr(len(a)) * unsafe.Sizeof(T(0))
	return from >= size && -from >= size || size == 0, from == 0 && size > 0
}

// panicOverlap is apart as panicLength is.
func panicOverlap[T Float](name string, dst, other []T) {
	from := int(uintptr(unsafe.Pointer(unsafe.SliceData(dst))) - uintptr(unsafe.Pointer(unsafe.SliceData(other))))
	panic(fmt.Sprintf("elementary: %sSlice: destination of %s begins %s from the beginning of what it may not overlap", name, plural.Of(len(dst), "element"), plural.Of(from, "byte")))
}

func checkLength(name string, dst, x int) {
	if dst != x {
		panicLength(name, dst, x)
	}
}

// panicLength is apart so that checkLength is inlined.
func panicLength(name string, dst, x int) {
	panic(fmt.Sprintf("elementary: %sSlice: destination has %s, source has %d", name, plural.Of(dst, "element"), x))
}
