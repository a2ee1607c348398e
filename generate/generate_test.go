package generate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/generate"
	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// small is a GPT-2 of 3 layers, 6 heads, 96 tokens and a context of 64.
const small = "../model/testdata/gpt2"

func session[T model.Float](t *testing.T, c *model.Checkpoint, order reduce.Order, ranks, threads int) *model.Session[T] {
	t.Helper()
	backend, err := gemm.NewNative[T](order, threads)
	require.NoError(t, err)
	m, err := model.New(c, model.Options[T]{Backend: backend, Ranks: ranks})
	require.NoError(t, err)
	return m.NewSession()
}

func loadSmall(t *testing.T) *model.Checkpoint {
	c, err := model.Load(small)
	require.NoError(t, err)
	return c
}

// run returns the new tokens.
func run[T model.Float](t *testing.T, s *model.Session[T], prompt []int, o generate.Options) (ids []int, finish generate.Finish) {
	t.Helper()
	finish, err := generate.Run(context.Background(), s, prompt, o, func(id int) error {
		ids = append(ids, id)
		return nil
	})
	require.NoError(t, err)
	return ids, finish
}

func TestGreedyIsHuggingFaces(t *testing.T) {
	file, err := safetensors.Open(small + "/expected.safetensors")
	require.NoError(t, err)
	ints := func(name string) []int {
		tensor, err := file.Tensor(name)
		require.NoError(t, err)
		ids, err := safetensors.Ints(tensor)
		require.NoError(t, err)
		return ids
	}
	ids, greedy := ints("ids"), ints("greedy")
	for row := range 2 {
		got, finish := run(t, session[float32](t, loadSmall(t), reduce.Pairwise, 3, 2), ids[17*row:17*row+17], generate.Options{MaxTokens: 24})
		require.Equal(t, greedy[24*row:24*row+24], got)
		require.Equal(t, generate.Full, finish)
	}
}

var sampling = generate.Sampling{Temperature: 1.2, TopK: 50, TopP: 0.95, Seed: 11}

func TestASampleDoesNotDependOnRanksThreadsOrPauses(t *testing.T) {
	c, prompt := loadSmall(t), []int{3, 1, 4, 1, 5}
	o := generate.Options{Sampling: sampling, MaxTokens: 20}
	want, _ := run(t, session[float32](t, c, reduce.Pairwise, 1, 1), prompt, o)
	for _, ranks := range []int{2, 5, 6} {
		got, _ := run(t, session[float32](t, c, reduce.Pairwise, ranks, 2), prompt, o)
		require.Equal(t, want, got, "%d ranks", ranks)
	}
	// What was generated is the prompt of another session, or follows in this one.
	for _, n := range []int{1, 7, 19} {
		o.MaxTokens = 20 - n
		got, _ := run(t, session[float32](t, c, reduce.Pairwise, 2, 1), slices.Concat(prompt, want[:n]), o)
		require.Equal(t, want[n:], got, "after %d tokens", n)
		s := session[float32](t, c, reduce.Pairwise, 2, 1)
		o.MaxTokens = n
		first, _ := run(t, s, prompt, o)
		o.MaxTokens = 20 - n
		rest, _ := run(t, s, first[n-1:], o)
		require.Equal(t, want, slices.Concat(first, rest), "in one session, after %d tokens", n)
	}
	for _, other := range []generate.Sampling{
		{Temperature: 1.2, TopK: 50, TopP: 0.95, Seed: 12}, {Temperature: 1.2, TopK: 50, TopP: 0.95, Seed: 11, Sequence: 1},
		{Temperature: 1.3, TopK: 50, TopP: 0.95, Seed: 11}, {},
	} {
		got, _ := run(t, session[float32](t, c, reduce.Pairwise, 1, 1), prompt, generate.Options{Sampling: other, MaxTokens: 20})
		require.NotEqual(t, want, got, "%+v", other)
	}
}

