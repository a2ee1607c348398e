package peers

// #include "products.h"
import "C"

import (
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Product is a library's way to multiply: Multiply sets c = a*op(b), row-major, op(b)
// being of k x n and stored transposed where trans is set.
type Product[T reduce.Float] struct {
	Name     string
	Rows     int // most rows of a, 0 for any
	Multiply func(threads int, trans bool, m, n, k int, a, b, c []T)
}

// Products returns the products of the peers: GEMM of all, and GEMV for one row.
// oneDNN has none of float64.
func Products[T reduce.Float]() ([]Product[T], error) {
	var all []Product[T]
	for _, l := range []struct {
		name, file, sgemm, dgemm, threads string
		kind, rows                        int
	}{
		{"openblas", "libopenblas.so.0", "cblas_sgemm", "cblas_dgemm", "openblas_set_num_threads", C.GEMM, 0},
		{"openblas-gemv", "libopenblas.so.0", "cblas_sgemv", "cblas_dgemv", "openblas_set_num_threads", C.GEMV, 1},
		{"blis", "libblis.so.4", "cblas_sgemm", "cblas_dgemm", "bli_thread_set_num_threads", C.GEMM, 0},
		{"blis-gemv", "libblis.so.4", "cblas_sgemv", "cblas_dgemv", "bli_thread_set_num_threads", C.GEMV, 1},
		{"onednn", "libdnnl.so.2", "dnnl_sgemm", "", "", C.DNNL, 0},
	} {
		lib, err := open(l.file)
		if err != nil {
			return nil, err
		}
		if kernel.Is64[T]() && l.dgemm == "" {
			continue
		}
		m := &C.struct_multiplier{sgemm: lib.symbol(l.sgemm), kind: C.int(l.kind), omp_threads: lib.symbol("omp_set_num_threads")}
		if l.dgemm != "" {
			m.dgemm = lib.symbol(l.dgemm)
		}
		if l.threads != "" {
			m.set_threads = lib.symbol(l.threads)
		}
		all = append(all, Product[T]{l.name, l.rows, multiplier[T](m)})
	}
	return all, nil
}

func multiplier[T reduce.Float](l *C.struct_multiplier) func(threads int, trans bool, m, n, k int, a, b, c []T) {
	return func(threads int, trans bool, m, n, k int, a, b, c []T) {
		tb := C.int(0)
		if trans {
			tb = 1
		}
		pa, pb, pc := unsafe.Pointer(&a[:m*k][0]), unsafe.Pointer(&b[:k*n][0]), unsafe.Pointer(&c[:m*n][0])
		if kernel.Is64[T]() {
			C.multiply64(l, C.int(threads), tb, C.int(m), C.int(n), C.int(k), (*C.double)(pa), (*C.double)(pb), (*C.double)(pc))
		} else {
			C.multiply32(l, C.int(threads), tb, C.int(m), C.int(n), C.int(k), (*C.float)(pa), (*C.float)(pb), (*C.float)(pc))
		}
	}
}

// Peak does fused multiply-adds in registers so many times and returns the number of
// operations, two for each lane: the speed of light of one core, with the vectors of the active
// backend if that is AVX2, else with the widest that there are.
func Peak[T reduce.Float](times int) int {
	avx2 := C.int(0)
	if kernel.Active() == kernel.AVX2 {
		avx2 = 1
	}
	if kernel.Is64[T]() {
		return int(C.peak64(avx2, C.long(times)))
	}
	return int(C.peak32(avx2, C.long(times)))
}
