//go:build !purego

package kernel

// Backends lists what this processor runs, the best last. Every arm64 has NEON.
func Backends() []Backend { return []Backend{Portable, NEON} }
