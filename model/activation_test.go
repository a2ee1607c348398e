package model

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func testReLU[T Float](t *testing.T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	x := []T{1.5, 0, T(math.Copysign(0, -1)), -1.5, inf, -inf, nan, -nan}
	apply(activations["relu"], x)
	require.Equal(t, []T{1.5, 0, 0, 0, inf, 0, 0, 0}, x)
	for _, v := range x {
		require.False(t, math.Signbit(float64(v)))
	}
}

// TestReLU: x where x > 0, else +0, of a NaN too (SPEC.md, section 8).
func TestReLU(t *testing.T) {
	testReLU[float32](t)
	testReLU[float64](t)
}
