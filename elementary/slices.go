package elementary

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// ExpSlice sets dst[i] = Exp(x[i]). Like every slice form here it gives the bits of
// the scalar form, allows dst and x to be the same slice (but not to overlap
// otherwise), and panics where their lengths differ.
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
	checkLength("Sqrt", len(dst), len(x))
	for i, v := range x {
		dst[i] = Sqrt(v)
	}
}

// SincosSlice sets sin[i], cos[i] = Sincos(x[i]). Either may be x, but not both,
// and all three must have one length.
func SincosSlice[T Float](sin, cos, x []T) {
	checkLength("Sincos", len(sin), len(x))
	checkLength("Sincos", len(cos), len(x))
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
	checkLength(name, len(dst), len(x))
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

func checkLength(name string, dst, x int) {
	if dst != x {
		panicLength(name, dst, x)
	}
}

// panicLength is apart so that checkLength is inlined.
func panicLength(name string, dst, x int) {
	panic(fmt.Sprintf("elementary: %sSlice: destination has %s, source has %d", name, plural.Of(dst, "element"), x))
}
