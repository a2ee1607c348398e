package peers

// #cgo CFLAGS: -O3 -march=native -fopenmp-simd
// #cgo CXXFLAGS: -O3 -march=native -I/usr/include/eigen3
// #cgo LDFLAGS: -lmpfr -ldl
// #include <stdlib.h>
// #include "functions.h"
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/reduce"
)

// functions are what a peer has, nil what it has not.
type functions struct{ sum64, sum32, dot64, dot32 unsafe.Pointer }

// peer is a library, or a compiler.
type peer struct {
	name string
	functions
}

// Install is the command that installs all peers on Debian.
const Install = "apt-get install g++ libopenblas-dev libblis-dev libdnnl-dev libgsl-dev libmpfr-dev libeigen3-dev"

// load returns all peers. BLAS libraries define the same names, so each is opened
// on its own; they are told to run on one thread.
func load() ([]peer, error) {
	peers := []peer{
		{"gcc-simd", functions{C.plain_sum64, C.plain_sum32, C.plain_dot64, C.plain_dot32}},
		{"eigen", functions{C.eigen_sum64, C.eigen_sum32, C.eigen_dot64, C.eigen_dot32}},
		{"mpfr", functions{C.mpfr_sum64, C.mpfr_sum32, C.mpfr_dot64, C.mpfr_dot32}},
	}
	for _, l := range []struct{ name, file, threads string }{
		{"openblas", "libopenblas.so.0", "openblas_set_num_threads"},
		{"blis", "libblis.so.4", "bli_thread_set_num_threads"},
		{"gslcblas", "libgslcblas.so.0", ""},
	} {
		lib, err := open(l.file)
		if err != nil {
			return nil, err
		}
		lib.oneThread(l.threads)
		peers = append(peers, peer{l.name, functions{ // the sums are an extension of OpenBLAS
			lib.symbol("cblas_dsum"), lib.symbol("cblas_ssum"), lib.symbol("cblas_ddot"), lib.symbol("cblas_sdot"),
		}})
	}
	gsl, err := open("libgsl.so.27")
	if err != nil {
		return nil, err
	}
	C.gsl_use(gsl.symbol("gsl_vector_sum"), gsl.symbol("gsl_vector_float_sum"))
	return append(peers, peer{"gsl", functions{sum64: C.gsl_sum64, sum32: C.gsl_sum32}}), nil
}

// Contenders returns what the peers have for the operation. An error says which
// library is not installed.
func Contenders[T reduce.Float](op benchmarks.Op) ([]benchmarks.Contender[T], error) {
	peers, err := load()
	if err != nil {
		return nil, err
	}
	var all []benchmarks.Contender[T]
	for _, p := range peers {
		if c, ok := contender[T](p, op).(benchmarks.Contender[T]); ok {
			all = append(all, c)
		}
	}
	return all, nil
}

// contender returns the Contender[T] of a peer, or nil if it has no such function.
func contender[T reduce.Float](p peer, op benchmarks.Op) any {
	key := string(op) + benchmarks.TypeName[T]()
	f := map[string]unsafe.Pointer{"sumf64": p.sum64, "sumf32": p.sum32, "dotf64": p.dot64, "dotf32": p.dot32}[key]
	if f == nil {
		return nil
	}
	switch key {
	case "sumf64":
		return benchmarks.Contender[float64]{Name: p.name, Repeat: func(x, _ []float64, times int) float64 {
			return float64(C.repeat_sum64(f, length(x), (*C.double)(unsafe.SliceData(x)), C.long(times)))
		}}
	case "sumf32":
		return benchmarks.Contender[float32]{Name: p.name, Repeat: func(x, _ []float32, times int) float32 {
			return float32(C.repeat_sum32(f, length(x), (*C.float)(unsafe.SliceData(x)), C.long(times)))
		}}
	case "dotf64":
		return benchmarks.Contender[float64]{Name: p.name, Repeat: func(x, y []float64, times int) float64 {
			checkLengths(len(x), len(y))
			return float64(C.repeat_dot64(f, length(x), (*C.double)(unsafe.SliceData(x)), (*C.double)(unsafe.SliceData(y)), C.long(times)))
		}}
	}
	return benchmarks.Contender[float32]{Name: p.name, Repeat: func(x, y []float32, times int) float32 {
		checkLengths(len(x), len(y))
		return float32(C.repeat_dot32(f, length(x), (*C.float)(unsafe.SliceData(x)), (*C.float)(unsafe.SliceData(y)), C.long(times)))
	}}
}

// length returns the length as C has it.
func length[T any](x []T) C.int {
	if len(x) > math.MaxInt32 {
		panic(fmt.Sprintf("peers: %d elements: want at most %d", len(x), math.MaxInt32))
	}
	return C.int(len(x))
}

func checkLengths(x, y int) {
	if x != y {
		panic(fmt.Sprintf("peers: dot product of %d and %d elements", x, y))
	}
}
