//go:build purego || !(amd64 || arm64)

package kernel

// Backends lists what this processor runs.
func Backends() []Backend { return []Backend{Portable} }
