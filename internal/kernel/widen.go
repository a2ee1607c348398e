package kernel

import (
	"math"

	"github.com/x448/float16"
)

// Widen sets dst to the stored numbers x, as float32, exactly: dst is as long as x, or
// longer. Subnormal numbers keep their value, and a NaN its payload; one of float16 that
// was signalling is quiet.
func Widen(of Storage, dst []float32, x []uint16) {
	dst = dst[:len(x):len(dst)] // no further, whatever its capacity
	done := widen(of, dst, x)
	widenPortable(of, dst[done:], x[done:])
}

// widenPortable is the twin of the kernels, and takes what they leave: the ragged end.
func widenPortable(of Storage, dst []float32, x []uint16) {
	if of == BFloat16 { // the upper half of a float32
		for i, v := range x {
			dst[i] = math.Float32frombits(uint32(v) << 16)
		}
		return
	}
	for i, v := range x {
		dst[i] = float16.Frombits(v).Float32()
	}
}
