package reference

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

var allTokens = flag.Bool("all-tokens", false, "compare all 64 tokens of bytes24, not the first few (about a minute)")

// model is a folder with a model and what PyTorch made of it.
type model struct {
	*Model
	expected *safetensors.File
}

func open(t testing.TB, folder string) model {
	g, err := Load(os.DirFS(folder))
	require.NoError(t, err)
	f, err := safetensors.Open(folder + "/expected.safetensors")
	require.NoError(t, err)
	return model{g, f}
}

func (m model) ids(t testing.TB) []int {
	x, err := m.expected.Tensor("ids")
	require.NoError(t, err)
	ids, err := safetensors.Ints(x)
	require.NoError(t, err)
	return ids
}

func (m model) floats(t testing.TB, name string) []float64 {
	x, err := m.expected.Tensor(name)
	require.NoError(t, err)
	f, err := safetensors.Floats[float64](x)
	require.NoError(t, err)
	return f
}

// worst is the greatest |computed - truth|; +Inf where a float is none.
func worst(t testing.TB, computed []float64, truth []*big.Float) float64 {
	require.Len(t, computed, len(truth))
	w := 0.0
	for i := range truth {
		w = max(w, AbsError(computed[i], truth[i]))
	}
	return w
}

// logits runs g with options o and returns its logits in one slice.
func logits(t testing.TB, g *Model, ids []int, o Options) []*big.Float {
	rows, err := g.Logits(t.Context(), ids, o)
	require.NoError(t, err)
	return slices.Concat(rows...)
}

const (
	tiny      = "testdata/gpt2"
	tokens    = 17 // of each of its two sequences
	agreement = 1e-11
)

func TestLogitsAgreeWithFloat64(t *testing.T) {
	m := open(t, tiny)
	for row, ids := range slices.Collect(slices.Chunk(m.ids(t), tokens)) {
		got := logits(t, m.Model, ids, Options{Digits: 20})
		n := len(got)
		w := worst(t, m.floats(t, "logits_f64")[n*row:n*(row+1)], got)
		t.Logf("sequence %d: float64 is off by %.2g", row, w)
		require.Less(t, w, agreement)
	}
}

// Hidden state i is what enters layer i; the last is final_norm.
func TestStagesAgreeWithFloat64(t *testing.T) {
	m := open(t, tiny)
	stages := record(t, m.Model, m.ids(t)[:tokens])
	for i, name := range []string{"embed", "layers.0.output", "layers.1.output", "final_norm"} {
		got := stages[name].values
		w := worst(t, m.floats(t, fmt.Sprintf("hidden_f64.%d", i))[:len(got)], got)
		require.Less(t, w, agreement, name)
	}
}

type stage struct {
	shape  []int
	values []*big.Float
}

func record(t *testing.T, g *Model, ids []int) map[string]stage {
	stages := map[string]stage{}
	logits(t, g, ids, Options{Digits: 20, Record: func(name string, shape []int, values []*big.Float) {
		require.NotContains(t, stages, name)
		stages[name] = stage{shape, values}
	}})
	return stages
}

func TestEveryStageHasItsNameAndShape(t *testing.T) {
	m := open(t, tiny)
	stages := record(t, m.Model, []int{1, 2})
	want := map[string][]int{
		"attn_norm": {2, 48}, "attn.q": {2, 6, 8}, "attn.k": {2, 6, 8}, "attn.v": {2, 6, 8},
		"attn.scores": {6, 2, 2}, "attn.probs": {6, 2, 2}, "attn.context": {2, 48}, "attn.out": {2, 48},
		"attn_residual": {2, 48}, "mlp_norm": {2, 48}, "mlp.up": {2, 192}, "mlp.act": {2, 192},
		"mlp.down": {2, 48}, "output": {2, 48},
	}
	require.Len(t, stages, 3*len(want)+3)
	for name, shape := range want {
		got := stages["layers.2."+name]
		require.Equal(t, shape, got.shape, name)
		n := 1
		for _, d := range shape {
			n *= d
		}
		require.Len(t, got.values, n, name)
	}
	require.Equal(t, []int{2, 96}, stages["logits"].shape)

	scores, probs := stages["layers.0.attn.scores"].values, stages["layers.0.attn.probs"].values
	require.Nil(t, scores[1], "token 0 does not see token 1")
	require.Zero(t, probs[1].Sign())
	require.Equal(t, "1", probs[0].Text('g', 40), "token 0 sees itself only")
	require.NotNil(t, scores[3])
}

func TestMoreDigitsChangeNothing(t *testing.T) {
	m := open(t, tiny)
	ids := m.ids(t)[:tokens]
	at40 := logits(t, m.Model, ids, Options{Digits: 40})
	at80 := logits(t, m.Model, ids, Options{Digits: 80})
	w := worstBig(at40, at80)
	t.Logf("40 digits are off by %.2g", w)
	require.Positive(t, w, "the precision has no effect at all")
	require.Less(t, w, 1e-45)
}

func worstBig(x, y []*big.Float) float64 {
	w := 0.0
	for i := range x {
		d, _ := new(big.Float).Sub(x[i], y[i]).Float64()
		w = max(w, d, -d)
	}
	return w
}

// The bits depend on neither the number of goroutines nor the tokens that follow.
func TestSameBitsForThreadsAndPrefix(t *testing.T) {
	m := open(t, tiny)
	ids := m.ids(t)[:5]
	want := logits(t, m.Model, ids, Options{Digits: 20, Threads: 1})
	requireSameBits(t, want, logits(t, m.Model, ids, Options{Digits: 20, Threads: 3}))
	requireSameBits(t, want[:2*96], logits(t, m.Model, ids[:2], Options{Digits: 20}))
}

