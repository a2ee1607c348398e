package benchmarks

import "github.com/samebits/samebits/internal/jsonfloat"

// Number is a float64 that survives JSON: infinities and NaN become strings.
type Number = jsonfloat.Number
