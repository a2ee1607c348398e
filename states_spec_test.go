package samebits_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// dump returns bytes as SPEC.md shows them: 16 a line, after the index of the first.
func dump(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); i += 16 {
		fmt.Fprintf(&s, "    %02x  % x\n", i, b[i:min(i+16, len(b))])
	}
	return s.String()
}

// examples returns the states of SPEC.md, section 10.
func examples(t *testing.T) (pairwise *reduce.Accumulator[float64], exact, binned *reduce.Accumulator[float32]) {
	t.Helper()
	pairwise, err := reduce.NewAccumulator[float64](reduce.Pairwise, 14)
	require.NoError(t, err)
	pairwise.Add(1, -2, 0.5)
	exact, err = reduce.NewAccumulator[float32](reduce.Exact, 0)
	require.NoError(t, err)
	exact.Add(-1, -0.5, float32(math.Copysign(0, -1)))
	binned, err = reduce.NewAccumulator[float32](reduce.BinnedFold(2), 7)
	require.NoError(t, err)
	binned.Add(3, -0x1p-18, float32(math.Copysign(0, -1)))
	return pairwise, exact, binned
}

func TestSpecStatesAreTrue(t *testing.T) {
	data, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	page := string(data)
	pairwise, exact, binned := examples(t)
	for _, a := range []interface {
		MarshalBinary() ([]byte, error)
		MarshalJSON() ([]byte, error)
	}{pairwise, exact, binned} {
		b, err := a.MarshalBinary()
		require.NoError(t, err)
		require.Contains(t, page, "\n\n"+dump(b)+"\n", "the bytes in SPEC.md")
		b[len(b)-1] ^= 1
		require.NotContains(t, page, dump(b), "the check sees a bit")
		text, err := json.Marshal(a)
		require.NoError(t, err)
		require.Contains(t, withoutSpace(page), string(text), "the JSON in SPEC.md")
	}
}

// withoutSpace undoes the breaking of lines in the JSON of SPEC.md; its one string
// with a space keeps it.
func withoutSpace(page string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(page), ""), "samebitsstate", "samebits state")
}
