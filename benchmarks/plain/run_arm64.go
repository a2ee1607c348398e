//go:build !purego

package plain

import (
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
)

func run[T kernel.Float](l loop, x, y []T) T {
	p, q, n := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y)), len(x)
	if kernel.Is64[T]() {
		x, y := (*float64)(p), (*float64)(q)
		switch kernel.Active() {
		case kernel.NEON:
			return T([...]func(x, y *float64, n int) float64{plainSumF64NEON, plainDotF64NEON, loadF64NEON, loadBothF64NEON}[l](x, y, n))
		}
	} else {
		x, y := (*float32)(p), (*float32)(q)
		switch kernel.Active() {
		case kernel.NEON:
			return T([...]func(x, y *float32, n int) float32{plainSumF32NEON, plainDotF32NEON, loadF32NEON, loadBothF32NEON}[l](x, y, n))
		}
	}
	return inGo(l, x, y)
}
