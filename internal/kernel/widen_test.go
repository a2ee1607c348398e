package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// A bfloat16 is the upper half of a float32, wherever it lies.
func TestWidenBFloat16(t *testing.T) {
	x := make([]uint16, 1<<16)
	for i := range x {
		x[i] = uint16(i)
	}
	for _, cut := range [][2]int{{0, 1 << 16}, {1, 1 << 16}, {3, 10}, {5, 5}, {7, 16}, {2, 1<<16 - 3}} {
		part := x[cut[0]:cut[1]]
		dst := make([]float32, len(part)+1)
		dst[len(part)] = 7
		Widen(BFloat16, dst, part)
		for i, v := range part {
			require.Equal(t, uint32(v)<<16, math.Float32bits(dst[i]))
		}
		require.Equal(t, float32(7), dst[len(part)])
	}
}
