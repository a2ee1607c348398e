package elementary

import (
	"fmt"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Softmax sets dst to the softmax of x, the sum in the given order and every other
// operation rounded once:
//
//	m      = max over x
//	e[i]   = exp(x[i] - m)
//	dst[i] = e[i] / sum(e)
//
// dst may be x; what is masked is not in x at all. A NaN in x makes all of dst
// NaN, and so does a maximum of +Inf or a row of -Inf alone. It panics if the
// lengths differ or the order does not apply to T.
func Softmax[T Float](order reduce.Order, dst, x []T) {
	if len(dst) != len(x) {
		panic(fmt.Sprintf("elementary: Softmax of %d elements into %d", len(x), len(dst)))
	}
	if len(x) == 0 {
		return
	}
	m := x[0]
	for _, v := range x[1:] {
		if v > m || v != v {
			m = v
		}
	}
	for i, v := range x {
		dst[i] = v - m
	}
	ExpSlice(dst, dst)
	sum := reduce.Sum(order, dst)
	for i, e := range dst {
		dst[i] = kernel.Canonical(e / sum)
	}
}
