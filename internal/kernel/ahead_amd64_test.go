//go:build !purego

package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// How far ahead kernels prefetch cannot matter to the bits, whichever processor runs them.
func TestAhead(t *testing.T) {
	x, y := make([]float64, 5000), make([]float64, 5000)
	for i := range x {
		x[i], y[i] = float64(i*i%977)/3-100, float64(i*i%1009)/7-50
	}
	s := make([]float32, len(x))
	for i := range s {
		s[i] = float32(x[i])
	}
	bits := func() (all []uint64) {
		for _, of := range []Terms{Plain, Absolute, Product} {
			h, l := Pairs(of, nil, x, y)
			single, low := Pairs(of, nil, s, s)
			all = append(all, Bits(h), Bits(l), Bits(single), Bits(low), Bits(Tree[float64](of, nil, s, s)))
			var cut Slices
			grid := NewGrid(Whole, false, -40, -80)
			if of != Absolute && Cut(&cut, &grid, of, x[:MaxSliced], y[:MaxSliced]) {
				all = append(all, uint64(cut.Sum[0]), uint64(cut.Sum[1]))
			}
		}
		if active >= AVX2 {
			var cut Slices
			grid := NewGrid(Whole, false, -40, -80)
			require.True(t, CutApart(&cut, &grid, x, 1111))
			sum, _, ok := SumOnGrid(3, SingleGrid(3, Bits(float32(512))), Plain, s[:4096], nil, 1024)
			require.True(t, ok)
			all = append(all, uint64(cut.Sum[0]), uint64(cut.Sum[1]), uint64(sum))
			high, low, most := SplitWatchedApart(Plain, Anchor(-30), x, nil, 1111)
			all = append(all, uint64(high), Bits(low), most)
		}
		high, low, most := SplitWatched(Product, Anchor(-30), x, y)
		return append(all, uint64(high), Bits(low), most)
	}
	want := bits()
	defer func(stream, streams, pairs, wide uint64) {
		streamAhead, streamsAhead, pairsAhead, wideAhead = stream, streams, pairs, wide
	}(streamAhead, streamsAhead, pairsAhead, wideAhead)
	for _, ahead := range []uint64{0, 64, 1 << 16, 1 << 40} {
		streamAhead, streamsAhead, pairsAhead, wideAhead = ahead, ahead, ahead, ahead
		require.Equal(t, want, bits())
	}
}
