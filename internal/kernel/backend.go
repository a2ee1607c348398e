package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Backend is an implementation of the vector kernels. All of them give the same
// bits. Kernels without a vector form are common to all.
type Backend uint8

const (
	Portable Backend = iota // Go; on every architecture
	NEON                    // arm64
	AVX2                    // amd64 with AVX2, FMA, F16C, BMI1, BMI2 and LZCNT
	AVX512                  // amd64 with these and AVX-512 F, BW, DQ and VL
)

func (b Backend) String() string {
	return [...]string{"portable", "neon", "avx2", "avx512"}[b]
}

// noKernel is the panic of a dispatcher that was called in vain.
const noKernel = "kernel: the active backend has no such kernel"

// environment names the variable by which a process chooses its backend.
const environment = "SAMEBITS_KERNEL"

// active is the backend in use. It is written before main and by tests alone.
var active = choose(os.Getenv(environment))

// choose returns the backend of that name, or the best one where there is none.
func choose(name string) Backend {
	all := Backends()
	if name == "" {
		return all[len(all)-1]
	}
	names := make([]string, len(all))
	for i, b := range all {
		if names[i] = b.String(); names[i] == name {
			return b
		}
	}
	panic(fmt.Sprintf("%s=%s: want one of %s on this processor", environment, name, strings.Join(names, ", ")))
}

// Active returns the backend in use: the best that the processor runs, or the one
// that the environment variable SAMEBITS_KERNEL names.
func Active() Backend { return active }

// Use selects a backend, which must be one of Backends, for tests and benchmarks.
// It returns a function that restores the one before. It is not safe while kernels
// run elsewhere.
func Use(b Backend) (restore func()) {
	before := active
	active = choose(b.String())
	return func() { active = before }
}
