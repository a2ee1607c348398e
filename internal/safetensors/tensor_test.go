package safetensors_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	st "github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// floatBits reads t as T and returns the bits.
func floatBits[T kernel.Float](t *testing.T, x st.Tensor) []uint64 {
	t.Helper()
	v, err := st.Floats[T](x)
	require.NoError(t, err)
	return bitsOf(v)
}

func bitsOf[T kernel.Float](v []T) []uint64 {
	bits := make([]uint64, len(v))
	for i, x := range v {
		bits[i] = kernel.Bits(x)
	}
	return bits
}

// nasty holds numbers that a careless conversion changes.
func nasty[T kernel.Float]() []T {
	tiny, largest := float64(math.SmallestNonzeroFloat64), float64(math.MaxFloat64)
	if !kernel.Is64[T]() {
		tiny, largest = math.SmallestNonzeroFloat32, math.MaxFloat32
	}
	inf := math.Inf(1)
	v := []T{0, 1, T(math.Pi), T(tiny), T(largest), T(inf), kernel.NaN[T]()}
	for _, x := range v {
		v = append(v, -x)
	}
	return v
}

func TestFloatsRoundTrip(t *testing.T) {
	t.Run("float32", testFloatsRoundTrip[float32])
	t.Run("float64", testFloatsRoundTrip[float64])
}

func testFloatsRoundTrip[T kernel.Float](t *testing.T) {
	v := nasty[T]()
	x := st.FromFloats("x", []int{2, len(v) / 2}, v)
	require.Equal(t, len(v), x.Elements())
	require.Equal(t, len(x.Data), x.Elements()*x.DType.Size())
	require.Equal(t, bitsOf(v), floatBits[T](t, x))
}

func TestLittleEndianBytes(t *testing.T) {
	require.Equal(t, []byte{0, 0, 0x80, 0x3f}, st.FromFloats("x", nil, []float32{1}).Data)
	require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, st.FromFloats("x", nil, []float64{1}).Data)
	require.Equal(t, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, st.FromInts("x", nil, []int{-2}).Data)
}

func TestWideningIsExact(t *testing.T) {
	for _, c := range []struct {
		dtype st.DType
		data  []byte
		want  []float64
	}{
		{st.F16, []byte{0, 0x3c, 1, 0, 0xff, 0x7b, 0, 0xfc, 0, 0x80}, []float64{1, 0x1p-24, 65504, math.Inf(-1), math.Copysign(0, -1)}},
		{st.BF16, []byte{0x80, 0x3f, 1, 0, 0x7f, 0x7f, 0x80, 0xff, 0, 0x80}, []float64{1, 0x1p-133, 0x1.fep127, math.Inf(-1), math.Copysign(0, -1)}},
		{st.F32, []byte{0, 0, 0x80, 0x3f, 1, 0, 0, 0}, []float64{1, 0x1p-149}},
	} {
		x := st.Tensor{Name: "x", DType: c.dtype, Shape: []int{len(c.want)}, Data: c.data}
		require.Equal(t, bitsOf(c.want), floatBits[float64](t, x), c.dtype)
		narrow := make([]float32, len(c.want))
		for i, w := range c.want {
			narrow[i] = float32(w)
		}
		require.Equal(t, bitsOf(narrow), floatBits[float32](t, x), c.dtype)
	}
}

