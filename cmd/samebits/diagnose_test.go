package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

// traced writes a trace of the small model and returns its path.
func traced(t *testing.T, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "trace.safetensors")
	args = append([]string{"logits", "--model", smallModel, "--ids", "3,1,4,1,5,9,2,6,5,35", "--trace", "-o", out}, args...)
	status, _, stderr := samebits(t, "", args...)
	require.Equal(t, exitSuccess, status, stderr)
	return out
}

// diagnosed runs diagnose --json.
func diagnosed(t *testing.T, wantStatus int, args ...string) diagnose.Report {
	t.Helper()
	status, stdout, stderr := samebits(t, "", append([]string{"diagnose", "--json"}, args...)...)
	require.Equal(t, wantStatus, status, "%s%s", stdout, stderr)
	var r diagnose.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	return r
}

func TestDiagnoseTwoTraces(t *testing.T) {
	one, other, wrong := traced(t), traced(t, "--order", "kahan", "--tp", "3"), traced(t, "--tp", "2", "--fault", "bias-every-rank")
	require.Equal(t, diagnose.SameBits, diagnosed(t, exitSuccess, one, traced(t, "--tp", "5")).Verdict)
	require.Equal(t, diagnose.Rounding, diagnosed(t, exitSuccess, one, other).Verdict)
	require.Equal(t, diagnose.Nondeterministic, diagnosed(t, exitFinding, "--runs", one, other).Verdict)
	r := diagnosed(t, exitFinding, one, other, wrong)
	require.Equal(t, diagnose.Fault, r.Verdict)
	require.Equal(t, "layers.0.attn.out", *r.Stage)
	require.Equal(t, "offset", r.Hints[0].Cause)
	require.Len(t, r.Runs, 3)
	require.Equal(t, diagnose.DifferentInputs, diagnosed(t, exitFinding, one, traced(t, "--ids", "3,1,4,1,5,9,2,6,5,36")).Verdict)
}

func TestDiagnoseByWeights(t *testing.T) {
	right, wrong := traced(t, "--tp", "3"), traced(t, "--tp", "2", "--fault", "bias-every-rank")
	require.Equal(t, diagnose.Rounding, diagnosed(t, exitSuccess, right, "--model", smallModel).Verdict)
	r := diagnosed(t, exitFinding, right, wrong, "--model", smallModel)
	for _, threads := range []string{"1", "5"} {
		require.Equal(t, r, diagnosed(t, exitFinding, right, wrong, "--model", smallModel, "--threads", threads))
	}
	require.Equal(t, diagnose.Fault, r.Verdict)
	require.Equal(t, "layers.0.attn.out", *r.Stage)
	require.Contains(t, r.Notes[len(r.Notes)-1], right+": ")
}

// The report's JSON has the names that are promised.
func TestDiagnoseJSON(t *testing.T) {
	one := traced(t)
	_, stdout, _ := samebits(t, "", "diagnose", "--json", one, one)
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Equal(t, "same bits", r["verdict"])
	require.Contains(t, r, "stage")
	require.Nil(t, r["stage"])
	stage := r["stages"].([]any)[0].(map[string]any)
	for _, name := range []string{"name", "verdict", "error", "bound"} {
		require.Contains(t, stage, name)
	}
}

func TestDiagnosePrints(t *testing.T) {
	one, wrong := traced(t), traced(t, "--tp", "2", "--fault", "qkv-contiguous-shard")
	html := filepath.Join(t.TempDir(), "report.html")
	status, stdout, stderr := samebits(t, "", "diagnose", one, wrong, "--html", html)
	require.Equal(t, exitFinding, status, stderr)
	require.Contains(t, stdout, "layers.2.mlp.act")
	require.Contains(t, stdout, "What explains layers.0.attn.q:\n- columns 24 to 47 of 48 are wrong: heads 3 to 5 of 6")
	last := strings.Split(strings.TrimSpace(stdout), "\n")
	require.True(t, strings.HasPrefix(last[len(last)-1], "FAULT: A fault at layers.0.attn.q"), stdout)
	page, err := os.ReadFile(html)
	require.NoError(t, err)
	require.Contains(t, string(page), "samebits diagnose "+one+" "+wrong)
	_, stdout, _ = samebits(t, "", "diagnose", one, "--model", smallModel)
	require.Contains(t, stdout, "\nROUNDING: ")
}

// Of many stages those that are alike are left out, unless all are asked for.
func TestDiagnosePrintsFewOfMany(t *testing.T) {
	out := filepath.Join(t.TempDir(), "bytes24.safetensors")
	status, _, stderr := samebits(t, "", "logits", "--trace", "-o", out)
	require.Equal(t, exitSuccess, status, stderr)
	_, short, _ := samebits(t, "", "diagnose", out, out)
	require.Contains(t, short, "[337 within rounding]")
	_, long, _ := samebits(t, "", "diagnose", out, out, "--all")
	require.Greater(t, strings.Count(long, "\n"), 339)
}

func TestDiagnoseMapped(t *testing.T) {
	tr, err := trace.Read(traced(t))
	require.NoError(t, err)
	for i := range tr.Stages {
		tr.Stages[i].Name = strings.Replace(tr.Stages[i].Name, "layers.", "h.", 1)
	}
	tr.DType = ""
	theirs := filepath.Join(t.TempDir(), "theirs")
	require.NoError(t, tr.Write(theirs))
	names := write(t, "map.json", `{"h.{i}.attn.k": "layers.{i}.attn.k", "h.{i}.attn_norm": "layers.{i}.attn_norm"}`)
	r := diagnosed(t, exitSuccess, traced(t), theirs, "--map", names, "--dtype", "f32")
	require.Equal(t, diagnose.SameBits, r.Verdict)
	require.Len(t, r.Stages, 3+2*3)
	require.Equal(t, "f32", r.Runs[1].DType)
	require.Contains(t, fmt.Sprint(r.Notes), "were not compared")
}

func TestDiagnoseBadUse(t *testing.T) {
	one := traced(t)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{}, []string{"<trace>"}},
		{[]string{one}, []string{"--model DIR", "another trace"}},
		{[]string{one, "absent"}, []string{"absent"}},
		{[]string{one, one, "--map", "absent.json"}, []string{"absent.json"}},
		{[]string{one, one, "--map", write(t, "map", "[]")}, []string{"JSON object"}},
		{[]string{one, one, "--dtype", "fp8"}, []string{"fp8", "bf16"}},
		{[]string{one, "--model", "no/such/folder"}, []string{"no/such/folder"}},
		{[]string{one, one, "--runs", "--model", smallModel}, []string{"--runs", "--model"}},
		{[]string{one, "--model", "../../model/testdata/llama"}, []string{one}},
		{[]string{one, one, "--html", "no/such/folder/x.html"}, []string{"no/such/folder"}},
	} {
		status, stdout, stderr := samebits(t, "", append([]string{"diagnose"}, c.args...)...)
		require.Equal(t, exitBadUse, status, "%v: %s", c.args, stderr)
		require.Empty(t, stdout, "%v", c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "%v: %s", c.args, stderr)
		for _, part := range c.want {
			require.Contains(t, stderr, part, "%v", c.args)
		}
	}
}

func TestCommandLineAgain(t *testing.T) {
	c := diagnoseCmd{Traces: []string{"a.npz", "b c's"}, Map: "m.json", Runs: true}
	require.Equal(t, `samebits diagnose a.npz 'b c'\''s' --map m.json --runs`, c.command())
}
