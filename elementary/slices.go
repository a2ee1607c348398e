package elementary

import (
	"fmt"
	"math"
)

// ExpSlice sets dst[i] = Exp(x[i]). Like every slice form here it gives the bits of
// the scalar form, allows dst and x to be the same slice (but not to overlap
// otherwise), and panics where their lengths differ.
func ExpSlice[T Float](dst, x []T) { apply("Exp", dst, x, exp) }

// TanhSlice sets dst[i] = Tanh(x[i]); see [ExpSlice].
func TanhSlice[T Float](dst, x []T) { apply("Tanh", dst, x, tanh) }

// ErfSlice sets dst[i] = Erf(x[i]); see [ExpSlice].
func ErfSlice[T Float](dst, x []T) { apply("Erf", dst, x, erf) }

// SigmoidSlice sets dst[i] = Sigmoid(x[i]); see [ExpSlice].
func SigmoidSlice[T Float](dst, x []T) { apply("Sigmoid", dst, x, sigmoid) }

// SiLUSlice sets dst[i] = SiLU(x[i]); see [ExpSlice].
func SiLUSlice[T Float](dst, x []T) { apply("SiLU", dst, x, silu) }

// GELUSlice sets dst[i] = GELU(x[i]); see [ExpSlice].
func GELUSlice[T Float](dst, x []T) { apply("GELU", dst, x, gelu) }

// GELUTanhSlice sets dst[i] = GELUTanh(x[i]); see [ExpSlice].
func GELUTanhSlice[T Float](dst, x []T) { apply("GELUTanh", dst, x, geluTanh) }

// SinSlice sets dst[i] = Sin(x[i]); see [ExpSlice].
func SinSlice[T Float](dst, x []T) { apply("Sin", dst, x, sin) }

// CosSlice sets dst[i] = Cos(x[i]); see [ExpSlice].
func CosSlice[T Float](dst, x []T) { apply("Cos", dst, x, cos) }

// SqrtSlice sets dst[i] = Sqrt(x[i]); see [ExpSlice].
func SqrtSlice[T Float](dst, x []T) { apply("Sqrt", dst, x, math.Sqrt) }

// SincosSlice sets sin[i], cos[i] = Sincos(x[i]). Either may be x, but not both,
// and all three must have one length.
func SincosSlice[T Float](sin, cos, x []T) {
	checkLength("Sincos", len(sin), len(x))
	checkLength("Sincos", len(cos), len(x))
	for i, v := range x {
		sin[i], cos[i] = Sincos(v)
	}
}

func apply[T Float](name string, dst, x []T, f func(float64) float64) {
	checkLength(name, len(dst), len(x))
	for i, v := range x {
		dst[i] = round[T](f(float64(v)))
	}
}

func checkLength(name string, dst, x int) {
	if dst != x {
		panic(fmt.Sprintf("elementary: %sSlice: destination has %d elements, source has %d", name, dst, x))
	}
}
