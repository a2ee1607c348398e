package model

import (
	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/internal/kernel"
)

// activation is an activation function in both types.
type activation struct {
	f32 func(dst, x []float32)
	f64 func(dst, x []float64)
}

var (
	geluTanh = activation{elementary.GELUTanhSlice[float32], elementary.GELUTanhSlice[float64]}
	gelu     = activation{elementary.GELUSlice[float32], elementary.GELUSlice[float64]}
	silu     = activation{elementary.SiLUSlice[float32], elementary.SiLUSlice[float64]}
)

// activations are the functions by their Hugging Face names. gelu_fast there has
// 0.7978845608 for sqrt(2/pi), which changes it by less than 4e-12 of itself near 0.
var activations = map[string]activation{
	"gelu": gelu, "gelu_python": gelu,
	"gelu_new": geluTanh, "gelu_fast": geluTanh, "gelu_pytorch_tanh": geluTanh,
	"silu": silu, "swish": silu,
	"relu": {relu[float32], relu[float64]},
}

// relu sets dst to x where x > 0, NaN where x is NaN, else +0, element by element: +0 for -0.
func relu[T Float](dst, x []T) {
	for i, v := range x {
		if v <= 0 {
			v = 0
		}
		dst[i] = kernel.Canonical(v)
	}
}

// apply replaces each element of x by the function of it.
func apply[T Float](a activation, x []T) {
	if kernel.Is64[T]() {
		a.f64(kernel.As[float64](x), kernel.As[float64](x))
		return
	}
	a.f32(kernel.As[float32](x), kernel.As[float32](x))
}
