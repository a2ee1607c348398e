package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/stretchr/testify/require"
)

// content returns a function that writes s.
func content(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// requireOnly checks that dir holds the named file with the given content, and nothing else.
func requireOnly(t *testing.T, dir, name, want string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, name, entries[0].Name())
	got, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	require.NoError(t, atomicfile.Write(path, content("first")))
	requireOnly(t, dir, "out", "first")
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, atomicfile.Write(path, content("2")))
	requireOnly(t, dir, "out", "2")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestFailureLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	broken := errors.New("broken")

	err := atomicfile.Write(path, func(w io.Writer) error {
		_ = content("half of the new content")(w)
		return broken
	})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, path)
	requireOnly(t, dir, "out", "old")

	require.Panics(t, func() { _ = atomicfile.Write(path, func(io.Writer) error { panic("stop") }) })
	requireOnly(t, dir, "out", "old")
}

// A large content leaves the buffer before the failure: it must not have gone to path.
func TestNothingShowsBeforeTheEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	require.NoError(t, atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoFileExists(t, path)
		return err
	}))
	require.FileExists(t, path)
}

func TestSymbolicLinkKeepsPointing(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	target, link := filepath.Join(elsewhere, "target"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(target, []byte("old"), 0o644))
	require.NoError(t, os.Symlink(target, link))
	require.NoError(t, atomicfile.Write(link, content("new")))
	requireOnly(t, elsewhere, "target", "new")
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	require.ErrorContains(t, atomicfile.Write(dir, content("x")), "not a regular file")
	require.ErrorIs(t, atomicfile.Write(filepath.Join(dir, "absent", "out"), content("x")), os.ErrNotExist)
	require.ErrorContains(t, atomicfile.Write(os.DevNull, content("x")), "not a regular file")
	require.ErrorContains(t, atomicfile.Check(""), "no name")
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	require.NoError(t, atomicfile.Check(path))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	require.NoError(t, atomicfile.Check(path))
	requireOnly(t, dir, "out", "old")

	missing := filepath.Join(dir, "missing")
	for name, want := range map[string]string{
		filepath.Join(missing, "out"): "cannot create a file in folder " + missing + ": ",
		dir:                           "not a regular file",
		filepath.Join(path, "deeper"): "not a directory",
	} {
		require.ErrorContains(t, atomicfile.Check(name), want)
		require.ErrorContains(t, atomicfile.Write(name, content("new")), want, "as Write has it")
	}
	requireOnly(t, dir, "out", "old")
}
