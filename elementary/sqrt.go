package elementary

import "math"

// Sqrt returns the square root of x, correctly rounded; NaN below zero. The sign
// of zero is kept.
//
// For float32 the float64 root is rounded again, which is innocuous: 53 bits are
// at least 2*24 + 2 (Figueroa 1995, "When is double rounding innocuous?").
func Sqrt[T Float](x T) T { return round[T](math.Sqrt(float64(x))) }
