//go:build unix

package safetensors

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapped returns the contents of a file without reading them: pages come from the
// disk when they are touched. ok is false where the system cannot.
func mapped(f *os.File, size int64) (data []byte, ok bool) {
	if size == 0 || int64(int(size)) != size {
		return nil, false
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	return data, err == nil
}

func unmap(data []byte) error { return unix.Munmap(data) }

// forget lets go of the pages of data, the part of a mapped file from a page on: they come
// from the disk, or its cache, when they are touched again. It is advice, and may fail.
func forget(data []byte) { _ = unix.Madvise(data, unix.MADV_DONTNEED) }
