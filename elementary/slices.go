package elementary

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
)

// ExpSlice sets dst[i] = Exp(x[i]). Like every slice form here it gives the bits of
// the scalar form, allows dst and x to be the same slice (but not to overlap
// otherwise), and panics where their lengths differ.
func ExpSlice[T Float](dst, x []T) { apply("Exp", ofExp, dst, x, exp, exp) }

// Exp2Slice sets dst[i] = Exp2(x[i]); see [ExpSlice].
func Exp2Slice[T Float](dst, x []T) { apply("Exp2", ofExp2, dst, x, exp2, exp2) }

// Expm1Slice sets dst[i] = Expm1(x[i]); see [ExpSlice].
func Expm1Slice[T Float](dst, x []T) { apply("Expm1", ofExpm1, dst, x, expm1, expm1) }

// LogSlice sets dst[i] = Log(x[i]); see [ExpSlice].
func LogSlice[T Float](dst, x []T) { apply("Log", ofLog, dst, x, log, log) }

// Log2Slice sets dst[i] = Log2(x[i]); see [ExpSlice].
func Log2Slice[T Float](dst, x []T) { apply("Log2", ofLog2, dst, x, log2, log2) }

// Log1pSlice sets dst[i] = Log1p(x[i]); see [ExpSlice].
func Log1pSlice[T Float](dst, x []T) { apply("Log1p", ofLog1p, dst, x, log1p, log1p) }

// TanhSlice sets dst[i] = Tanh(x[i]); see [ExpSlice].
func TanhSlice[T Float](dst, x []T) { apply("Tanh", ofTanh, dst, x, tanh, tanh32) }

// ErfSlice sets dst[i] = Erf(x[i]); see [ExpSlice].
func ErfSlice[T Float](dst, x []T) { apply("Erf", ofErf, dst, x, erf, erf32) }

// SigmoidSlice sets dst[i] = Sigmoid(x[i]); see [ExpSlice].
func SigmoidSlice[T Float](dst, x []T) { apply("Sigmoid", ofSigmoid, dst, x, sigmoid, sigmoid32) }

// SiLUSlice sets dst[i] = SiLU(x[i]); see [ExpSlice].
func SiLUSlice[T Float](dst, x []T) { apply("SiLU", ofSiLU, dst, x, silu, silu32) }

// GELUSlice sets dst[i] = GELU(x[i]); see [ExpSlice].
func GELUSlice[T Float](dst, x []T) { apply("GELU", ofGELU, dst, x, gelu, gelu32) }

// GELUTanhSlice sets dst[i] = GELUTanh(x[i]); see [ExpSlice].
func GELUTanhSlice[T Float](dst, x []T) {
	apply("GELUTanh", ofGELUTanh, dst, x, geluTanh, geluTanh32)
}

// SinSlice sets dst[i] = Sin(x[i]); see [ExpSlice].
func SinSlice[T Float](dst, x []T) { apply("Sin", ofSin, dst, x, sin, sin32) }

// CosSlice sets dst[i] = Cos(x[i]); see [ExpSlice].
func CosSlice[T Float](dst, x []T) { apply("Cos", ofCos, dst, x, cos, cos32) }

// RsqrtSlice sets dst[i] = Rsqrt(x[i]); see [ExpSlice].
func RsqrtSlice[T Float](dst, x []T) { apply("Rsqrt", ofRsqrt, dst, x, rsqrt, rsqrt) }

// CbrtSlice sets dst[i] = Cbrt(x[i]); see [ExpSlice].
func CbrtSlice[T Float](dst, x []T) { apply("Cbrt", ofCbrt, dst, x, cbrt, cbrt) }

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
	for i, v := range x {
		sin[i], cos[i] = Sincos(v)
	}
}

// apply evaluates a function: of float64 by f64, of float32 by f32, whose results are
// settled.
func apply[T Float](name string, of function, dst, x []T, f64, f32 func(float64) float64) {
	checkLength(name, len(dst), len(x))
	if kernel.Is64[T]() {
		for i, v := range x {
			dst[i] = round[T](f64(float64(v)))
		}
		return
	}
	applyFloat32(of, kernel.As[float32](dst), kernel.As[float32](x), f32)
}

func checkLength(name string, dst, x int) {
	if dst != x {
		panic(fmt.Sprintf("elementary: %sSlice: destination has %d elements, source has %d", name, dst, x))
	}
}
