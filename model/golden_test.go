package model

import (
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

const goldenProvenance = `SHA-256 over the logits of a small model of a family for 20 tokens, in one order and type, on
any number of ranks: of testdata where there is a folder, else random weights with sliding windows where the family has them.`

// goldenModel is a folder of testdata, or the plain model of the family.
func goldenModel(t *testing.T, family string) *Checkpoint {
	for _, name := range published {
		if name == family {
			c, err := Load("testdata/" + name)
			require.NoError(t, err)
			return c
		}
	}
	f := plain(t, family)
	position := "max_position_embeddings"
	f.config[position] = 20
	switch family {
	case "mistral", "phi3":
		f.config["sliding_window"] = 9
	case "qwen3":
		f.config["sliding_window"], f.config["use_sliding_window"], f.config["max_window_layers"] = 9, true, 1
		f.config["rope_scaling"] = map[string]any{"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 12}
	}
	return f.load(t)
}

func goldenDigest[T gemm.Float](t *testing.T, c *Checkpoint, s setup) string {
	ids := make([]int, 20)
	for i := range ids {
		ids[i] = i * i % min(c.Config.Vocabulary, 11)
	}
	d := golden.New()
	golden.Add(d, logits(t, build[T](t, c, s), ids)...)
	return d.String()
}

// TestGolden claims that every architecture, and any number of ranks, computes
// these bits.
func TestGolden(t *testing.T) {
	digests := map[string]string{}
	for _, family := range Families() {
		c := goldenModel(t, family)
		for _, ranks := range []int{4, 1} {
			for name, digest := range map[string]string{
				"float32 pairwise":      goldenDigest[float32](t, c, setup{reduce.Pairwise, ranks, 1}),
				"float64 pairwise":      goldenDigest[float64](t, c, setup{reduce.Pairwise, ranks, 1}),
				"float32 double-double": goldenDigest[float32](t, c, setup{reduce.DoubleDouble, ranks, 1}),
				"float32 widened":       goldenDigest[float32](t, c, setup{reduce.Widened, ranks, 1}),
				"float64 exact":         goldenDigest[float64](t, c, setup{reduce.Exact, ranks, 1}),
			} {
				name = family + " " + name
				if digests[name] != "" {
					require.Equal(t, digests[name], digest, "%s: 4 ranks and 1", name)
				}
				digests[name] = digest
			}
		}
	}
	golden.Check(t, "testdata/golden.json", goldenProvenance, digests)
}
