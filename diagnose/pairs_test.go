package diagnose_test

import (
	"flag"
	"testing"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/diagnose/pair"
	"github.com/stretchr/testify/require"
)

var every = flag.Int("pairs", 301, "compare every so manieth case of the corpus with the right run")

// Compared with the right run, without the weights, no control of the corpus is called
// anything but rounding or undecided, and what is called a fault, or of reduced
// precision, is so at the right stage.
func TestPairsOfTheCorpus(t *testing.T) {
	verdicts := map[string]int{}
	for i, c := range diagnose.Cases(t) {
		if i%*every != *every/2 {
			continue
		}
		r, err := pair.Compare([]pair.Run{{File: "right", Trace: c.Right()}, {File: c.Name, Trace: c.Trace()}}, pair.Options{})
		if err != nil {
			require.ErrorContains(t, err, `stage "logits" has shape`, c.Name) // padded with rows
			continue
		}
		verdicts[c.Kind+": "+string(r.Verdict)]++
		switch r.Verdict {
		case diagnose.Fault, diagnose.ReducedPrecision:
			require.NotEqual(t, "control", c.Kind, "%s: %s", c.Name, r.Sentence)
			require.Equal(t, c.Stage, *r.Stage, "%s: %s", c.Name, r.Sentence)
		case diagnose.IllConditioned:
			require.NotEqual(t, "control", c.Kind, "%s: %s", c.Name, r.Sentence)
		}
	}
	t.Log(verdicts)
	require.NotZero(t, verdicts["fault: fault"])
	require.NotZero(t, verdicts["control: rounding"])
}
