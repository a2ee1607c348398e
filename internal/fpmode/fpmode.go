// Package fpmode sets the floating-point mode of a thread, as a host process may have
// done before it calls Samebits. It is for tests of what kernels do then.
package fpmode

import "runtime"

// With calls f on a thread whose vector arithmetic flushes subnormal numbers to zero,
// in and out, and rounds toward zero. It returns false, and does not call f, on
// processors for which this package knows no way.
func With(f func()) bool {
	if !known {
		return false
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := get()
	set(before | flushTowardZero)
	defer set(before)
	f()
	return true
}
