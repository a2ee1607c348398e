package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// smallModel is a GPT-2 of 3 layers and 6 heads.
const smallModel = "../../model/testdata/gpt2"

// samebits runs the command line and returns what it printed.
func samebits(t *testing.T, stdin string, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(context.Background(), args, streams{strings.NewReader(stdin), &stdout, &stderr})
	return status, stdout.String(), stderr.String()
}

// write puts a file of that content into a temporary folder.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// brokenModel returns a folder like the small model, with its configuration edited
// and its weights cut to that many bytes.
func brokenModel(t *testing.T, replace, with string, size int64) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(smallModel)))
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	edited := strings.ReplaceAll(string(config), replace, with)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(edited), 0o644))
	if size > 0 {
		require.NoError(t, os.Truncate(filepath.Join(dir, "model.safetensors"), size))
	}
	return dir
}

func TestBadUseIsOneClearLine(t *testing.T) {
	numbers := write(t, "numbers", "1\n2\n")
	out := filepath.Join(t.TempDir(), "out.safetensors")
	for _, c := range []struct {
		args []string
		want []string // parts of the message
	}{
		{[]string{}, []string{"compare", "sum"}},
		{[]string{"frobnicate"}, []string{"frobnicate"}},
		{[]string{"compare", "--tp", "0"}, []string{"--tp 0", "1 to the number of heads, 8"}},
		{[]string{"compare", "--tp", "2,9"}, []string{"--tp 9", "8"}},
		{[]string{"compare", "--tp", "two"}, []string{`"two"`}},
		{[]string{"compare", "--threads", "0"}, []string{"--threads 0"}},
		{[]string{"diagnose", "trace", "--threads", "0"}, []string{"--threads 0", "1 to 1024"}},
		{[]string{"compare", "--dtype", "f16"}, []string{`"f16"`, "f32"}},
		{[]string{"compare", "--digits", "3"}, []string{"--digits 3", "20 to 1000"}},
		{[]string{"compare", "--runs", "0"}, []string{"--runs 0"}},
		{[]string{"compare", "--deadline", "0s"}, []string{"--deadline 0s", "more than 0"}},
		{[]string{"compare", "--orders", "backwards"}, []string{`"backwards"`, "pairwise", "gonum"}},
		{[]string{"compare", "--fault", "gremlin"}, []string{`"gremlin"`, "allreduce-race"}},
		{[]string{"compare", "--fault", "bias-every-rank", "--tp", "1"}, []string{"2 or more"}},
		{[]string{"compare", "--ids", "1,256"}, []string{"id 256", "position 1", "0 to 255"}},
		{[]string{"compare", "--ids=-1"}, []string{"id -1", "position 0"}},
		{[]string{"compare", "--ids", "1", "--prompt", "a"}, []string{"--ids and --prompt"}},
		{[]string{"compare", "--prompt", ""}, []string{"--prompt is empty"}},
		{[]string{"compare", "--ids", ""}, []string{"--ids"}},
		{[]string{"compare", "--model", ""}, []string{"config.json"}},
		{[]string{"compare", "--model", smallModel, "--ids", "1", "--tp", "1,2,3,4,5,8"}, []string{"--tp 8", "6"}},
		{[]string{"compare", "--orders", "widened", "--dtype", "f64"}, []string{"widened", "float32"}},
		{[]string{"compare", "--svg", t.TempDir()}, []string{"directory"}},
		{[]string{"compare", "--svg", "no/such/folder/x.svg"}, []string{"no/such/folder"}},
		{[]string{"logits", "--threads", "0", "-o", out}, []string{"--threads 0", "1 to 1024"}},
		{[]string{"compare", "--prompt", strings.Repeat("x", 257)}, []string{"257 tokens", "256"}},
		{[]string{"compare", "--model", "no/such/folder"}, []string{"no/such/folder", "config.json"}},
		{[]string{"compare", "--model", smallModel}, []string{"vocabulary of 96", "--ids"}},
		{[]string{"compare", "--model", brokenModel(t, `"gpt2"`, `"gpt5"`, 0), "--ids", "1"}, []string{"config.json", `"gpt5"`}},
		{[]string{"compare", "--model", brokenModel(t, `"n_embd": 48`, `"n_embd": 60`, 0), "--ids", "1"}, []string{"model.safetensors", "wte.weight", "[96 48]", "[96 60]"}},
		{[]string{"compare", "--model", brokenModel(t, "", "", 1000), "--ids", "1"}, []string{"model.safetensors"}},
		{[]string{"logits"}, []string{"--out"}},
		{[]string{"logits", "--ranks", "-o", out}, []string{"--ranks", "--trace"}},
		{[]string{"logits", "--tp", "9", "-o", out}, []string{"--tp 9", "8"}},
		{[]string{"logits", "--dtype", "f64", "--order", "widened", "-o", out}, []string{"widened", "float32"}},
		{[]string{"logits", "--fault", "allreduce-race", "-o", out}, []string{"--tp 2"}},
		{[]string{"logits", "-o", "no/such/folder/x"}, []string{"no/such/folder"}},
		{[]string{"sum", "--order", "sideways", numbers}, []string{"sideways", "pairwise"}},
		{[]string{"sum", "--order", "widened", numbers}, []string{"widened", "float32"}},
		{[]string{"sum", "no-such-file"}, []string{"no-such-file"}},
		{[]string{"sum", write(t, "words", "1\ntwo\n")}, []string{"words:2", `"two"`}},
		{[]string{"dot", numbers}, []string{"<y>"}},
		{[]string{"dot", numbers, write(t, "three", "1\n2\n3\n")}, []string{"2 numbers", "3"}},
		{[]string{"dot", "-", "-"}, []string{"standard input"}},
		{[]string{"dot", numbers, "-"}, []string{"2 numbers", "standard input has 0"}},
	} {
		status, stdout, stderr := samebits(t, "", c.args...)
		require.Equal(t, exitBadUse, status, "%v: %s", c.args, stderr)
		require.Empty(t, stdout, "%v", c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "%v: %s", c.args, stderr)
		require.True(t, strings.HasPrefix(stderr, "samebits: "), stderr)
		for _, part := range c.want {
			require.Contains(t, stderr, part, "%v", c.args)
		}
	}
	require.NoFileExists(t, out)
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"compare", "--help"}, {"logits", "--help"}, {"generate", "--help"}, {"sum", "--help"}, {"dot", "--help"}, {"reveal", "--help"}, {"bench", "--help"}, {"diagnose", "--help"}, {"version", "--help"}} {
		status, stdout, stderr := samebits(t, "", args...)
		require.Equal(t, exitSuccess, status)
		require.Contains(t, stdout, "Usage: samebits")
		require.Empty(t, stderr)
		if slices.Contains([]string{"logits", "generate", "sum", "dot", "reveal"}, args[0]) {
			for _, o := range reduce.Orders(1) {
				require.Contains(t, stdout, o.Kind().String(), "%v", args)
			}
		}
	}
}

