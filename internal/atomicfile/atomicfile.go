// Package atomicfile writes a file whole or not at all.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write gives the file at path the content that write produces. The content goes
// to a temporary file in the same directory, is flushed to the disk and is then
// renamed onto path, so that path holds either all of it or what it held before,
// also after a crash. On an error, from write or from the system, the temporary
// file is removed and path is untouched.
//
// The writer handed to write is buffered. A file that exists keeps its
// permissions; a new file gets 0666 less the umask. A symbolic link stays one: the
// file that it points to is written, or created where there is none. A path that
// exists and is no regular file (a directory, a device) is an error.
func Write(path string, write func(io.Writer) error) error {
	if err := replace(path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Check returns an error where Write certainly fails, before long work is done for it: it
// creates a temporary file where Write would, and removes it.
func Check(path string) error {
	path, perm, err := destination(path)
	if err != nil {
		return err
	}
	f, err := create(path, perm)
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// create creates a temporary file in the directory of path.
func create(path string, perm fs.FileMode) (*os.File, error) {
	dir := filepath.Dir(path)
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf(".%016x.tmp", rand.Uint64())), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	var p *fs.PathError
	if errors.As(err, &p) { // the name of the file says nothing
		return nil, fmt.Errorf("cannot create a file in folder %s: %w", dir, p.Err)
	}
	return f, err
}

func replace(path string, write func(io.Writer) error) error {
	path, perm, err := destination(path)
	if err != nil {
		return err
	}
	f, err := create(path, perm)
	if err != nil {
		return err
	}
	temporary := f.Name()
	defer os.Remove(temporary) // fails, as it should, once the rename has moved it
	defer f.Close()
	if err := fill(f, write); err != nil {
		return err
	}
	if err := f.Close(); err != nil { // Windows does not rename an open file
		return err
	}
	return os.Rename(temporary, path)
}

// destination resolves symbolic links in path and gives the permissions that the
// new file is to be created with.
func destination(path string) (string, fs.FileMode, error) {
	if path == "" {
		return "", 0, errors.New("it has no name")
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		path, err = target(path)
		return path, 0o666, err
	}
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, fmt.Errorf("it exists and is not a regular file (%v)", info.Mode())
	}
	path, err = filepath.EvalSymlinks(path)
	return path, info.Mode().Perm(), err
}

// maxLinks is how many links that follow each other target takes, as Linux does.
const maxLinks = 40

// target returns what a path that names no file points to: itself, or where the last of
// its symbolic links points. Nothing is shortened beforehand, as a folder before .. may
// be a link, too.
func target(path string) (string, error) {
	for range maxLinks {
		link, err := os.Readlink(path)
		if err != nil { // there is nothing, and so no link
			return path, nil
		}
		if !filepath.IsAbs(link) {
			dir, _ := filepath.Split(path)
			link = dir + link
		}
		dir, name := filepath.Split(link)
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			return "", fmt.Errorf("it is a symbolic link to %s: %w", link, err)
		}
		path = filepath.Join(dir, name)
	}
	return "", fmt.Errorf("more than %d symbolic links follow each other", maxLinks)
}

// fill writes the content to f and forces it to the disk.
func fill(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}