// Every architecture gives these bits; they change only with the arithmetic of
// this package or of package decimal.
func TestLogitsDigest(t *testing.T) {
	m := open(t, tiny)
	h := sha256.New()
	for _, x := range logits(t, m.Model, m.ids(t)[:3], Options{Digits: 20}) {
		fmt.Fprintln(h, x.Text('p', 0))
	}
	require.Equal(t, "b0c33ab9deb2c377", fmt.Sprintf("%x", h.Sum(nil)[:8]))
}

func requireSameBits(t *testing.T, want, got []*big.Float) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i].Text('p', 0), got[i].Text('p', 0), "element %d", i)
		require.Equal(t, want[i].Prec(), got[i].Prec(), "element %d", i)
	}
}

// Every way to go wrong must be seen by the comparison with float64.
func TestFaultsBreakAgreement(t *testing.T) {
	faults := map[string]func(g *Model){
		"epsilon 1e-6":      func(g *Model) { g.Epsilon = "1e-6" },
		"gelu for gelu_new": func(g *Model) { g.Activation = "gelu" },
		"relu":              func(g *Model) { g.Activation = "relu" },
		"scale of 3 heads":  func(g *Model) { g.Heads, g.KVHeads, g.Head = 3, 3, 16 },
		"contiguous QKV":    func(g *Model) { permute(g, contiguous) },
		"swapped K and V":   func(g *Model) { permute(g, swapped) },
	}
	for name, inject := range faults {
		t.Run(name, func(t *testing.T) {
			m := open(t, tiny)
			inject(m.Model)
			got := logits(t, m.Model, m.ids(t)[:3], Options{Digits: 20})
			w := worst(t, m.floats(t, "logits_f64")[:len(got)], got)
			t.Logf("off by %.2g", w)
			require.Greater(t, w, 1e4*agreement)
		})
	}
}

// permute makes output j of every fused projection what output from(width, j)
// was.
func permute(g *Model, from func(width, j int) int) {
	for i := range g.blocks {
		b := &g.blocks[i]
		old := linear{}.join(b.q).join(b.k).join(b.v)
		permuted := linear{rows: slices.Clone(old.rows), bias: slices.Clone(old.bias)}
		for j := range old.rows {
			permuted.rows[j], permuted.bias[j] = old.rows[from(g.Width, j)], old.bias[from(g.Width, j)]
		}
		b.q, b.k, b.v = permuted.part(0, g.Width), permuted.part(g.Width, 2*g.Width), permuted.part(2*g.Width, 3*g.Width)
	}
}

// contiguous is what two ranks compute that take one half of the fused columns
// each, and read their halves as their queries, keys and values.
func contiguous(width, j int) int {
	part, i := j/width, j%width
	rank, i := i/(width/2), i%(width/2)
	return rank*3*width/2 + part*width/2 + i
}

func swapped(width, j int) int {
	return []int{0, 2, 1}[j/width]*width + j%width
}

func TestBytes24AgreesWithFloat64(t *testing.T) {
	n := 2
	if *allTokens {
		n = 64
	}
	m := open(t, "../model/bytes24")
	start := time.Now()
	got := logits(t, m.Model, m.ids(t)[:n], Options{Digits: 30})
	w := worst(t, m.floats(t, "logits_f64")[:len(got)], got)
	t.Logf("%d tokens in %v: float64 is off by %.2g", n, time.Since(start).Round(time.Millisecond), w)
	require.Less(t, w, agreement)
}

func BenchmarkBytes24(b *testing.B) {
	m := open(b, "../model/bytes24")
	ids := m.ids(b)[:8]
	for b.Loop() {
		logits(b, m.Model, ids, Options{Digits: 40, Threads: 2})
	}
}

func TestProgressCountsEveryStage(t *testing.T) {
	m := open(t, tiny)
	var done []int
	logits(t, m.Model, []int{1}, Options{Digits: 10, Progress: func(n, total int) {
		require.Equal(t, 45, total)
		done = append(done, n)
	}})
	require.Len(t, done, 45)
	require.True(t, slices.IsSorted(done))
	require.Equal(t, 45, done[44])
}

func TestLogitsEndsWithItsContext(t *testing.T) {
	m := open(t, tiny)
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Digits: 10, Progress: func(done, _ int) {
		if done == 5 {
			cancel()
		}
	}}
	_, err := m.Logits(ctx, []int{1, 2, 3}, o)
	require.ErrorIs(t, err, context.Canceled)

	// Within a stage, too: one activation of this takes far longer than allowed.
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err = m.Logits(ctx, m.ids(t)[:tokens], Options{Digits: 500})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 5*time.Second)
}

func TestLogitsRefusesBadInput(t *testing.T) {
	m := open(t, tiny)
	for _, c := range []struct {
		ids  []int
		o    Options
		want string
	}{
		{nil, Options{Digits: 10}, "0 ids; the model takes 1 to 64"},
		{make([]int, 65), Options{Digits: 10}, "65 ids"},
		{[]int{0, 96}, Options{Digits: 10}, "ids[1] is 96, not within 0 to 95"},
		{[]int{-1}, Options{Digits: 10}, "ids[0] is -1"},
		{[]int{0}, Options{}, "Digits is 0"},
		{[]int{0}, Options{Digits: 10, Threads: -1}, "Threads is -1"},
	} {
		_, err := m.Logits(t.Context(), c.ids, c.o)
		require.ErrorContains(t, err, c.want)
	}
}
