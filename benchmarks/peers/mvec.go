package peers

// #include <immintrin.h>
//
// // The vector functions of glibc's libmvec, over arrays of whole vectors.
//
// __attribute__((target("avx512f"))) static void mvec16(void *f, int n, float *y, const float *x) {
//	for (int i = 0; i < n; i += 16) _mm512_storeu_ps(y + i, ((__m512 (*)(__m512))f)(_mm512_loadu_ps(x + i)));
// }
//
// __attribute__((target("avx2"))) static void mvec8(void *f, int n, float *y, const float *x) {
//	for (int i = 0; i < n; i += 8) _mm256_storeu_ps(y + i, ((__m256 (*)(__m256))f)(_mm256_loadu_ps(x + i)));
// }
import "C"

import (
	"fmt"
	"unsafe"
)

// VectorFunction returns the function expf, sinf, cosf or logf of glibc's libmvec, for
// slices of a multiple of 16 numbers, with AVX-512 or AVX2.
func VectorFunction(name string, avx512 bool) (func(y, x []float32), error) {
	l, err := open("libmvec.so.1")
	if err != nil {
		return nil, err
	}
	symbol := "_ZGVdN8v_" + name
	if avx512 {
		symbol = "_ZGVeN16v_" + name
	}
	f := l.symbol(symbol)
	if f == nil {
		return nil, fmt.Errorf("libmvec.so.1: no %s", symbol)
	}
	return func(y, x []float32) {
		if len(x)%16 != 0 || len(y) != len(x) {
			panic(fmt.Sprintf("peers: %s of %d numbers into %d", name, len(x), len(y)))
		}
		out, in := (*C.float)(unsafe.Pointer(unsafe.SliceData(y))), (*C.float)(unsafe.Pointer(unsafe.SliceData(x)))
		if avx512 {
			C.mvec16(f, C.int(len(x)), out, in)
		} else {
			C.mvec8(f, C.int(len(x)), out, in)
		}
	}, nil
}
