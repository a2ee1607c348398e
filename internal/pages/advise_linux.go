package pages

import "golang.org/x/sys/unix"

// advise asks for huge pages. A kernel without them refuses: then there are none.
func advise(pages []byte) { _ = unix.Madvise(pages, unix.MADV_HUGEPAGE) }
