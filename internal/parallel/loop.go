package parallel

import (
	"runtime"
	"sync/atomic"
)

// Loop is ForWorker for a function that is called again and again: once made, it allocates
// nothing but for the first of so many threads. It runs one loop at a time.
type Loop struct {
	f        func(worker, part int)
	workers  []*worker // but for the caller, who is number 0
	patient  bool      // waits for all that were called, also if there is nothing left for them
	crowded  bool      // there are fewer processors than goroutines: nobody asks in vain
	n        int
	caller   atomic.Int64  // its processor, when it last started a goroutine
	next     atomic.Int64  // part of those that are taken in ascending order
	shares   []share       // and before those, those of each goroutine
	pending  atomic.Int64  // goroutines that have not ended, and sleeps if the caller does
	ended    chan struct{} // wakes it
	panicked atomic.Pointer[any]
}

// share is the parts that a goroutine takes first.
type share struct {
	next atomic.Int64
	end  int
	_    [48]byte // the rest of a cache line
}

// sleeps is more than there are goroutines.
const sleeps = 1 << 40

// NewLoop returns the loop of f.
func NewLoop(f func(worker, part int)) *Loop {
	return &Loop{f: f, ended: make(chan struct{}, 1)}
}

// Run calls f(worker, part) once for each part in [0, n), on at most threads goroutines, and
// returns when all calls have returned. Parts are begun in ascending order. A panic in f reaches
// the caller.
func (l *Loop) Run(threads, n int) {
	l.next.Store(0)
	l.run(min(threads, n), n, l.shares[:0])
}

// RunApart is Run in another order: each goroutine begins with a share of its own of all parts but the last so many, the
// same each time, so that its caches may still hold what it reads, goes on with what is left of others', and ends with the last, in
// ascending order, whoever comes first: these should be small.
func (l *Loop) RunApart(threads, n, last int) {
	threads = min(threads, n)
	for len(l.shares) < threads {
		l.shares = append(l.shares, share{})
	}
	for i := range max(threads, 0) {
		lo, hi := Cut(n-last, threads, i)
		l.shares[i].next.Store(int64(lo))
		l.shares[i].end = hi
	}
	l.next.Store(int64(n - last))
	l.run(threads, n, l.shares[:max(threads, 0)])
}

func (l *Loop) run(threads, n int, shares []share) {
	if threads <= 1 {
		for part := range n {
			l.f(0, part)
		}
		return
	}
	l.n, l.shares, l.crowded = n, shares, threads > runtime.GOMAXPROCS(0)
	l.pending.Store(int64(threads - 1))
	for len(l.workers) < threads-1 {
		l.workers = append(l.workers, newWorker(l, len(l.workers)+1))
	}
	l.callAll(l.workers[:threads-1])
	l.work(0)
	l.join(l.workers[:threads-1])
	if p := l.panicked.Swap(nil); p != nil {
		panic(*p)
	}
}

// join returns when no goroutine is at work. Those that have not begun are no longer asked to.
func (l *Loop) join(workers []*worker) {
	if !l.patient {
		for _, w := range workers {
			if w.revoke() {
				l.pending.Add(-1)
			}
		}
	}
	if !l.crowded {
		spin(func() bool { return l.pending.Load() == 0 })
	}
	if l.pending.Load() != 0 && l.pending.Add(sleeps) != sleeps {
		<-l.ended
	}
}

// leave says that a goroutine has ended.
func (l *Loop) leave() {
	if l.pending.Add(-1) == sleeps {
		l.ended <- struct{}{}
	}
}

// work takes parts until there are none left, or one panicked.
func (l *Loop) work(worker int) {
	defer func() {
		if r := recover(); r != nil {
			p := r // what is pointed to is allocated: only here
			l.panicked.CompareAndSwap(nil, &p)
		}
	}()
	for i := range l.shares {
		s := &l.shares[(worker+i)%len(l.shares)]
		l.take(worker, &s.next, s.end)
	}
	l.take(worker, &l.next, l.n)
}

// take takes parts below end.
func (l *Loop) take(worker int, next *atomic.Int64, end int) {
	for {
		part := int(next.Add(1)) - 1
		if part >= end {
			return
		}
		l.f(worker, part)
	}
}
