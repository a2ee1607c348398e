//go:build !purego

package kernel

import "github.com/klauspost/cpuid/v2"

// How far ahead in bytes kernels prefetch into L1 what they read from memory: those of
// which each line is worked on for long (streamAhead, and of two arrays streamsAhead), double-double sums of AVX-512 and
// dot products of AVX2 (pairsAhead; if 0, they read or prefetch in another way, see pairBlock and orderedBlock in _asm/tree.go), and widened sums (wideAhead). Exact dot
// products of AVX-512 go by streamsAhead, too.
//
// Intel processors do not look as far ahead as that work is long. Those of AMD do, into
// L2; a prefetch into L1 of a line that is not in L2 yet occupies one of the few misses that may wait
// (24 on Zen 4) until it comes from memory, so that it reads at half of the bandwidth.
var streamAhead, streamsAhead, pairsAhead, wideAhead uint64 = 2048, 2048, 2048, 4096 * 4

func init() {
	if cpuid.CPU.IsVendor(cpuid.AMD) {
		besideFits, leafSets, spreadRuns = true, true, true
		treeApartFrom, apartFrom = 48<<20, 64<<20
		streamAhead, streamsAhead, pairsAhead, wideAhead, alongFarFrom = 256, 768, 0, 512, 16<<20
		sweepShort, sweepLong, panelAhead = 2<<10, 4<<10, 512
	}
}
