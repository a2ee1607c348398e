package parallel

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A thread that is woken goes, where Linux sees no processor that is idle, to that of who wakes it. In a virtual
// machine it sees none that sleeps: to the guest one that has halted is as one that the host has taken away. A helper
// then stands in line behind its caller, and the two go on in turn until the kernel evens loads out, for tens of
// milliseconds, as each sleep brings them together again. So a caller lets whoever stands in line go first, and a helper
// that finds itself on its caller's processor leaves it.

// processor is the number of the processor that the thread is on, -1 if it is not known.
func processor() int {
	var number uint32
	if _, _, err := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&number)), 0, 0); err != 0 {
		return -1
	}
	return int(number)
}

// stepAside lets another thread go first, if there is one that waits for this processor.
func stepAside() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// avoid has the thread go to another processor than that, if it may: it bars itself from that one for a moment. A goroutine that is
// locked to its thread has no other thread made like it meanwhile.
func avoid(processor int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return
	}
	others := allowed
	others.Clear(processor)
	if others.Count() > 0 && unix.SchedSetaffinity(0, &others) == nil {
		_ = unix.SchedSetaffinity(0, &allowed)
	}
}
