package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// revealed runs reveal and returns its report.
func revealed(t *testing.T, wantStatus int, args ...string) revealReport {
	t.Helper()
	status, stdout, stderr := samebits(t, "", append([]string{"reveal", "--json"}, args...)...)
	require.Equal(t, wantStatus, status, stderr)
	var r revealReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Equal(t, wantStatus == exitSuccess, r.Plain)
	return r
}

func TestRevealOrders(t *testing.T) {
	r := revealed(t, exitSuccess, "-n", "5")
	require.Equal(t, "(((0,1),(2,3)),4)", r.Tree.Newick)
	require.Equal(t, []any{"pairwise", "sum", "f64", 5, 3, 3, ""}, []any{r.Subject, r.Op, r.Type, r.Terms, r.Tree.Depth, r.Tree.Roundings, r.Cause})
	require.Greater(t, r.Calls, 10)
	require.Equal(t, "((0,2),1)", revealed(t, exitSuccess, "-n", "3", "--order", "shuffled", "--seed", "5", "--op", "dot", "--type", "f32").Tree.Newick)
	require.Equal(t, "((0,1*),2*)", revealed(t, exitSuccess, "-n", "3", "--order", "sequential", "--op", "gemm").Tree.Newick)
	require.Equal(t, "correctly rounded", revealed(t, exitFinding, "--order", "exact").Cause)
	r = revealed(t, exitFinding, "--order", "kahan", "--type", "f32", "-n", "9")
	require.Len(t, r.Example.X, 9)
	require.NotEqual(t, r.Example.Got, r.Example.Want)
	require.NotEmpty(t, r.Explanation)
}

func TestRevealDraws(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "tree.svg")
	status, stdout, stderr := samebits(t, "", "reveal", "--order", "widened", "--type", "f32", "-n", "40", "--svg", svg)
	require.Equal(t, exitFinding, status, stderr)
	for _, part := range []string{"widened: sum of 40 terms, f32\n", "NOT A PLAIN", "evaluated in float64:\n32 lanes by stride", "├─", " calls\n"} {
		require.Contains(t, stdout, part)
	}
	data, err := os.ReadFile(svg)
	require.NoError(t, err)
	require.Contains(t, string(data), "(not a plain tree: widened)")
	_, stdout, _ = samebits(t, "", "reveal", "--order", "sequential", "-n", "9")
	require.Contains(t, stdout, "+ 9 one by one: 0, 1, ..., 8\n")
}

func TestRevealGonum(t *testing.T) {
	require.Contains(t, revealed(t, exitSuccess, "--impl", "gonum", "--op", "gemm", "-n", "9").Tree.Newick, "((((((((0,1")
	require.Contains(t, revealed(t, exitSuccess, "--impl", "gonum", "--op", "gemm", "-n", "9", "--type", "f32").Tree.Newick, "((((((((0,1")
	if runtime.GOARCH != "amd64" {
		return // its assembly peels until the data are aligned
	}
	r := revealed(t, exitFinding, "--impl", "gonum", "-n", "9")
	require.Equal(t, "address-dependent", r.Cause)
	require.Len(t, r.Variants, 2)
	_, stdout, _ := samebits(t, "", "reveal", "--impl", "gonum", "-n", "9")
	require.Contains(t, stdout, "where the data begin 1, 3, 5, 7 elements past a multiple of 64 bytes:")
	revealed(t, exitSuccess, "--impl", "gonum", "--op", "dot", "-n", "9")
}

func TestRevealCommand(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("the commands below are for sh")
	}
	r := revealed(t, exitSuccess, "-n", "4", "--exec", `awk '{ s += $1 } END { printf "%.17g\n", s }'`)
	require.Equal(t, "(((0,1),2),3)", r.Tree.Newick)
	status, _, stderr := samebits(t, "", "reveal", "--exec", "echo 0; exit 0", "-n", "20000")
	require.Equal(t, exitFinding, status, "that a command does not read its input is no error: %s", stderr)
	r = revealed(t, exitFinding, "-n", "4", "--exec", `awk '{ s += $1 } END { print s }'`)
	require.Equal(t, "not a sum", r.Cause, "six digits do not read back")
	for command, want := range map[string]string{
		"echo hello":            `printed "hello": want one number`,
		"echo 1 2":              `printed "1 2": want one number`,
		"echo 1_0":              `printed "1_0": want one number`,
		":":                     `printed "": want one number`,
		"":                      `--exec "" printed "": want one number`,
		"echo oops >&2; exit 3": "exit status 3: oops",
	} {
		status, stdout, stderr := samebits(t, "", "reveal", "--exec", command)
		require.Equal(t, exitBadUse, status)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want)
	}
	status, _, stderr = samebits(t, "", "reveal", "--exec", "exec sleep 5", "--timeout", "50ms")
	require.Equal(t, exitBadUse, status)
	require.Contains(t, stderr, "no sum of 64 numbers after 50ms")
}

func TestRevealBadUse(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "tree.svg")
	for want, args := range map[string][]string{
		"want 1 to 1048576":       {"-n", "0"},
		"can't be used together":  {"--order", "exact", "--impl", "gonum"},
		`"mkl": want gonum`:       {"--impl", "mkl"},
		`--impl "": want gonum`:   {"--impl", ""},
		`unknown order ""`:        {"--order", ""},
		"no sum of float32":       {"--impl", "gonum", "--type", "f32"},
		"want --op sum, not gemm": {"--exec", "cat", "--op", "gemm"},
		"want more than 0":        {"--exec", "cat", "--timeout", "0s"},
		`unknown order "foo"`:     {"--order", "foo"},
		"applies to float32 only": {"--order", "widened"},
		"is a directory":          {"--svg", t.TempDir()},
		"--svg " + missing + ": cannot create a file in folder " + filepath.Dir(missing) + ": ": {"--svg", missing},
	} {
		status, stdout, stderr := samebits(t, "", append([]string{"reveal"}, args...)...)
		require.Equal(t, exitBadUse, status, args)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want)
	}
}
