package bytes24

import (
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

const goldenProvenance = `SHA-256 over the logits of bytes24 for the text "def" (three tokens, 3 x 256 numbers, row by
row), in one order and type, on any number of ranks.`

func goldenDigest[T gemm.Float](t *testing.T, order reduce.Order, ranks int) string {
	d := golden.New()
	golden.Add(d, logits[T](t, order, ranks, Encode("def"))...)
	return d.String()
}

// TestGolden claims that every architecture, and any number of ranks, computes
// these bits.
func TestGolden(t *testing.T) {
	digests := map[string]string{}
	for _, ranks := range []int{3, 1} {
		for name, digest := range map[string]string{
			"float32 pairwise":      goldenDigest[float32](t, reduce.Pairwise, ranks),
			"float64 pairwise":      goldenDigest[float64](t, reduce.Pairwise, ranks),
			"float32 double-double": goldenDigest[float32](t, reduce.DoubleDouble, ranks),
			"float32 exact":         goldenDigest[float32](t, reduce.Exact, ranks),
		} {
			if digests[name] != "" {
				require.Equal(t, digests[name], digest, "%s: 3 ranks and 1", name)
			}
			digests[name] = digest
		}
	}
	require.NotEqual(t, digests["float32 pairwise"], goldenDigest[float32](t, reduce.Sequential, 1))
	golden.Check(t, "testdata/golden.json", goldenProvenance, digests)
}
