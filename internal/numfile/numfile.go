// Package numfile reads the numbers that the command sums: text with one number
// a line, or a NumPy array.
package numfile

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/safetensors"
)

// ReadFile reads the file at path, or standard input where path is "-", as Read does.
func ReadFile[T kernel.Float](path string) ([]T, error) {
	if path == "-" {
		return Read[T](os.Stdin, "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read[T](f, path)
}

// Read reads all numbers of r, in order; name stands for r in errors. What begins
// like a .npy file is read as ReadNPY does, an array of any shape giving its
// elements in row-major order and none being rounded. All else is text.
//
// Text holds one number a line: decimal (0.1, -3e-5) or hexadecimal (0x1.8p-3),
// or Inf, +Inf, -Inf, NaN, in upper or lower case. A number is rounded once, to
// the nearest T, ties to even. Blank lines and lines that begin with # are
// skipped, as is a byte order mark of UTF-8 before the first. A line that is no such
// number, or whose number rounds to infinity, is an error that names it.
func Read[T kernel.Float](r io.Reader, name string) ([]T, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	start, err := b.Peek(len(npyMagic))
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !bytes.Equal(start, npyMagic) {
		if bytes.HasPrefix(start, byteOrderMark) {
			_, _ = b.Discard(len(byteOrderMark)) // they are in the buffer
		}
		return readText[T](b, name)
	}
	array, err := ReadNPY(b, name)
	if err != nil {
		return nil, err
	}
	v, err := safetensors.Floats[T](array)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}
