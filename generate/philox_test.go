package generate

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// words reads hexadecimal numbers of 32 bits.
func words(t *testing.T, list []string) (out []uint32) {
	for _, w := range list {
		n, err := strconv.ParseUint(w, 16, 32)
		require.NoError(t, err)
		out = append(out, uint32(n))
	}
	return out
}

func TestPhiloxPublished(t *testing.T) {
	data, err := os.ReadFile("testdata/philox.json")
	require.NoError(t, err)
	var published struct {
		Vectors []struct{ Counter, Key, Result []string }
	}
	require.NoError(t, json.Unmarshal(data, &published))
	require.Len(t, published.Vectors, 3)
	for _, v := range published.Vectors {
		got := philox([4]uint32(words(t, v.Counter)), [2]uint32(words(t, v.Key)))
		require.Equal(t, words(t, v.Result), got[:])
	}
}

// Seed, sequence and position are the key and the counter, low words first: this is
// the third published vector, of which 0x94fdccebd16cfe09 >> 11 is taken.
func TestUniform(t *testing.T) {
	got := uniform(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88)
	require.Equal(t, float64(0x94fdccebd16cfe09>>11)/(1<<53), got)
	require.Equal(t, float64(0xe169c58d6627e8d5>>11)/(1<<53), uniform(0, 0, 0))
	sum := 0.0
	for i := range uint64(10000) {
		u := uniform(1, 2, i)
		require.True(t, 0 <= u && u < 1)
		sum += u
	}
	require.Less(t, math.Abs(sum/10000-0.5), 0.015, "five deviations")
}
