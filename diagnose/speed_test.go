//go:build unix

package diagnose

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/stretchr/testify/require"
)

var speed = flag.String("speed", "", "time diagnoses of a model of 24 layers with the faults of which the name contains this; \"all\" for all")

// demonstration is the embedded model for the tests' own forward pass.
func demonstration(t *testing.T) *randomModel {
	c, err := bytes24.Load()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	f := newFamily("gpt2", "medium")
	f.layers, f.inner, f.vocabulary, f.context, f.tokens = 24, 512, 256, 256, 64
	m := &randomModel{family: f, parts: map[string]weights{}, loaded: c}
	matrix := func(data []float64, cols int) weights {
		return weights{w: slices.Collect(slices.Chunk(data, cols))}
	}
	for _, s := range model.StageNames(c.Config) {
		w, err := c.Weights(s)
		if err != nil {
			continue // it has none
		}
		p := matrix(w.Matrix.Data, w.Matrix.Cols)
		p.bias = w.Bias
		m.parts[s] = p
	}
	all := make([]int, 256)
	for i := range all {
		all[i] = i
	}
	tokens, err := c.TokenRows(all)
	require.NoError(t, err)
	positions, err := c.PositionRows(all)
	require.NoError(t, err)
	m.parts["tokens"], m.parts["positions"] = matrix(tokens.Data, f.width), matrix(positions.Data, f.width)
	return m
}

// TestSpeed times the diagnosis of every fault, in one layer and in all, of traces that
// are whole and of traces that lack stages.
func TestSpeed(t *testing.T) {
	if *speed == "" {
		t.Skip("-speed asks for no faults")
	}
	wanted := regexp.MustCompile(*speed)
	m := demonstration(t)
	g := readGrid(t)
	seen := map[string]bool{}
	for _, e := range append(g.Faults, g.Reduced...) {
		if len(e.Families) > 0 && !slices.Contains(e.Families, "gpt2") {
			continue
		}
		for _, where := range or(e.Where, nil) {
			for _, dtype := range []string{"f32", "bf16", "f64"} {
				for _, variant := range []string{"", "fused-attention", "no-norms", "outputs-only"} {
					for _, layer := range []int{0, everyLayer} {
						strength := 0.0
						if e.Strengths != nil {
							strength = e.Strengths[0]
						}
						c := testCase{"fault", "gpt2", "bytes24", dtype, defect{e.Fault, where, layer, strength}, 4, 1, "sequential", variant, 0}
						name := c.String()
						if seen[name] || !wanted.MatchString(name) {
							continue
						}
						seen[name] = true
						r := c.runOf(m)
						r.ids = program(64)
						tr := c.trace(r)
						began, used := time.Now(), cpu()
						p, err := Replay(tr, m.loaded, "")
						took, used := time.Since(began), cpu()-used
						require.NoError(t, err)
						stage := ""
						if p.Stage != nil {
							stage = *p.Stage
						}
						fmt.Printf("%6.2f s, %6.2f s of processors: %s: %s %s\n", took.Seconds(), used.Seconds(), name, p.Verdict, stage)
					}
				}
			}
		}
	}
}

// cpu is the time that processors have spent on this process.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