// Sign and payload of a NaN, also of a signalling one, survive the way to float64
// and back, on every architecture.
func TestNaNPayloads(t *testing.T) {
	data := []byte{1, 0, 0x80, 0x7f, 0xef, 0xbe, 0xed, 0xff, 0, 0, 0xc0, 0x7f}
	x := st.Tensor{Name: "x", DType: st.F32, Shape: []int{3}, Data: data}
	require.Equal(t, []uint64{0x7f800001, 0xffedbeef, 0x7fc00000}, floatBits[float32](t, x))
	require.Equal(t, []uint64{0x7ff0000020000000, 0xfffdb7dde0000000, 0x7ff8000000000000}, floatBits[float64](t, x))

	wide, err := st.Floats[float64](x)
	require.NoError(t, err)
	require.Equal(t, []uint64{0x7f800001, 0xffedbeef, 0x7fc00000}, floatBits[float32](t, st.FromFloats("x", []int{3}, wide)))

	half := st.Tensor{Name: "x", DType: st.F16, Shape: []int{2}, Data: []byte{1, 0x7e, 1, 0xfc}}
	require.Equal(t, []uint64{0x7fc02000, 0xffc02000}, floatBits[float32](t, half))
}

func TestNarrowingOnlyWhereExact(t *testing.T) {
	exact := []float64{0.5, -0x1p-149, math.MaxFloat32, math.Inf(1), 0}
	require.Equal(t, bitsOf([]float32{0.5, -0x1p-149, math.MaxFloat32, float32(math.Inf(1)), 0}),
		floatBits[float32](t, st.FromFloats("x", []int{5}, exact)))
	for _, bad := range []float64{0.1, 0x1p-150, math.MaxFloat64, 1 + 0x1p-24, math.Float64frombits(0x7ff8000000000001)} {
		_, err := st.Floats[float32](st.FromFloats("weights", []int{2}, []float64{1, bad}))
		require.EqualError(t, err, fmt.Sprintf("tensor \"weights\": element 1 is %v: no float32 equals it, read it as float64", bad))
	}
}

func TestInts(t *testing.T) {
	v := []int{0, 1, -1, math.MaxInt32, math.MinInt32}
	got, err := st.Ints(st.FromInts("ids", []int{5}, v))
	require.NoError(t, err)
	require.Equal(t, v, got)

	got, err = st.Ints(st.Tensor{Name: "ids", DType: st.I32, Shape: []int{2}, Data: []byte{1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff}})
	require.NoError(t, err)
	require.Equal(t, []int{1, -2}, got)
}

func TestWrongDType(t *testing.T) {
	_, err := st.Floats[float64](st.FromInts("ids", []int{1}, []int{7}))
	require.EqualError(t, err, `tensor "ids": dtype is I64: floats are F16, BF16, F32 or F64`)
	_, err = st.Ints(st.FromFloats("x", []int{1}, []float32{7}))
	require.EqualError(t, err, `tensor "x": dtype is F32: integers are I32 or I64`)
	_, err = st.Floats[float64](st.Tensor{Name: "x", DType: st.F32, Shape: []int{2}, Data: make([]byte, 4)})
	require.EqualError(t, err, `tensor "x": shape [2] of F32 needs 8 bytes of data, given 4`)
}

func TestProgrammerErrorsPanic(t *testing.T) {
	require.PanicsWithValue(t, `safetensors: tensor "x": shape [2 3] asks for 6 elements, given 5`,
		func() { st.FromFloats("x", []int{2, 3}, make([]float32, 5)) })
	require.PanicsWithValue(t, "safetensors: shape [2 -3]: dimension 1 is negative",
		func() { st.FromInts("x", []int{2, -3}, nil) })
	for _, last := range []int{8, 16} { // 2^63 and 2^64
		require.Panics(t, func() { st.Tensor{Shape: []int{1 << 30, 1 << 30, last}}.Elements() })
	}
}

func TestDTypeSize(t *testing.T) {
	for dtype, size := range map[st.DType]int{
		st.BOOL: 1, st.U8: 1, st.I8: 1, st.F8_E4M3: 1, st.F8_E5M2: 1, st.F8_E8M0: 1, st.I16: 2, st.U16: 2, st.F16: 2,
		st.BF16: 2, st.I32: 4, st.U32: 4, st.F32: 4, st.C64: 8, st.F64: 8, st.I64: 8, st.U64: 8, "F128": 0, "": 0,
	} {
		require.Equal(t, size, dtype.Size(), dtype)
	}
}
