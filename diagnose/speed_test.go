//go:build unix

package diagnose

import (
	"flag"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/stretchr/testify/require"
)

var speed = flag.String("speed", "", "time diagnoses of a model of 24 layers with faults of which the name matches this expression")

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

// allowed is the time that a diagnosis of 64 tokens may take on two processors.
const allowed = 20 * time.Second

// TestSpeed times the diagnosis of every fault of the corpus that this model can have,
// in one layer and in all, of traces that are whole and of traces that lack stages.
func TestSpeed(t *testing.T) {
	if *speed == "" {
		t.Skip("-speed asks for no faults")
	}
	wanted, m := regexp.MustCompile(*speed), demonstration(t)
	var all grid
	g := readGrid(t)
	for _, e := range append(g.Faults, g.Reduced...) {
		if e.Fault == "head-untied" {
			continue // the embedded model has no other matrix
		}
		if len(e.Families) == 0 || slices.Contains(e.Families, "gpt2") {
			e.Families, e.Sizes, e.Scales, e.TP, e.Layers = []string{"gpt2"}, []string{"bytes24"}, []float64{1}, []int{4}, []int{0, everyLayer}
			if e.Fault == "nan" || e.Fault == "infinity" {
				e.Layers = []int{0} // they spread: a second finds no number to replace
			}
			e.Dtypes, e.Variants = []string{"f32", "bf16", "f64"}, []string{"", "fused-attention", "no-norms", "outputs-only"}
			all.Faults = append(all.Faults, e)
		}
	}
	for _, c := range slices.CompactFunc(all.cases(), func(a, b testCase) bool { return a.String() == b.String() }) {
		if wanted.MatchString(c.String()) {
			c.time(t, m)
		}
	}
}

func (c testCase) time(t *testing.T, m *randomModel) {
	r := c.runOf(m)
	r.ids = program(64)
	tr := c.trace(r)
	began, used := time.Now(), cpu()
	p, err := Replay(tr, m.loaded, Options{Threads: 2})
	took, used := time.Since(began), cpu()-used
	require.NoError(t, err)
	t.Logf("%5.2f s, %5.2f s of processors: %s: %s", took.Seconds(), used.Seconds(), c, p.Sentence[:min(60, len(p.Sentence))])
	if took > allowed {
		t.Errorf("%s took %v, more than %v", c, took, allowed)
	}
}

// cpu is the time that processors have spent on this process.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
