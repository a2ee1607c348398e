package tp_test

import (
	"math"
	"math/big"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// oracle is the sum of finite numbers, one a rank, as the table of orders has it,
// written without the library's own sums.
func oracle[T gemm.Float](order reduce.Order, x []T) T {
	switch order.Kind() {
	case reduce.KindPairwise:
		return halve(x, func(l, r T) T { return l + r })
	case reduce.KindWidened:
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v)
		}
		return T(halve(wide, func(l, r float64) float64 { return l + r }))
	case reduce.KindDoubleDouble:
		return pairSum(x)
	case reduce.KindKahan:
		return kahan(x)
	case reduce.KindNeumaier:
		return neumaier(x)
	case reduce.KindBinned:
		return exactSum(onGrid(order.Fold(), x))
	case reduce.KindExact:
		return exactSum(x)
	case reduce.KindShuffled:
		shuffled := make([]T, len(x))
		for i, from := range reduce.Permutation(order.Seed(), len(x)) {
			shuffled[i] = x[from]
		}
		x = shuffled
	}
	sum := x[0]
	for _, v := range x[1:] {
		sum += v
	}
	return sum
}

// halve joins the larger half, on the left, and the smaller, recursively.
func halve[V any](x []V, join func(l, r V) V) V {
	if len(x) == 1 {
		return x[0]
	}
	m := (len(x) + 1) / 2
	return join(halve(x[:m], join), halve(x[m:], join))
}

// pairSum is the halving tree over pairs, with Knuth's TwoSum.
func pairSum[T gemm.Float](x []T) T {
	pairs := make([][2]T, len(x))
	for i, v := range x {
		pairs[i][0] = v
	}
	p := halve(pairs, func(a, b [2]T) [2]T {
		h := a[0] + b[0]
		z := h - a[0]
		e := (a[0] - (h - z)) + (b[0] - z)
		return [2]T{h, (a[1] + b[1]) + e}
	})
	if p[1] == 0 {
		return p[0]
	}
	return p[0] + p[1]
}

func kahan[T gemm.Float](x []T) T {
	sum, c := x[0], T(0)
	for _, v := range x[1:] {
		y := v - c
		t := sum + y
		c = (t - sum) - y
		sum = t
	}
	return sum
}

func neumaier[T gemm.Float](x []T) T {
	sum, c := x[0], T(0)
	for _, v := range x[1:] {
		t := sum + v
		if math.Abs(float64(sum)) >= math.Abs(float64(v)) {
			c += (sum - t) + v
		} else {
			c += (v - t) + sum
		}
		sum = t
	}
	if c == 0 {
		return sum
	}
	return sum + c
}

// onGrid rounds the terms to the lowest grid that a binned sum of them keeps, ties to
// even multiples.
func onGrid[T gemm.Float](fold int, x []T) []T {
	width, smallest := 40, -1074
	if !kernel.Is64[T]() {
		width, smallest = 13, -149
	}
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
	}
	top := fold - 1
	for largest > math.Ldexp(1, smallest+width*(top+1)-1) {
		top++
	}
	grid := smallest + width*(top-fold+1)
	rounded := make([]T, len(x))
	for i, v := range x {
		m, e := math.Frexp(float64(v))
		rounded[i] = T(math.Ldexp(math.RoundToEven(math.Ldexp(m, e-grid)), grid))
		if e-grid > 53 {
			rounded[i] = v // a multiple of the grid
		}
	}
	return rounded
}

// exactSum rounds once. The sum of -0 alone is -0; any other that is zero, +0.
func exactSum[T gemm.Float](x []T) T {
	sum, negative := new(big.Float).SetPrec(4000), true
	for _, v := range x {
		sum.Add(sum, new(big.Float).SetFloat64(float64(v)))
		negative = negative && v == 0 && math.Signbit(float64(v))
	}
	switch {
	case negative:
		return T(math.Copysign(0, -1))
	case sum.Sign() == 0:
		return 0
	case kernel.Is64[T]():
		v, _ := sum.Float64()
		return T(v)
	}
	v, _ := sum.Float32()
	return T(v)
}