func TestSum(t *testing.T) {
	const cancelling = "1\n1e100\n# a comment\n1\n\n-1e100\n"
	for order, want := range map[string]string{
		"sequential": "0\n0x0p+00\n0x0000000000000000\n",
		"kahan":      "0\n0x0p+00\n0x0000000000000000\n",
		"neumaier":   "2\n0x1p+01\n0x4000000000000000\n",
		"binned":     "0\n0x0p+00\n0x0000000000000000\n",
		"exact":      "2\n0x1p+01\n0x4000000000000000\n",
	} {
		status, stdout, stderr := samebits(t, cancelling, "sum", "--order", order)
		require.Equal(t, exitSuccess, status, stderr)
		require.Equal(t, want, stdout, order)
	}
	_, stdout, _ := samebits(t, "0x1.8p0\n", "sum", "--type", "f32", "-", write(t, "a", "1\n"))
	require.Equal(t, "2.5\n0x1.4p+01\n0x40200000\n", stdout)
}

func TestDot(t *testing.T) {
	status, stdout, stderr := samebits(t, "1\n2\n", "dot", "-", write(t, "b", "0x1p3\n4\n"), "--json")
	require.Equal(t, exitSuccess, status, stderr)
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Equal(t, map[string]any{"value": 16.0, "hex": "0x1p+04", "bits": "0x4030000000000000",
		"terms": 2.0, "order": "pairwise", "type": "f64", "spec": float64(spec.Version)}, r)
}

