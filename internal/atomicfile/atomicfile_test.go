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

// A link whose file is missing stays a link, and the file comes where it points, as an
// open for writing has it.
func TestDanglingLinkKeepsPointing(t *testing.T) {
	for name, link := range map[string]func(t *testing.T, dir string) string{ // makes links to out
		"relative": func(t *testing.T, dir string) string { return linkTo(t, "out", filepath.Join(dir, "link")) },
		"absolute": func(t *testing.T, dir string) string {
			return linkTo(t, filepath.Join(dir, "out"), filepath.Join(dir, "link"))
		},
		"of a link": func(t *testing.T, dir string) string {
			linkTo(t, "../"+filepath.Base(dir)+"/out", filepath.Join(dir, "middle"))
			return linkTo(t, "middle", filepath.Join(dir, "link"))
		},
		"by way of a folder that is a link": func(t *testing.T, dir string) string { // folder/.. is not where folder lies
			deep := filepath.Join(t.TempDir(), "a", "b")
			require.NoError(t, os.MkdirAll(deep, 0o777))
			folder := linkTo(t, deep, filepath.Join(dir, "folder"))
			up, err := filepath.Rel(filepath.Dir(deep), dir)
			require.NoError(t, err)
			return linkTo(t, filepath.Base(folder)+"/../"+up+"/out", filepath.Join(dir, "link"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			require.NoError(t, err)
			path := link(t, dir)
			require.NoError(t, atomicfile.Check(path))
			require.NoFileExists(t, filepath.Join(dir, "out"))
			for _, s := range []string{"first", "second"} {
				require.NoError(t, atomicfile.Write(path, content(s)))
				got, err := os.ReadFile(filepath.Join(dir, "out"))
				require.NoError(t, err)
				require.Equal(t, s, string(got))
			}
			info, err := os.Lstat(path)
			require.NoError(t, err)
			require.Equal(t, os.ModeSymlink, info.Mode().Type(), "the link stays")
		})
	}
	dir := t.TempDir()
	t.Chdir(dir) // a path without a folder
	require.NoError(t, atomicfile.Write(linkTo(t, "here", "link"), content("x")))
	require.FileExists(t, "here")
	require.NoError(t, os.Remove("here"))
	require.NoError(t, os.Remove("link"))
	nowhere := linkTo(t, filepath.Join(dir, "absent", "out"), filepath.Join(dir, "nowhere"))
	require.ErrorIs(t, atomicfile.Write(nowhere, content("x")), os.ErrNotExist)
	require.ErrorContains(t, atomicfile.Check(nowhere), "it is a symbolic link to "+filepath.Join(dir, "absent", "out"))
	require.Error(t, atomicfile.Write(linkTo(t, "circle", filepath.Join(dir, "circle")), content("x")))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "only the links")
}

func linkTo(t *testing.T, target, link string) string {
	t.Helper()
	require.NoError(t, os.Symlink(target, link))
	return link
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