func TestStopTokensEndTheSequence(t *testing.T) {
	c, prompt := loadSmall(t), []int{3, 1, 4}
	all, _ := run(t, session[float64](t, c, reduce.Exact, 1, 1), prompt, generate.Options{Sampling: sampling, MaxTokens: 12})
	stop := all[9]
	at := slices.Index(all, stop)
	got, finish := run(t, session[float64](t, c, reduce.Exact, 1, 1), prompt, generate.Options{Sampling: sampling, MaxTokens: 12, Stop: []int{500, stop}})
	require.Equal(t, generate.Stopped, finish)
	require.Equal(t, all[:at], got, "the token that stops is not handed on")
}

func TestTheContextIsALimit(t *testing.T) {
	c := loadSmall(t)
	count := 0
	emit := func(int) error { count++; return nil }
	_, err := generate.Run(t.Context(), session[float32](t, c, reduce.Pairwise, 1, 1), make([]int, 60), generate.Options{MaxTokens: 9}, emit)
	require.ErrorIs(t, err, generate.ErrContext)
	require.EqualError(t, err, "generate: the model's context is full: it holds 64 tokens, and there are 64, of which 4 are new")
	require.Equal(t, 4, count)
	_, err = generate.Run(t.Context(), session[float32](t, c, reduce.Pairwise, 1, 1), make([]int, 60), generate.Options{MaxTokens: 4}, emit)
	require.NoError(t, err, "the context may be filled")
	_, err = generate.Run(t.Context(), session[float32](t, c, reduce.Pairwise, 1, 1), make([]int, 70), generate.Options{MaxTokens: 1}, emit)
	require.EqualError(t, err, "generate: the model's context is full: it holds 64 tokens, and there are 70, of which 0 are new")
}

// A long prompt is read in chunks, which are not seen in the bits.
func TestLongPrompts(t *testing.T) {
	c, err := bytes24.Load()
	require.NoError(t, err)
	prompt := bytes24.Encode(strings.Repeat("def f(x):\n    return x\n\n", 6)[:130])
	at := session[float32](t, c, reduce.Pairwise, 1, 2)
	logits, err := at.Forward(t.Context(), prompt, nil)
	require.NoError(t, err)
	sampler, err := generate.NewSampler[float32](generate.Sampling{Temperature: 5})
	require.NoError(t, err)
	want, err := sampler.Next(logits.Row(129), 130)
	require.NoError(t, err)
	got, _ := run(t, session[float32](t, c, reduce.Pairwise, 1, 2), prompt, generate.Options{Sampling: generate.Sampling{Temperature: 5}, MaxTokens: 1})
	require.Equal(t, []int{want}, got)
}

