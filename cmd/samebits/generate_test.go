package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/tokenizer"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// everything is a folder with a tokenizer.json of 283 tokens, whose post-processor
// adds some.
const everything = "../../tokenizer/testdata/everything"

// generateJSON runs generate with --json.
func generateJSON(t *testing.T, status int, args ...string) (r generateReport, errs string) {
	t.Helper()
	got, stdout, stderr := samebits(t, "", append([]string{"generate", "--json"}, args...)...)
	require.Equal(t, status, got, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	return r, stderr
}

func TestGenerateGreedyIsPyTorchs(t *testing.T) {
	file, err := safetensors.Open(filepath.Join(smallModel, "expected.safetensors"))
	require.NoError(t, err)
	tensor, err := file.Tensor("greedy")
	require.NoError(t, err)
	greedy, err := safetensors.Ints(tensor)
	require.NoError(t, err)
	tensor, err = file.Tensor("ids")
	require.NoError(t, err)
	ids, err := safetensors.Ints(tensor)
	require.NoError(t, err)
	prompt := strings.Trim(strings.ReplaceAll(jsonOf(t, ids[:17]), ",", ", "), "[]")
	for _, args := range [][]string{{"--tp", "1"}, {"--tp", "5", "--threads", "1"}, {"--dtype", "f64", "--order", "exact"}} {
		r, _ := generateJSON(t, exitSuccess, append(args, "--model", smallModel, "--ids", prompt, "--max-tokens", "24")...)
		require.Equal(t, greedy[:24], r.IDs)
		require.Equal(t, "max-tokens", r.Finish)
		require.Nil(t, r.Text, "the folder has no tokenizer")
	}
	_, stdout, _ := samebits(t, "", "generate", "--model", smallModel, "--ids", prompt, "--max-tokens", "3")
	require.Equal(t, strings.Trim(strings.ReplaceAll(jsonOf(t, greedy[:3]), ",", " "), "[]")+"\n", stdout, "without one, ids come")
}

func jsonOf(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestGenerateTheEmbeddedModel(t *testing.T) {
	status, stdout, stderr := samebits(t, "", "generate", "--prompt", "import ", "--max-tokens", "13")
	require.Equal(t, exitSuccess, status, stderr)
	require.Equal(t, "_compiler\nimp\n", stdout)
	sample := []string{"--prompt", "import ", "--max-tokens", "12", "--temperature", "1.5", "--top-k", "200", "--top-p", "0.99", "--seed", "3"}
	want, _ := generateJSON(t, exitSuccess, sample...)
	again, _ := generateJSON(t, exitSuccess, append(sample, "--tp", "3", "--threads", "1")...)
	require.Equal(t, want.IDs, again.IDs)
	require.Equal(t, *want.Text, *again.Text)
	require.Equal(t, "import ", want.Prompt)
	other, _ := generateJSON(t, exitSuccess, append(sample, "--sequence", "1")...)
	require.NotEqual(t, want.IDs, other.IDs)
}

// randomModel returns a folder with a GPT-2 of one layer and 300 rows of vocabulary,
// the tokenizer everything, and a head whose last rows, which are no tokens, have
// the largest logits.
func randomModel(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(8, 9))
	const width, rows = 16, 300
	var tensors []safetensors.Tensor
	add := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = rng.Float32() - 0.5
			if name == "lm_head.weight" && i/width >= 290 { // each and its opposite: one is large
				values[i] = 1000 * values[i%width] * float32(1-2*(i/width%2))
			}
		}
		tensors = append(tensors, safetensors.FromFloats(name, shape, values))
	}
	add("wte.weight", rows, width)
	add("wpe.weight", 32, width)
	add("lm_head.weight", rows, width)
	for _, norm := range []string{"ln_f", "h.0.ln_1", "h.0.ln_2"} {
		add(norm+".weight", width)
		add(norm+".bias", width)
	}
	for name, shape := range map[string][2]int{"attn.c_attn": {width, 3 * width}, "attn.c_proj": {width, width}, "mlp.c_fc": {width, 4 * width}, "mlp.c_proj": {4 * width, width}} {
		add("h.0."+name+".weight", shape[0], shape[1])
		add("h.0."+name+".bias", shape[1])
	}
	require.NoError(t, safetensors.Write(filepath.Join(dir, "model.safetensors"), nil, tensors))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"model_type":"gpt2","n_layer":1,"n_embd":16,"n_head":4,`+
		`"n_positions":32,"vocab_size":300,"tie_word_embeddings":false`+config+`}`), 0o644))
	data, err := os.ReadFile(filepath.Join(everything, "tokenizer.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tokenizer.json"), data, 0o644))
	return dir
}

func TestGenerateTextByATokenizer(t *testing.T) {
	dir := randomModel(t, "")
	tok, err := tokenizer.Load(everything)
	require.NoError(t, err)
	args := []string{"--model", dir, "--prompt", "the r\u00e9s <l>", "--max-tokens", "12", "--temperature", "1", "--tp", "2"}
	r, _ := generateJSON(t, exitSuccess, args...)
	require.Equal(t, tok.EncodeWithSpecial("the r\u00e9s <l>"), r.PromptIDs)
	for _, id := range r.IDs {
		require.True(t, tok.Has(id), "%d is no token", id)
	}
	bytes, err := tok.Decode(r.IDs)
	require.NoError(t, err)
	require.Equal(t, strings.ToValidUTF8(bytes, ""), strings.ReplaceAll(*r.Text, "\ufffd", ""))
	status, stdout, stderr := samebits(t, "", append([]string{"generate"}, args...)...)
	require.Equal(t, exitSuccess, status, stderr)
	require.Equal(t, *r.Text+"\n", stdout)

	// Without the tokenizer the padded rows win, unless the caller says where they begin.
	require.NoError(t, os.Remove(filepath.Join(dir, "tokenizer.json")))
	ids := []string{"--model", dir, "--ids", "1,2,3", "--max-tokens", "9"}
	r, _ = generateJSON(t, exitSuccess, ids...)
	require.GreaterOrEqual(t, r.IDs[0], 290)
	r, _ = generateJSON(t, exitSuccess, append(ids, "--vocabulary", "290")...)
	for _, id := range r.IDs {
		require.Less(t, id, 290)
	}
}

func TestGenerateStopsAtTheEnd(t *testing.T) {
	dir := randomModel(t, "")
	args := []string{"--model", dir, "--prompt", "the", "--max-tokens", "8", "--temperature", "1", "--seed", "4"}
	all, _ := generateJSON(t, exitSuccess, args...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "generation_config.json"), []byte(`{"eos_token_id":[999,`+jsonOf(t, all.IDs[5])+`]}`), 0o644))
	r, _ := generateJSON(t, exitSuccess, args...)
	require.Equal(t, "stop", r.Finish)
	require.Equal(t, all.IDs[:len(r.IDs)], r.IDs)
	require.LessOrEqual(t, len(r.IDs), 5)
	require.NotContains(t, r.IDs, all.IDs[5])
}

func TestGenerateSaysThatTheContextIsFull(t *testing.T) {
	r, stderr := generateJSON(t, exitBadUse, "--model", randomModel(t, ""), "--ids", strings.Repeat("5,", 27)+"5", "--max-tokens", "9")
	require.Equal(t, "context", r.Finish)
	require.Len(t, r.IDs, 4)
	require.Equal(t, "samebits: generate: the model's context is full: it holds 32 tokens, and there are 32, of which 4 are new\n", stderr)
}

// cancelling is an output that cancels a run when something is written.
type cancelling struct {
	text   string
	cancel func()
}

func (c *cancelling) Write(b []byte) (int, error) {
	c.cancel()
	c.text += string(b)
	return len(b), nil
}

// As Ctrl-C does: what is there is whole, and the line ends.
func TestGenerateIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &cancelling{cancel: cancel}
	var stderr bytes.Buffer
	status := run(ctx, []string{"generate", "--prompt", "import ", "--max-tokens", "50"}, streams{strings.NewReader(""), out, &stderr})
	require.Equal(t, exitBadUse, status)
	require.Equal(t, "_\n", out.text)
	require.Equal(t, "samebits: interrupted after 1 new token\n", stderr.String())
}

// What went wrong is told, also where the run was cancelled at the same time.
func TestGenerateTellsWhatBrokeOverAnInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	status := run(ctx, []string{"generate", "--prompt", "import ", "--max-tokens", "50"}, streams{strings.NewReader(""), brokenPipe{cancel}, &stderr})
	require.Equal(t, exitBadUse, status)
	require.Equal(t, "samebits: pipe closed\n", stderr.String())
}

type brokenPipe struct{ cancel func() }

func (b brokenPipe) Write([]byte) (int, error) {
	b.cancel()
	return 0, errors.New("pipe closed")
}

// pieces keeps what each call writes.
type pieces struct{ all []string }

func (p *pieces) Write(b []byte) (int, error) {
	p.all = append(p.all, string(b))
	return len(b), nil
}

func TestTokensComeAsWholeCharacters(t *testing.T) {
	p := &pieces{}
	w := newTokenWriter(p, tokenizer.Bytes(), false)
	for _, id := range tokenizer.Bytes().Encode("a\u20acb\xff\xf0\x9f") {
		require.NoError(t, w.token(id))
	}
	require.NoError(t, w.end())
	require.Equal(t, []string{"a", "€", "b", "\ufffd", "\ufffd", "\n"}, p.all)
	for _, s := range p.all {
		require.True(t, utf8.ValidString(s))
	}
}

func TestGenerateBadUse(t *testing.T) {
	padded := randomModel(t, "")
	broken := randomModel(t, "")
	require.NoError(t, os.WriteFile(filepath.Join(broken, "tokenizer.json"), []byte(`{"version":"1.0"}`), 0o644))
	end := randomModel(t, `,"eos_token_id":"x"`)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--max-tokens", "0"}, []string{"--max-tokens 0", "1 or more"}},
		{[]string{"--temperature=-1"}, []string{"temperature -1", "0 or more"}},
		{[]string{"--temperature", "NaN"}, []string{"temperature NaN"}},
		{[]string{"--top-k=-1", "--temperature", "1"}, []string{"top-k -1"}},
		{[]string{"--top-p", "1.5", "--temperature", "1"}, []string{"top-p 1.5"}},
		{[]string{"--top-p", "0", "--temperature", "1"}, []string{"--top-p 0"}},
		{[]string{"--top-k", "5"}, []string{"--temperature above 0"}},
		{[]string{"--seed=-1"}, []string{"--seed"}},
		{[]string{"--vocabulary", "0"}, []string{"--vocabulary 0", "1 to the model's 256"}},
		{[]string{"--vocabulary=-1"}, []string{"--vocabulary -1"}},
		{[]string{"--vocabulary", "257"}, []string{"--vocabulary 257", "256"}},
		{[]string{"--tp", "9"}, []string{"--tp 9", "8"}},
		{[]string{"--threads", "0"}, []string{"--threads 0"}},
		{[]string{"--dtype", "f64", "--order", "widened"}, []string{"widened", "float32"}},
		{[]string{"--prompt", ""}, []string{"--prompt is empty"}},
		{[]string{"--prompt", strings.Repeat("x", 256)}, []string{"256 tokens leave no room", "256"}},
		{[]string{"--prompt", strings.Repeat("x", 257)}, []string{"257 tokens exceed", "256"}},
		{[]string{"--model", smallModel, "--prompt", "x"}, []string{"no tokenizer.json", "vocabulary of 96", "--ids"}},
		{[]string{"--model", padded, "--ids", "1,300"}, []string{"id 300 at position 1", "0 to 299"}},
		{[]string{"--model", broken, "--ids", "1"}, []string{"tokenizer.json", "no model"}},
		{[]string{"--model", end, "--ids", "1"}, []string{"config.json", `eos_token_id is "x"`}},
	} {
		status, stdout, stderr := samebits(t, "", append([]string{"generate"}, c.args...)...)
		require.Equal(t, exitBadUse, status, "%v: %s", c.args, stderr)
		require.Empty(t, stdout, "%v", c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "%v: %s", c.args, stderr)
		for _, part := range c.want {
			require.Contains(t, stderr, part, "%v", c.args)
		}
	}
}

// Other commands read text by the tokenizer, too.
func TestLogitsOfAPromptByATokenizer(t *testing.T) {
	dir := randomModel(t, "")
	tok, err := tokenizer.Load(everything)
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "out.safetensors")
	status, _, stderr := samebits(t, "", "logits", "--model", dir, "--prompt", "solo her", "-o", out)
	require.Equal(t, exitSuccess, status, stderr)
	tr, err := trace.Read(out)
	require.NoError(t, err)
	require.Equal(t, tok.EncodeWithSpecial("solo her"), tr.IDs)
}
