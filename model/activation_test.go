package model

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/samebits/samebits/internal/kernel"
)

func testReLU[T Float](t *testing.T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	x := []T{1.5, 0, T(math.Copysign(0, -1)), -1.5, inf, -inf, nan, -nan}
	apply(activations["relu"], x)
	for i, want := range []T{1.5, 0, 0, 0, inf, 0, kernel.Canonical(nan), kernel.Canonical(nan)} {
		require.Equal(t, math.Float64bits(float64(want)), math.Float64bits(float64(x[i])), i)
	}
}

// TestReLU: x where x > 0, NaN where x is NaN, else +0 (SPEC.md, section 8).
func TestReLU(t *testing.T) {
	testReLU[float32](t)
	testReLU[float64](t)
}
