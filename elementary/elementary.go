package elementary

import "github.com/samebits/samebits/internal/kernel"

// Float is a type of argument and result: IEEE 754 binary32 or binary64.
type Float = kernel.Float

// round turns a float64 evaluation into a result: one rounding for float32, none
// for float64, and the canonical NaN for any NaN.
func round[T Float](y float64) T { return kernel.Canonical(T(y)) }
