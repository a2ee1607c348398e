package fuzz

import (
	"math"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

func bitsOf[T kernel.Float](x []T) []uint64 {
	b := make([]uint64, len(x))
	for i, v := range x {
		b[i] = kernel.Bits(v)
	}
	return b
}

func TestSourceDealsZerosWhenEmpty(t *testing.T) {
	s := NewSource([]byte{1, 2, 3})
	require.Equal(t, byte(1), s.Byte())
	require.Equal(t, uint64(0x302), s.Uint64())
	require.True(t, s.Empty())
	require.Zero(t, s.Byte())
	require.Zero(t, s.Uint64())
	require.Zero(t, s.Int(7))
}

func testValues[T kernel.Float](t *testing.T) {
	var zeros, subnormals, infinities, nans, opposites int
	for _, data := range inputs(600) {
		x := Values[T](NewSource(data), maxTerms, true)
		require.LessOrEqual(t, len(x), maxTerms)
		require.Equal(t, bitsOf(x), bitsOf(Values[T](NewSource(data), maxTerms, true)), "equal bytes, equal numbers")
		for _, v := range Values[T](NewSource(data), maxTerms, false) {
			require.True(t, kernel.IsFinite(v))
		}
		for i, v := range x {
			switch {
			case v != v:
				nans++
			case !kernel.IsFinite(v):
				infinities++
			case v == 0 && math.Signbit(float64(v)):
				zeros++
			case v != 0 && math.Abs(float64(v)) < math.Ldexp(1, formatOf[T]().minNormalExponent()):
				subnormals++
			case i > 0 && v == -x[i-1]:
				opposites++
			}
		}
	}
	for name, n := range map[string]int{"-0": zeros, "subnormals": subnormals, "infinities": infinities, "NaN": nans, "opposites": opposites} {
		require.Greater(t, n, 10, name)
	}
}

func TestValues(t *testing.T) {
	t.Run("float32", testValues[float32])
	t.Run("float64", testValues[float64])
}

func TestNotable(t *testing.T) {
	require.Contains(t, Notable[float64](), math.MaxFloat64)
	require.Contains(t, Notable[float64](), -math.SmallestNonzeroFloat64)
	require.Contains(t, Notable[float64](), 0x1p-1022)
	require.Contains(t, Notable[float32](), float32(math.MaxFloat32))
	require.Contains(t, Notable[float32](), float32(math.SmallestNonzeroFloat32))
	require.Contains(t, Notable[float32](), float32(0x1p-126))
	for _, v := range Notable[float32]() {
		require.True(t, kernel.IsFinite(v))
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	source := NewSource([]byte{3, 1, 2})
	require.PanicsWithValue(t, "fuzz: a number from 0 to less than 0: want 1 or more", func() { source.Int(0) })
	require.PanicsWithValue(t, "fuzz: Values of -1 terms: want 0 or more", func() { Values[float64](source, -1, true) })
	require.PanicsWithValue(t, "fuzz: NewProgram of -1 terms: want 0 or more", func() { NewProgram(source, -1) })
	require.Empty(t, Values[float64](source, 0, true))
	NewProgram(source, 1<<20) // cuts lie within the first 65,536 terms
}

func TestProgramCoversEveryTermOnce(t *testing.T) {
	join := func(a, b []int) []int { return append(append([]int(nil), a...), b...) }
	empty, pieces := 0, 0
	for i, data := range inputs(300) {
		p := NewProgram(NewSource(data), i)
		terms := Run(p, i, func(lo, hi int) (s []int) {
			if lo == hi {
				empty++
			}
			pieces++
			for k := lo; k < hi; k++ {
				s = append(s, k)
			}
			return s
		}, join)
		require.Len(t, terms, i)
		for k, term := range terms {
			require.Equal(t, k, term)
		}
	}
	require.Greater(t, empty, 10)
	require.Greater(t, pieces, 1000)
}
