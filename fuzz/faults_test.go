package fuzz

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxTerms keeps a fuzz execution short: exact sums cost about 1 µs a term.
const maxTerms = 700

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
	for _, data := range append(inputs(200), seeds...) {
		if check(data) != nil {
			return
		}
	}
	require.Fail(t, "no check failed", "fault: %s", fault)
}

// The seeds of every target: bytes that decode to nasty sums in both types.
var seeds = [][]byte{
	{},
	{opNotable, 14, 0, opNotable, 14, 0}, // -0, -0
	{opNotable, 9, 0, opRepeat, 0, 1, 0, opNegate, 0}, // MAX + MAX - MAX
	{opNotable, 23, 0},                                      // -MAX
	{opNotable, 15, 0},                                      // -1
	{opNotable, 3, 0, opRepeat, 0, 9, 0},                    // ten times 0.1
	{opNotable, 12, 0, opNotable, 1, 0, opDisturb, 0, 9, 0}, // 2^p + 1 + tiny
	{opNotable, 7, 0, opRepeat, 0, 50, 0, opTiny, 1, 2},     // subnormals
	{opInteger, 1, opScale, 0, 255, 0, opInteger, 1, opNegate, 2},
	{opRandom, 255, 1, 2, 3, 4, 5, 6, 7, 8, opMirror, 63, 0},
	{opWide, 255, 8, 7, 6, 5, 4, 3, 2, 1, opMirror, 63, 0, opTiny, 9, 9},
	{opInfinite, 0, opInteger, 3, opInteger, 3, opInfinite, 1},
	{opInteger, 5, opNaN, 1, 2, 3, 4, 5, 6, 7, 0x80, opInfinite, 1},
	{opInteger, 1, opHalfUlp, 0, opRepeat, 0, 63, 0}, // 1 and 64 halves of its ulp
	{opHalfUlp, 0, opInteger, 1, opHalfUlp, 0, opDisturb, 0, 100, 0, opNext, 2, opPower, 1, 200, 0},
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