func TestSumOfInfinitiesIsValidJSON(t *testing.T) {
	for input, want := range map[string]string{"inf\n": "Infinity", "-inf\n": "-Infinity", "inf\n-inf\n": "NaN"} {
		_, stdout, _ := samebits(t, input, "sum", "--json")
		var r sumReport
		require.NoError(t, json.Unmarshal([]byte(stdout), &r))
		require.Equal(t, `"`+want+`"`, string(r.Value))
	}
}

// logitsOf runs the command logits and reads back what it wrote.
func logitsOf(t *testing.T, args ...string) *trace.Trace {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.safetensors")
	args = append([]string{"logits", "--model", smallModel, "--ids", "3,1,4,1,5", "-o", out}, args...)
	status, _, stderr := samebits(t, "", args...)
	require.Equal(t, exitSuccess, status, stderr)
	tr, err := trace.Read(out)
	require.NoError(t, err)
	return tr
}

func TestLogitsAreTheSameBitsAtAnySize(t *testing.T) {
	one := logitsOf(t, "--trace")
	require.Equal(t, []int{3, 1, 4, 1, 5}, one.IDs)
	require.Equal(t, 2+3*14+1, len(one.Stages))
	differences := func(other *trace.Trace) (n int) {
		all, err := trace.Compare(one, other)
		require.NoError(t, err)
		require.Len(t, all, len(one.Stages))
		for _, d := range all {
			if !d.Same {
				n++
			}
		}
		return n
	}
	require.Zero(t, differences(logitsOf(t, "--trace", "--tp", "5", "--threads", "3")))
	require.NotZero(t, differences(logitsOf(t, "--trace", "--tp", "5", "--fault", "qkv-contiguous-shard")), "the comparison must see a fault")
	alone := logitsOf(t, "--tp", "4")
	require.Len(t, alone.Stages, 1)
	last, ok := one.Stage("logits")
	require.True(t, ok)
	require.Equal(t, last.Values, alone.Stages[0].Values)
}

// The shares of the ranks are stages of their own, before the stage that they make.
func TestLogitsOfRanks(t *testing.T) {
	tr := logitsOf(t, "--trace", "--ranks", "--tp", "4")
	require.Equal(t, 2+3*(14+2*4)+1, len(tr.Stages))
	i := slices.IndexFunc(tr.Stages, func(s trace.Stage) bool { return s.Name == "layers.1.attn.out" })
	for rank := range 4 {
		require.Equal(t, trace.RankStage("layers.1.attn.out", rank), tr.Stages[i-4+rank].Name)
		require.Equal(t, tr.Stages[i].Shape, tr.Stages[i-4+rank].Shape)
	}
	require.Len(t, logitsOf(t, "--trace", "--ranks").Stages, 2+3*14+1, "one rank exchanges nothing")
}

// compareSmall runs compare on the small model and returns the JSON report.
func compareSmall(t *testing.T, wantStatus int, args ...string) report {
	t.Helper()
	args = append([]string{"compare", "--model", smallModel, "--ids", "3,1,4,1,5", "--tp", "1,2,5,6", "--runs", "3", "--digits", "30", "--json"}, args...)
	status, stdout, stderr := samebits(t, "", args...)
	require.Equal(t, wantStatus, status, stderr)
	var r report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	return r
}

