package elementary

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// slices are the slice forms, by the name of their scalar form.
func slices[T Float]() map[string]func(dst, x []T) {
	return map[string]func(dst, x []T){
		"Exp": ExpSlice[T], "Tanh": TanhSlice[T], "Erf": ErfSlice[T], "Sigmoid": SigmoidSlice[T], "SiLU": SiLUSlice[T],
		"GELU": GELUSlice[T], "GELUTanh": GELUTanhSlice[T], "Sin": SinSlice[T], "Cos": CosSlice[T], "Sqrt": SqrtSlice[T],
		"Exp2": Exp2Slice[T], "Expm1": Expm1Slice[T], "Log": LogSlice[T], "Log2": Log2Slice[T], "Log1p": Log1pSlice[T],
		"Rsqrt": RsqrtSlice[T], "Cbrt": CbrtSlice[T],
	}
}

func TestSlices(t *testing.T) {
	t.Run("float32", testSlices[float32])
	t.Run("float64", testSlices[float64])
}

func testSlices[T Float](t *testing.T) {
	x := append(arguments[T](200), T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)))
	require.Len(t, slices[T](), len(scalars[T]()))
	for name, f := range slices[T]() {
		want := make([]uint64, len(x))
		for i, v := range x {
			want[i] = kernel.Bits(scalars[T]()[name](v))
		}
		apart := make([]T, len(x))
		f(apart, x)
		require.Equal(t, want, allBits(apart), name)
		same := append([]T(nil), x...)
		f(same, same)
		require.Equal(t, want, allBits(same), "%s in place", name)
		f(nil, nil)
		require.PanicsWithValue(t, "elementary: "+name+"Slice: destination has 3 elements, source has 5",
			func() { f(make([]T, 3), make([]T, 5)) })
	}
}

// What overlaps otherwise than wholly is refused, at every distance; neighbours are not.
func TestSlicesRefuseOverlap(t *testing.T) {
	t.Run("float32", testSlicesRefuseOverlap[float32])
	t.Run("float64", testSlicesRefuseOverlap[float64])
}

func testSlicesRefuseOverlap[T Float](t *testing.T) {
	const n = 5
	memory := make([]T, 4*n)
	refuses := func(from int, name string, f func(dst, x []T)) {
		for i := range memory {
			memory[i] = T(i)
		}
		x, dst := memory[n:2*n], memory[n+from:2*n+from]
		if from != 0 && -n < from && from < n {
			require.Panics(t, func() { f(dst, x) }, "%s %d", name, from)
			for i, v := range memory {
				require.Equal(t, T(i), v, "%s %d: nothing is written", name, from)
			}
			return
		}
		require.NotPanics(t, func() { f(dst, x) }, "%s %d", name, from)
	}
	other := make([]T, n)
	for from := -n; from <= n; from++ {
		for name, f := range slices[T]() {
			refuses(from, name, f)
		}
		refuses(from, "Softmax", func(dst, x []T) { Softmax(reduce.Pairwise, dst, x) })
		refuses(from, "LayerNorm", func(dst, x []T) { LayerNorm(reduce.Pairwise, dst, x, other, other, 1) })
		refuses(from, "RMSNorm", func(dst, x []T) { RMSNorm(reduce.Pairwise, dst, x, other, 1) })
		refuses(from, "sines", func(dst, x []T) { SincosSlice(dst, make([]T, n), x) })
		refuses(from, "cosines", func(dst, x []T) { SincosSlice(make([]T, n), dst, x) })
		x32 := kernel.As[float32](other)
		if !kernel.Is64[T]() {
			refuses(from, "Pow, x", func(dst, x []T) { PowSlice(kernel.As[float32](dst), kernel.As[float32](x), x32) })
			refuses(from, "Pow, y", func(dst, x []T) { PowSlice(kernel.As[float32](dst), x32, kernel.As[float32](x)) })
		}
	}
	require.PanicsWithValue(t, fmt.Sprintf("elementary: ExpSlice: destination of 5 elements begins %d bytes from the beginning of what it may not overlap", 2*unsafe.Sizeof(T(0))),
		func() { ExpSlice(memory[2:7], memory[:5]) })
	require.Panics(t, func() { SincosSlice(other, other, memory[:n]) }, "sines where cosines are")
	require.Panics(t, func() { SincosSlice(memory[:n], memory[1:n+1], other) }, "sines among cosines")
	require.Panics(t, func() { LayerNorm(reduce.Pairwise, other, memory[:n], other, memory[n:2*n], 1) }, "onto the weights")
	require.Panics(t, func() { LayerNorm(reduce.Pairwise, other, other, memory[:n], other, 1) }, "onto the biases")
	require.PanicsWithValue(t, "elementary: RMSNorm of 5 elements into memory that overlaps it, or the weights or biases", func() {
		RMSNorm(reduce.Pairwise, other, memory[:n], other, 1)
	})
}

func TestSincosSlice(t *testing.T) {
	t.Run("float32", testSincosSlice[float32])
	t.Run("float64", testSincosSlice[float64])
}

func testSincosSlice[T Float](t *testing.T) {
	x := append(arguments[T](200), T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)))
	wantSin, wantCos := make([]T, len(x)), make([]T, len(x))
	SinSlice(wantSin, x)
	CosSlice(wantCos, x)
	cos := make([]T, len(x))
	SincosSlice(x, cos, x)
	require.Equal(t, allBits(wantSin), allBits(x))
	require.Equal(t, allBits(wantCos), allBits(cos))
	require.PanicsWithValue(t, "elementary: SincosSlice: destination has 1 element, source has 2",
		func() { SincosSlice(make([]T, 2), make([]T, 1), make([]T, 2)) })
	require.Panics(t, func() { SincosSlice(make([]T, 1), make([]T, 2), make([]T, 2)) })
}

func allBits[T Float](xs []T) []uint64 {
	b := make([]uint64, len(xs))
	for i, x := range xs {
		b[i] = kernel.Bits(x)
	}
	return b
}
