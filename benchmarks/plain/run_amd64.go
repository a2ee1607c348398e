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
		case kernel.AVX512:
			return T([...]func(x, y *float64, n int) float64{plainSumF64AVX512, plainDotF64AVX512, loadF64AVX512, loadBothF64AVX512}[l](x, y, n))
		case kernel.AVX2:
			return T([...]func(x, y *float64, n int) float64{plainSumF64AVX2, plainDotF64AVX2, loadF64AVX2, loadBothF64AVX2}[l](x, y, n))
		}
	} else {
		x, y := (*float32)(p), (*float32)(q)
		switch kernel.Active() {
		case kernel.AVX512:
			return T([...]func(x, y *float32, n int) float32{plainSumF32AVX512, plainDotF32AVX512, loadF32AVX512, loadBothF32AVX512}[l](x, y, n))
		case kernel.AVX2:
			return T([...]func(x, y *float32, n int) float32{plainSumF32AVX2, plainDotF32AVX2, loadF32AVX2, loadBothF32AVX2}[l](x, y, n))
		}
	}
	return inGo(l, x, y)
}
