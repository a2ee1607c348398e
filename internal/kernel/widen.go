package kernel

import (
	"math"

	"github.com/x448/float16"
)

// Widen sets dst to the stored numbers x, as float32, exactly.
func Widen(of Storage, dst []float32, x []uint16) {
	if of == BFloat16 {
		for i, v := range x {
			dst[i] = math.Float32frombits(uint32(v) << 16)
		}
		return
	}
	for i, v := range x {
		dst[i] = float16.Frombits(v).Float32()
	}
}
