package gemm

import "syscall"

// adviseHuge asks for large pages, which Linux gives to whoever asks (transparent_hugepage=madvise,
// as most distributions have it). It is no matter whether it does.
func adviseHuge(b []byte) { _ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
