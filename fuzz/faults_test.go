package fuzz

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const maxTerms = defaultMaxTerms

// inputs returns n pseudorandom fuzz inputs.
func inputs(n int) [][]byte {
	rng := rand.New(rand.NewPCG(20, 16))
	all := make([][]byte, n)
	for i := range all {
		all[i] = make([]byte, 4+rng.IntN(60))
		for k := range all[i] {
			all[i][k] = byte(rng.Uint32())
		}
	}
	return all
}

// requireCaught demands that the check fails on some seed or random input.
func requireCaught(t *testing.T, fault string, check func(data []byte) error) {
	t.Helper()
	for _, data := range slices.Concat(sumSeeds[float64](), dotSeeds[float64](), inputs(200)) {
		if check(data) != nil {
			return
		}
	}
	require.Fail(t, "no check failed", "fault: %s", fault)
}

func TestSeedsHoldWhatTheySay(t *testing.T) {
	values := func(seed int) []float64 { return Values[float64](NewSource(seeds[seed]), maxTerms, true) }
	zero := math.Copysign(0, -1)
	require.Equal(t, []uint64{math.Float64bits(zero), math.Float64bits(zero)}, bitsOf(values(1)))
	require.Equal(t, []float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, values(2))
	require.Equal(t, []float64{-math.MaxFloat64}, values(3))
	require.Equal(t, []float64{-1}, values(4))
	require.Equal(t, []float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}, values(5))
	require.Equal(t, []float64{1 << 53, 1, 0x1p-62}, values(6))
	require.Len(t, values(7), 52)
	require.Equal(t, 0x1p-53, values(13)[64])
	require.Len(t, values(13), 65)
}
