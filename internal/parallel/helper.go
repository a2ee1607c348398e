package parallel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// wakeUp is how long a goroutine asks for work, and a caller for the end of it, before they sleep: to wake
// a processor of a virtual machine takes about as long. Who waits so wastes no more than twice what the
// best choice would (Karlin, Li, Manasse and Owicki, Empirical studies of competitive spinning for a
// shared-memory multiprocessor, SOSP 1991).
const wakeUp = 50 * time.Microsecond

// worker is a place in a loop, which a goroutine takes that is called. A goroutine that comes late
// finds that it is not asked to any more, or asked by the next run of the loop: so no run waits for one to
// wake up, and there is at most one on its way.
type worker struct {
	state  atomic.Uint32
	loop   *Loop
	number int
	start  func()
}

// Whether a goroutine is on its way to a worker.
const (
	away    uint32 = iota // no: there is none, or it is at work
	called                // yes
	revoked               // yes, for nothing
)

func newWorker(l *Loop, number int) *worker {
	w := &worker{loop: l, number: number}
	w.start = func() { serve(w) }
	return w
}

// callAll sees to it that a goroutine comes to each worker of the loop.
func (l *Loop) callAll(workers []*worker) {
	started := false
	for _, w := range workers {
		if w.state.CompareAndSwap(revoked, called) {
			continue
		}
		w.state.Store(called)
		if !hand(w) {
			if !started && !l.crowded {
				l.caller.Store(int64(processor()))
			}
			started = true
			go w.start()
		}
	}
	if started {
		go nothing()
		if !l.crowded {
			stepAside()
		}
	}
}

// nothing is started after the last goroutine, in whose place it then waits. What a goroutine started
// last is kept back for its own processor: others take it only after a sleep of 3 microseconds,
// which Linux makes 60 (runqgrab in Go's runtime/proc.go). Helpers then begin 5 microseconds after
// Run does, not 70, where a processor is awake.
func nothing() {}

// revoke tells whether the goroutine had not come yet, which then need not.
func (w *worker) revoke() bool { return w.state.CompareAndSwap(called, revoked) }

// come works, unless nobody asks for it any more, on another processor than the caller's if the goroutine was woken to
// come. It returns where to wait for another worker, or nil; the place is taken before the loop ends, so that the next run finds it.
func (w *worker) come(woken bool) *slot {
	for !w.state.CompareAndSwap(called, away) {
		if w.state.CompareAndSwap(revoked, away) {
			return reserve(w.number)
		}
	}
	defer w.loop.leave()
	if woken && !w.loop.crowded {
		if p := processor(); p >= 0 && int64(p) == w.loop.caller.Load() {
			avoid(p)
		}
	}
	w.loop.work(w.number)
	if w.loop.crowded {
		return nil
	}
	return reserve(w.number)
}

// serve works for that worker, and for others as long as they ask soon enough.
func serve(w *worker) {
	for woken := true; w != nil; woken = false {
		s := w.come(woken)
		if s == nil {
			return
		}
		w = s.await()
	}
}

// slot is where a goroutine waits for work: nil if there is none, or idle, or the worker that it is to take.
type slot struct {
	atomic.Pointer[worker]
	_ [56]byte // the rest of a cache line
}

var (
	slots     [64]slot
	idle      = new(worker)
	lingering atomic.Int64
)

// hand gives the worker to a goroutine that waits, if there is one: that which was of the same number, if it can be.
func hand(w *worker) bool {
	if lingering.Load() == 0 {
		return false
	}
	for i := range slots {
		if slots[(w.number+i)%len(slots)].CompareAndSwap(idle, w) {
			return true
		}
	}
	return false
}

// reserve finds a slot, the nearest to that of the number, where to wait for a worker. It returns nil if there is
// none, and where there is no processor to spare.
func reserve(number int) *slot {
	if runtime.GOMAXPROCS(0) == 1 {
		return nil
	}
	for i := range slots {
		if s := &slots[(number+i)%len(slots)]; s.CompareAndSwap(nil, idle) {
			lingering.Add(1)
			return s
		}
	}
	return nil
}

// await waits for a worker to take, for so long as a wake-up takes. It returns nil if none came.
func (s *slot) await() *worker {
	defer lingering.Add(-1)
	spin(func() bool { return s.Load() != idle })
	if s.CompareAndSwap(idle, nil) {
		return nil
	}
	return s.Swap(nil)
}

// spin waits until done, for so long as a wake-up takes.
func spin(done func() bool) {
	for begin := time.Now(); !done() && time.Since(begin) < wakeUp; {
	}
}
