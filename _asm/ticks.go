package main

import "path/filepath"

// writeTicks writes the function that reads the processor's counter of time, in a few instructions: to ask the operating system for the
// time takes lines of code and data that the caches have lost meanwhile.
func writeTicks(out string) {
	folder := filepath.Join(out, "internal/kernel")
	write(filepath.Join(folder, "ticks_amd64.s"), header+`
TEXT ·ticks(SB), NOSPLIT, $0-8
	RDTSC
	SHLQ $32, DX
	ORQ DX, AX
	MOVQ AX, ret+0(FP)
	RET
`)
	write(filepath.Join(folder, "ticks_amd64.go"), goHeader("!purego", "kernel")+"\nfunc ticks() int64\n")
	write(filepath.Join(folder, "ticks_other.go"), goHeader("purego || !amd64", "kernel")+"\nfunc ticks() int64 { return 0 }\n")
}