func TestRunRefusesAndStops(t *testing.T) {
	never := func(int) error { panic("a token") }
	for want, c := range map[string]struct {
		ids []int
		o   generate.Options
	}{
		"0 new tokens at most: want 1 or more": {[]int{1}, generate.Options{}},
		"temperature -1":                       {[]int{1}, generate.Options{MaxTokens: 1, Sampling: generate.Sampling{Temperature: -1}}},
		"no tokens: want at least 1":           {nil, generate.Options{MaxTokens: 1}},
		"id 96 at position 0 is outside the":   {[]int{96}, generate.Options{MaxTokens: 1}},
		"none of 96 logits is of a real token": {[]int{1}, generate.Options{MaxTokens: 1, Sampling: generate.Sampling{Real: func(int) bool { return false }}}},
	} {
		s := session[float32](t, loadSmall(t), reduce.Pairwise, 2, 1) // a refused sample has read its prompt
		_, err := generate.Run(t.Context(), s, c.ids, c.o, never)
		require.ErrorContains(t, err, want)
	}
	s := session[float32](t, loadSmall(t), reduce.Pairwise, 2, 1)
	broken := errors.New("pipe closed")
	_, err := generate.Run(t.Context(), s, []int{1}, generate.Options{MaxTokens: 3}, func(int) error { return broken })
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	count := 0
	_, err = generate.Run(ctx, session[float32](t, loadSmall(t), reduce.Pairwise, 2, 1), []int{1}, generate.Options{MaxTokens: 9}, func(int) error {
		if count++; count == 3 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, count)
}

func TestStopTokens(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		files fstest.MapFS
		want  []int
	}{
		{fstest.MapFS{}, nil},
		{fstest.MapFS{"config.json": file(`{"eos_token_id":2}`)}, []int{2}},
		{fstest.MapFS{"config.json": file(`{"eos_token_id":[2,3]}`)}, []int{2, 3}},
		{fstest.MapFS{"config.json": file(`{"eos_token_id":null}`)}, nil},
		{fstest.MapFS{"config.json": file(`{"eos_token_id":2}`), "generation_config.json": file(`{"eos_token_id":[7,8]}`)}, []int{7, 8}},
		{fstest.MapFS{"config.json": file(`{"eos_token_id":2}`), "generation_config.json": file(`{"eos_token_id":0}`)}, []int{0}},
		{fstest.MapFS{"config.json": file(`{"eos_token_id":2}`), "generation_config.json": file(`{"bos_token_id":1}`)}, []int{2}},
	} {
		got, err := generate.StopTokens(c.files)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, bad := range []string{`"x"`, `[2,null]`, `[[2]]`, `0.5`} {
		_, err := generate.StopTokens(fstest.MapFS{"generation_config.json": file(`{"eos_token_id":` + bad + `}`)})
		require.EqualError(t, err, `generation_config.json: eos_token_id is `+bad+`: want a token's id or a list of them`)
	}
	_, err := generate.StopTokens(fstest.MapFS{"config.json": file(`{`)})
	require.ErrorContains(t, err, "config.json: ")
}

const goldenProvenance = "The ids, as float64, of 8 tokens with which bytes24 continues the text \"def sum(\" in order Pairwise, on any number of ranks."

func goldenDigest[T model.Float](t *testing.T, s generate.Sampling, ranks int) string {
	c, err := bytes24.Load()
	require.NoError(t, err)
	ids, _ := run(t, session[T](t, c, reduce.Pairwise, ranks, 2), bytes24.Encode("def sum("), generate.Options{Sampling: s, MaxTokens: 8})
	d := golden.New()
	for _, id := range ids {
		golden.Add(d, float64(id))
	}
	return d.String()
}

// TestGolden claims that every architecture, and any number of ranks, generates
// these tokens.
func TestGoldenSamples(t *testing.T) {
	digests := map[string]string{}
	for name, s := range map[string]generate.Sampling{
		"greedy":                {},
		"temperature 1, seed 1": {Temperature: 1, Seed: 1},
		"temperature 0.8, top-k 40, top-p 0.9, seed 2": {Temperature: 0.8, TopK: 40, TopP: 0.9, Seed: 2},
	} {
		digests["float32 "+name] = goldenDigest[float32](t, s, 3)
		if !testing.Short() {
			require.Equal(t, digests["float32 "+name], goldenDigest[float32](t, s, 1))
		}
	}
	digests["float64 temperature 1, seed 1"] = goldenDigest[float64](t, generate.Sampling{Temperature: 1, Seed: 1}, 2)
	golden.Check(t, "testdata/golden.json", goldenProvenance, digests)
}

// A sample that anyone can repeat.
func ExampleRun() {
	checkpoint, err := bytes24.Load()
	if err != nil {
		panic(err)
	}
	backend, err := gemm.NewNative[float32](reduce.Pairwise, 2)
	if err != nil {
		panic(err)
	}
	m, err := model.New(checkpoint, model.Options[float32]{Backend: backend})
	if err != nil {
		panic(err)
	}
	o := generate.Options{Sampling: generate.Sampling{Temperature: 0.8, TopK: 40, Seed: 1}, MaxTokens: 24}
	var text []byte
	_, err = generate.Run(context.Background(), m.NewSession(), bytes24.Encode("import "), o, func(id int) error {
		text = append(text, byte(id))
		return nil
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", text)
	// Output: "webbrowser\n        excep"
}
