package main

import (
	"os"
	"path/filepath"
	"testing"

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
		{"diagnose", "--model", name + ".model", name + ".trace"}, // which says its model
		{"diagnose", name + ".trace", name + ".trace"},
		{"compare", "--model", name + ".model", "--ids", "1,2", "--tp", "1", "--runs", "1", "--orders", "pairwise"},
		{"reveal", "-n", "2", "--exec", ": '" + name + "'; awk '{s += $1} END {print s}'"},
	} {
		_, stdout, stderr := samebits(t, "", args...)
		require.Contains(t, stdout, shown, "%q: %s", args, stderr)
		require.NotContains(t, stdout, "\x1b", "%q", args)
	}
}
