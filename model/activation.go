package model

import "github.com/samebits/samebits/elementary"

// activation is an activation function in both types.
type activation struct {
	f32 func(dst, x []float32)
	f64 func(dst, x []float64)
}

// activations are the functions by their Hugging Face names.
var activations = map[string]activation{
	"gelu_new":          {elementary.GELUTanhSlice[float32], elementary.GELUTanhSlice[float64]},
	"gelu_pytorch_tanh": {elementary.GELUTanhSlice[float32], elementary.GELUTanhSlice[float64]},
	"gelu":              {elementary.GELUSlice[float32], elementary.GELUSlice[float64]},
}

// apply replaces each element of x, []float32 or []float64, by the function of it.
func (a activation) apply(x any) {
	switch x := x.(type) {
	case []float32:
		a.f32(x, x)
	case []float64:
		a.f64(x, x)
	}
}
