package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/x448/float16"
)

// Widen sets dst to the stored numbers x, as float32, exactly.
func Widen(of Storage, dst []float32, x []uint16) {
	if of == BFloat16 {
		widenBFloat16(dst[:len(x)], x)
		return
	}
	for i, v := range x {
		dst[i] = float16.Frombits(v).Float32()
	}
}

// widenBFloat16 moves each number to the upper half of a float32, four at a time where
// memory is little-endian.
func widenBFloat16(dst []float32, x []uint16) {
	le := binary.LittleEndian
	const upper0, upper1 = 0xffff0000, 0xffff0000 << 32
	for littleEndian && len(x) >= 8 {
		from, to := (*[16]byte)(unsafe.Pointer(&x[:8][0])), (*[32]byte)(unsafe.Pointer(&dst[:8][0]))
		v, w := le.Uint64(from[:]), le.Uint64(from[8:])
		le.PutUint64(to[:], v<<16&upper0|v<<32&upper1)
		le.PutUint64(to[8:], v>>16&upper0|v&upper1)
		le.PutUint64(to[16:], w<<16&upper0|w<<32&upper1)
		le.PutUint64(to[24:], w>>16&upper0|w&upper1)
		dst, x = dst[8:], x[8:]
	}
	for i, v := range x {
		dst[i] = math.Float32frombits(uint32(v) << 16)
	}
}

// littleEndian tells whether the lower bytes of a number come first in memory.
var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()
