package parallel

import (
	"sync"
	"sync/atomic"
)

// Loop is ForWorker for a function that is called again and again: once made, it allocates
// nothing. It runs one loop at a time.
type Loop struct {
	f            func(worker, part int)
	n            int
	next, worker atomic.Int64
	panicked     atomic.Pointer[any]
	wait         sync.WaitGroup
	helper       func()
}

// NewLoop returns the loop of f.
func NewLoop(f func(worker, part int)) *Loop {
	l := &Loop{f: f}
	l.helper = func() {
		defer l.wait.Done()
		l.work(int(l.worker.Add(1)))
	}
	return l
}

// Run calls f(worker, part) once for each part in [0, n), on at most threads goroutines, and
// returns when all calls have returned. A panic in f reaches the caller.
func (l *Loop) Run(threads, n int) {
	threads = min(threads, n)
	if threads <= 1 {
		for part := range n {
			l.f(0, part)
		}
		return
	}
	l.n = n
	l.next.Store(0)
	l.worker.Store(0)
	l.wait.Add(threads - 1)
	for range threads - 1 {
		go l.helper()
	}
	go nothing()
	l.work(0)
	l.wait.Wait()
	if p := l.panicked.Swap(nil); p != nil {
		panic(*p)
	}
}

// nothing is started after the last helper, in whose place it then waits. What a goroutine started
// last is kept back for its own processor: others take it only after a sleep of 3 microseconds,
// which Linux makes 60 (runqgrab in Go's runtime/proc.go). Helpers then begin 5 microseconds after
// Run does, not 70, where a processor is awake.
func nothing() {}

// work takes parts until there are none left, or one panicked.
func (l *Loop) work(worker int) {
	defer func() {
		if r := recover(); r != nil {
			p := r // what is pointed to is allocated: only here
			l.panicked.CompareAndSwap(nil, &p)
		}
	}()
	for {
		part := int(l.next.Add(1)) - 1
		if part >= l.n {
			return
		}
		l.f(worker, part)
	}
}
