//go:build !purego

package kernel

import "github.com/klauspost/cpuid/v2"

// byHalves tells whether towers of AVX-512 go by halves of tiles, over rows as they lie: a processor of AMD has one load of
// 64 bytes and half a store of as many for each FMA, and additions beside it. Those of Intel have not been timed with
// it: half of a tile has nearly as many loads as their ports take.
var byHalves = cpuid.CPU.IsVendor(cpuid.AMD)
