package elementary

import (
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
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
