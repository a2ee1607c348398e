package fuzz

import (
	"math"

	"github.com/samebits/samebits/internal/kernel"
)

// format is what IEEE 754 says of binary32 or binary64.
type format struct {
	precision   int // bits of a significand
	minExponent int // the smallest subnormal is 2^minExponent
	maxExponent int // every finite number is below 2^maxExponent
	width       int // bits of a representation
}

func formatOf[T kernel.Float]() format {
	if kernel.Is64[T]() {
		return format{53, -1074, 1024, 64}
	}
	return format{24, -149, 128, 32}
}

// minNormalExponent is the exponent of the smallest normal number.
func (f format) minNormalExponent() int { return f.minExponent + f.precision - 1 }

// max is the largest finite number.
func (f format) max() float64 {
	return math.Ldexp(1-math.Ldexp(1, -f.precision), f.maxExponent-1) * 2
}

// ulp is the distance from |v| to the next larger number.
func (f format) ulp(v float64) float64 {
	_, e := math.Frexp(v) // |v| in [2^(e-1), 2^e)
	return math.Ldexp(1, max(e-f.precision, f.minExponent))
}

// ldexp returns v * 2^e rounded to T.
func ldexp[T kernel.Float](v float64, e int) T { return T(math.Ldexp(v, e)) }

// fromBits returns the T of those bits, of the low 32 for float32.
func fromBits[T kernel.Float](b uint64) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(b))
	}
	return T(math.Float32frombits(uint32(b)))
}
