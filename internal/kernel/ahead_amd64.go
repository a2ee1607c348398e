//go:build !purego

package kernel

import "github.com/klauspost/cpuid/v2"

// How far ahead in bytes kernels ask the nearest cache for what they read from memory: those of
// which each line is worked on for long (streamAhead, and of two arrays streamsAhead; for double-double sums the second
// cache is asked 512 bytes further ahead), and widened sums (blockAhead; every processor is asked by the second cache for
// what is 16 KiB ahead, too).
//
// Intel processors do not look as far ahead as that work is long. Those of AMD do, into the second
// cache; what asks the nearest for a line that is not there yet occupies one of its few misses
// (24 on Zen 4) until it comes from memory, so that it reads at half of the bandwidth.
var streamAhead, streamsAhead, blockAhead uint64 = 2048, 2048, 4096 * 4

func init() {
	if cpuid.CPU.IsVendor(cpuid.AMD) {
		streamAhead, streamsAhead, blockAhead, alongFarFrom, leafSets = 256, 512, 0, 16<<20, true
	}
}
