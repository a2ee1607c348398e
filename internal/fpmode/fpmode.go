// Package fpmode sets the floating-point mode of a thread, as a host process may have
// done before it calls Samebits. It is for tests of what kernels do then.
package fpmode

import "runtime"

// Modes returns how many modes this package knows on this processor. The first is that of With.
func Modes() int { return len(modes) }

// With calls f on a thread whose vector arithmetic flushes subnormal numbers to zero,
// in and out, and rounds toward zero. It returns false, and does not call f, on
// processors for which this package knows no way.
func With(f func()) bool {
	if Modes() == 0 {
		return false
	}
	InMode(0, f)
	return true
}

// InMode calls f in the i-th mode.
func InMode(i int, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := get()
	set(before | modes[i])
	defer set(before)
	f()
}