func TestCompareKeepsItsPromises(t *testing.T) {
	r := compareSmall(t, exitSuccess, "--arrival-runs", "3")
	require.Empty(t, r.Broken)
	require.Len(t, r.Rows, 11+10)
	for _, row := range r.Rows {
		require.Len(t, row.Digest, 64)
		require.Greater(t, float64(row.TokensPerSecond), 0.0)
		require.Greater(t, float64(row.AbsError), 0.0)
		if row.Promises.TP {
			require.Equal(t, [3]int{1, 1, 1}, [3]int{row.DistinctRuns, row.DistinctThreads, row.DistinctTP}, row.Order)
		}
		if row.Order == "sequential" {
			require.Greater(t, row.DistinctTP, 1, "the left fold depends on the cuts, and the comparison sees it")
		}
	}
	none, broken := map[string]faultRow{}, 0
	for _, f := range r.Faults {
		if f.Fault == "" {
			none[f.DType] = f
		}
	}
	require.Less(t, float64(none["f64"].AbsError), 1e-12)
	require.Greater(t, float64(none["f32"].AbsError/none["f64"].AbsError), 1e6, "rounding shrinks with the unit roundoff")
	for _, f := range r.Faults {
		if f.Fault != "" {
			broken++
			require.Greater(t, float64(f.AbsError), 1e3*float64(none["f32"].AbsError), f.Fault)
		}
	}
	require.Equal(t, 6, broken)
	require.Equal(t, 3, r.Arrival.Runs)
	for _, p := range r.Paths {
		require.Len(t, p.Stages, 2+3*14+1)
	}
}

func TestCompareFindsThatAFaultBreaksThePromise(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "path.svg")
	r := compareSmall(t, exitFinding, "--fault", "qkv-contiguous-shard", "--orders", "pairwise,gonum", "--arrival-runs", "0", "--svg", svg)
	require.NotEmpty(t, r.Broken)
	require.Len(t, r.Paths, 4)
	f32, f64 := r.row("f32", "pairwise"), r.row("f64", "pairwise")
	require.InDelta(t, 1, float64(f32.AbsError/f64.AbsError), 0.01, "a fault does not shrink with the unit roundoff")
	data, err := os.ReadFile(svg)
	require.NoError(t, err)
	require.Contains(t, string(data), "<svg")
}

// hugeModel returns a folder like the small model whose token embedding is so large
// that its sum overflows in float32.
func hugeModel(t *testing.T) string {
	t.Helper()
	dir := brokenModel(t, "", "", 0)
	file, err := safetensors.Open(filepath.Join(dir, "model.safetensors"))
	require.NoError(t, err)
	var tensors []safetensors.Tensor
	for _, name := range file.Names() {
		tensor, err := file.Tensor(name)
		require.NoError(t, err)
		if strings.HasSuffix(name, "wte.weight") {
			values := make([]float32, tensor.Elements())
			for i := range values {
				values[i] = 3e38
			}
			tensor = safetensors.FromFloats(name, tensor.Shape, values)
		}
		tensors = append(tensors, tensor)
	}
	require.NoError(t, safetensors.Write(filepath.Join(dir, "model.safetensors"), nil, tensors))
	return dir
}

func TestOverflowIsAFinding(t *testing.T) {
	dir := hugeModel(t)
	args := []string{"compare", "--model", dir, "--ids", "1,2", "--tp", "1,2", "--runs", "2", "--digits", "20",
		"--arrival-runs", "2", "--orders", "pairwise", "--dtype", "f32"}
	status, stdout, stderr := samebits(t, "", args...)
	require.Equal(t, exitFinding, status, stderr)
	require.Contains(t, stdout, "f32 pairwise: some logits are not finite")
	status, stdout, stderr = samebits(t, "", append(args, "--svg", filepath.Join(t.TempDir(), "path.svg"))...)
	require.Equal(t, exitBadUse, status)
	require.Contains(t, stdout, "some logits are not finite", "the report comes before the plot")
	require.Contains(t, stderr, "nothing to plot")
	out := filepath.Join(t.TempDir(), "o.safetensors")
	status, _, stderr = samebits(t, "", "logits", "--model", dir, "--ids", "1,2", "-o", out)
	require.Equal(t, exitSuccess, status)
	require.Contains(t, stderr, "192 of 192 logits are not finite")
}

func TestArrivalIsMeasuredInTheArithmeticAskedFor(t *testing.T) {
	r := compareSmall(t, exitSuccess, "--dtype", "f64", "--orders", "pairwise", "--arrival-runs", "1")
	require.Equal(t, "f64", r.Arrival.DType)
	require.Zero(t, r.Arrival.SimulatedDistinct, "one run cannot vary")
}

