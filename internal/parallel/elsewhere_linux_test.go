package parallel

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// needProcessors skips the test where the system refuses to tell or change the processor of a thread, as a sandbox may. Any other
// error is one.
func needProcessors(t *testing.T, allowed *unix.CPUSet) {
	t.Helper()
	_, _, errno := unix.RawSyscall(unix.SYS_GETCPU, 0, 0, 0)
	for _, err := range []error{errno, unix.SchedGetaffinity(0, allowed), unix.SchedSetaffinity(0, allowed)} {
		if err == unix.ENOSYS || err == unix.EPERM {
			t.Skip("getcpu, sched_getaffinity or sched_setaffinity: ", err)
		}
		if err != unix.Errno(0) {
			require.NoError(t, err)
		}
	}
	require.GreaterOrEqual(t, processor(), 0)
}

// Who avoids a processor goes on on another, if there is one, and may come back.
func TestAvoidLeavesTheProcessor(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var allowed, after unix.CPUSet
	needProcessors(t, &allowed)
	defer func() { require.NoError(t, unix.SchedSetaffinity(0, &allowed)) }()
	for range 100 {
		p := processor()
		require.True(t, allowed.IsSet(p))
		avoid(p)
		require.NoError(t, unix.SchedGetaffinity(0, &after))
		require.Equal(t, allowed, after)
	}
	if allowed.Count() == 1 {
		t.Skip("one processor")
	}
	left := 0
	for range 100 { // the kernel may take it back at once
		p := processor()
		if avoid(p); processor() != p {
			left++
		}
	}
	require.Greater(t, left, 50)
	one := unix.CPUSet{}
	p := processor()
	one.Set(p)
	require.NoError(t, unix.SchedSetaffinity(0, &one))
	avoid(p) // there is no other
	require.Equal(t, p, processor())
	require.NoError(t, unix.SchedGetaffinity(0, &after))
	require.Equal(t, one, after)
}

// A goroutine that is woken to help finds itself on its caller's processor, is seen to, and leaves it.
func TestHelpersLeaveTheirCallersProcessor(t *testing.T) {
	if runtime.GOMAXPROCS(0) == 1 {
		t.Skip("one processor")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var allowed unix.CPUSet
	needProcessors(t, &allowed)
	if allowed.Count() == 1 {
		t.Skip("one processor")
	}
	left, stayed := 0, 0
	for range 100 {
		var at int
		l := NewLoop(func(int, int) { at = processor() })
		l.n = 1
		l.pending.Store(2)
		l.caller.Store(int64(processor()))
		w := newWorker(l, 1)
		w.state.Store(called)
		if s := w.come(true); s != nil {
			require.Nil(t, s.await())
		}
		if int64(at) == l.caller.Load() {
			stayed++
		} else {
			left++
		}
	}
	require.Greater(t, left, stayed)
}
