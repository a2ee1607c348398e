//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// Backends lists what this processor runs, the best last. Each asks for all that its kernels use: an emulator may leave out any of it,
// and so may GODEBUG. Where there is no LZCNT, its code is BSR's, which counts otherwise and says nothing.
func Backends() []Backend {
	all := []Backend{Portable}
	x := &cpu.X86
	if !(x.HasAVX2 && x.HasFMA && x.HasF16C && x.HasBMI1 && x.HasBMI2 && x.HasLZCNT) {
		return all
	}
	all = append(all, AVX2)
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		all = append(all, AVX512)
	}
	return all
}

// hasEntries tells whether a processor with AVX-512 multiplies integers of 52 bits, and shifts two words by as much as another says.
var hasEntries = cpu.X86.HasAVX512IFMA && cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512VBMI2