func TestCompareTables(t *testing.T) {
	status, stdout, stderr := samebits(t, "", "compare", "--model", smallModel, "--ids", "3,1", "--tp", "1,2", "--runs", "2", "--digits", "20",
		"--orders", "pairwise,arrival,widened", "--arrival-runs", "2")
	require.Equal(t, exitSuccess, status, stderr)
	for _, part := range []string{"float32: how many", "float64: how many", "from the truth", "path of the error", "Rounding or a fault", "arrival in float32", "Every promise held"} {
		require.Contains(t, stdout, part)
	}
}

func TestVersion(t *testing.T) {
	status, stdout, _ := samebits(t, "", "version", "--json")
	require.Equal(t, exitSuccess, status)
	var r versionReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Equal(t, version, r.Version)
	require.Equal(t, spec.Version, r.Spec)
}

// A command that waits for its input ends as any program does, by the signal.
func TestSignalsEndWhatWaits(t *testing.T) {
	const waits = "SAMEBITS_TEST_WAITS"
	if os.Getenv(waits) != "" {
		os.Exit(run(context.Background(), []string{"sum"}, streams{os.Stdin, os.Stdout, os.Stderr}))
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("signals are sent otherwise there")
	}
	for _, sent := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		c := exec.CommandContext(ctx, os.Args[0], "-test.run", "^"+t.Name()+"$")
		c.Env = append(os.Environ(), waits+"=1")
		in, err := c.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		_, err = io.WriteString(in, strings.Repeat("1\n", 1<<20)) // more than a pipe holds: it has begun to read
		require.NoError(t, err)
		require.NoError(t, c.Process.Signal(sent))
		require.EqualError(t, c.Wait(), "signal: "+sent.String())
		cancel()
	}
}

// A command at work ends at a signal, says which, and exits as shells expect of what a signal ended.
func TestSignalsEndWhatWorks(t *testing.T) {
	const works = "SAMEBITS_TEST_WORKS"
	if os.Getenv(works) != "" {
		os.Exit(run(context.Background(), []string{"bench", "--time", "10s"}, streams{os.Stdin, os.Stdout, os.Stderr}))
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("signals are sent otherwise there")
	}
	ends := func(sent os.Signal, after time.Duration) (status int, said string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, os.Args[0], "-test.run", "^"+t.Name()+"$")
		c.Env = append(os.Environ(), works+"=1")
		var stderr bytes.Buffer
		c.Stderr = &stderr
		require.NoError(t, c.Start())
		time.Sleep(after)
		require.NoError(t, c.Process.Signal(sent))
		require.Error(t, c.Wait())
		return c.ProcessState.ExitCode(), stderr.String()
	}
	for sent, want := range map[os.Signal]int{os.Interrupt: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		status, said, after := -1, "", 100*time.Millisecond
		for ; status < 0 && after < 10*time.Second; after *= 2 { // it may not have come so far as to see the signal
			status, said = ends(sent, after)
		}
		require.Equal(t, want, status)
		require.Equal(t, "samebits: ended by a signal: "+sent.String()+"\n", said)
	}
}

// Names of files are bytes to Linux, of flags and of arguments alike.
func TestNamesThatAreNotUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems may refuse such names")
	}
	status, out, errs := samebits(t, "", "sum", write(t, "a\xffb", "1\n2\n"))
	require.Equal(t, exitSuccess, status, errs)
	require.Equal(t, "3\n0x1.8p+01\n0x4008000000000000\n", out)
	svg := filepath.Join(t.TempDir(), "c\xff.svg")
	status, _, errs = samebits(t, "", "reveal", "-n", "2", "--svg", svg)
	require.Equal(t, exitSuccess, status, errs)
	require.FileExists(t, svg)
}

func TestVersionTellsThatItCouldNotWrite(t *testing.T) {
	var stderr bytes.Buffer
	require.Equal(t, exitBadUse, run(t.Context(), []string{"version"}, streams{strings.NewReader(""), brokenPipe{func() {}}, &stderr}))
	require.Equal(t, "samebits: pipe closed\n", stderr.String())
}
