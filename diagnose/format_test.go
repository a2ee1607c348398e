package diagnose

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeopleFormats(t *testing.T) {
	for n, want := range map[Number]string{0: "0", 0.012345: "0.01235", 12.5: "12.5", 10000: "1.00e+04", -0.001: "-1.00e-03", Number(math.Inf(1)): "unbounded"} {
		require.Equal(t, want, Size(n))
	}
	for n, want := range map[Number]string{
		0: "0", 0.0009: "< 0.1 %", 0.068: "6.8 %", 0.1: "10 %", 1: "100 %", 1.01: "1.01 times", 62.5: "62.5 times",
		11488: "11488 times", 2.5e7: "2.5e+07 times", Number(math.Inf(1)): "more than any",
	} {
		require.Equal(t, want, Share(n))
	}
	require.Equal(t, "not a number", Size(Number(math.NaN())))
	require.Equal(t, "more than any", Share(Number(math.NaN())))
}
