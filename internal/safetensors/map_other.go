//go:build !unix

package safetensors

import "os"

// mapped says that files are read here, not mapped.
func mapped(*os.File, int64) ([]byte, bool) { return nil, false }

func unmap([]byte) error { return nil }

func forget([]byte) {}
