package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samebits/samebits/diagnose"
	"github.com/stretchr/testify/require"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		`a \ "name", µ 日本 \x1b`:     `a \ "name", µ 日本 \x1b`,
		"two\nlines\r\t":            `two\nlines\r\t`,
		"red\x1b[31m\x00\x7f\u009b": `red\x1b[31m\x00\x7f\u009b`,
		"\xff\xc3(é\xe9":            `\xff\xc3(é\xe9`,
		"right to \u202eleft\ufeff": `right to \u202eleft\ufeff`,
		"�":                         "�",
	} {
		require.Equal(t, want, printable(text))
	}
}

// Names of files, and what comes from within them, never write over the terminal.
func TestNamesAreShownAsTheyAre(t *testing.T) {
	const name = "evil\x1b[2J\nname"
	const shown = `evil\x1b[2J\nname`
	folder, err := filepath.Abs(smallModel)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(name, []byte("1\nx\n"), 0o644))
	require.NoError(t, os.CopyFS(name+".model", os.DirFS(folder)))
	for _, args := range [][]string{
		{"sum", name},
		{"sum", name + "?"},
		{"dot", name, name},
		{"dot", "-", name + "/1"},
		{"sum", "--order", name},
		{"sum", "--" + name},
		{name},
		{"logits", "--ids", "1", "--model", name, "-o", "out"},
		{"logits", "--ids", "1", "-o", name + "/out"},
		{"diagnose", name},
		{"diagnose", name, name},
		{"reveal", "--svg", name + "/svg"},
		{"reveal", "--exec", "echo '" + name + "'"},
		{"generate", "--model", name + ".model", "--prompt", name},
	} {
		status, stdout, stderr := samebits(t, "", args...)
		require.Equal(t, exitBadUse, status, "%q", args)
		require.Empty(t, stdout)
		require.Regexp(t, `^samebits: [^\n\x1b]*\n$`, stderr, "%q", args)
	}
	_, _, stderr := samebits(t, "", "sum", name)
	require.Contains(t, stderr, "samebits: "+shown+`:2: "x" is not a number`)

	status, _, stderr := samebits(t, "", "logits", "--trace", "--ids", "1,2", "--model", name+".model", "-o", name+".trace")
	require.Equal(t, exitSuccess, status, stderr)
	for _, args := range [][]string{
		{"diagnose", "--model", name + ".model", name + ".trace"},                  // which says its model
		{"diagnose", "--model", name + ".model", name + ".trace", name + ".trace"}, // whose notes name the other
		{"diagnose", name + ".trace", name + ".trace"},
		{"diagnose", name + ".trace", name + ".trace", name + ".trace"}, // likewise
		{"compare", "--model", name + ".model", "--ids", "1,2", "--tp", "1", "--runs", "1", "--orders", "pairwise", "--svg", "plot.svg"},
		{"reveal", "-n", "2", "--exec", ": '" + name + "'; awk '{s += $1} END {print s}'"},
	} {
		_, stdout, stderr := samebits(t, "", args...)
		require.Contains(t, stdout, shown, "%q: %s", args, stderr)
		require.NotContains(t, stdout, "\x1b", "%q", args)
	}
	plot, err := os.ReadFile("plot.svg")
	require.NoError(t, err)
	require.NoError(t, xml.Unmarshal(plot, new(struct{})), "in XML no escape stands for them")
	require.Contains(t, string(plot), shown)
}

// Names of stages are those of the tensors in the file of a trace.
func TestDiagnosisIsPrintable(t *testing.T) {
	const name = "x\x1b[2J\n"
	r := &diagnose.Report{
		Stages:   []diagnose.Stage{{Name: name}, {Name: name, Pair: &diagnose.Pair{Same: true}}},
		Hints:    []diagnose.Hint{{Stage: name, Text: name}},
		Notes:    []diagnose.Note{name},
		Sentence: name,
	}
	var b strings.Builder
	require.NoError(t, printDiagnosis(&b, r, true))
	require.NotContains(t, b.String(), "\x1b")
	require.Equal(t, 6, strings.Count(b.String(), `x\x1b[2J\n`))
}
