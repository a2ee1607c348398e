//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// Backends lists what this processor runs, the best last.
func Backends() []Backend {
	all := []Backend{Portable}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2 {
		all = append(all, AVX2)
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 {
		all = append(all, AVX512)
	}
	return all
}

// hasEntries tells whether a processor with AVX-512 multiplies integers of 52 bits, and shifts two words by as much as another says.
var hasEntries = cpu.X86.HasAVX512IFMA && cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI2
