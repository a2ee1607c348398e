package parallel

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestForCallsEachPartOnceOnBoundedWorkers(t *testing.T) {
	for threads := range 6 {
		for n := range 40 {
			calls := make([]atomic.Int32, n)
			var most atomic.Int64
			ForWorker(threads, n, func(worker, part int) {
				calls[part].Add(1)
				for w := int64(worker); ; {
					seen := most.Load()
					if w <= seen || most.CompareAndSwap(seen, w) {
						return
					}
				}
			})
			for part := range calls {
				require.EqualValues(t, 1, calls[part].Load())
			}
			require.Less(t, int(most.Load()), max(1, threads))
		}
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	for _, threads := range []int{1, 3} {
		require.PanicsWithValue(t, "part 5", func() {
			For(threads, 9, func(part int) {
				if part == 5 {
					panic("part 5")
				}
			})
		})
	}
}

func TestCutIsAPartition(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100, math.MaxInt32} {
		for parts := 1; parts < 9; parts++ {
			end := 0
			for k := range parts {
				lo, hi := Cut(n, parts, k)
				require.Equal(t, end, lo)
				require.InDelta(t, n/parts, hi-lo, 1)
				end = hi
			}
			require.Equal(t, n, end)
		}
	}
}

// runs are the two orders in which a loop goes through its parts.
var runs = map[string]func(l *Loop, threads, n int){"Run": (*Loop).Run, "RunApart": runApart}

func runApart(l *Loop, threads, n int) { l.RunApart(threads, n, n/3) }

func TestLoopRunsAgainAndAgain(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			var calls [40]atomic.Int32
			var busy [6]atomic.Bool
			l := NewLoop(func(worker, part int) {
				if busy[worker].Swap(true) {
					panic("two goroutines of one number at a time")
				}
				calls[part].Add(1)
				busy[worker].Store(false)
			})
			for turn := range 5000 {
				threads, n := 1+turn%6, turn*7%len(calls)
				run(l, threads, n)
				for part := range calls {
					want := 0
					if part < n {
						want = 1
					}
					require.EqualValues(t, want, calls[part].Swap(0), "part %d of %d on %d threads", part, n, threads)
				}
			}
		})
	}
}

func TestRunBeginsPartsInAscendingOrder(t *testing.T) {
	var begun atomic.Int64
	l := NewLoop(func(_, part int) {
		for begun.Load() < int64(part) { // ends only if all parts before this one begin
			runtime.Gosched()
		}
		begun.Add(1)
	})
	for range 200 {
		begun.Store(0)
		l.Run(3, 20)
	}
}

func TestRunApartGivesEachGoroutineItsShare(t *testing.T) {
	const threads, n, last = 3, 30, 6
	var owner [n]int
	var met sync.WaitGroup
	l := NewLoop(func(worker, part int) {
		owner[part] = worker
		if lo, _ := Cut(n-last, threads, worker); part == lo {
			met.Done()
			met.Wait() // all have begun
		}
	})
	for range 50 {
		met.Add(threads)
		l.RunApart(threads, n, last)
		for worker := range threads {
			lo, _ := Cut(n-last, threads, worker)
			require.Equal(t, worker, owner[lo])
		}
	}
}

// A caller sleeps at last if a helper works on.
func TestLoopWaitsForSlowHelpers(t *testing.T) {
	for _, run := range runs {
		var began atomic.Int32
		var ended atomic.Int32
		l := NewLoop(func(int, int) {
			began.Add(1)
			for began.Load() < 3 {
				runtime.Gosched()
			}
			time.Sleep(time.Duration(began.Load()) * wakeUp)
			ended.Add(1)
		})
		for range 20 {
			began.Store(0)
			ended.Store(0)
			run(l, 3, 3)
			require.EqualValues(t, 3, ended.Load())
		}
	}
}

// On one processor hardly a helper begins before the caller ends (the caller can be preempted): it is neither
// waited for nor started again.
func TestLateHelpersAreBounded(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const threads = 4
	before := runtime.NumGoroutine()
	var sum atomic.Int64
	l := NewLoop(func(worker, part int) { sum.Add(int64(part)) })
	for range 1000 {
		l.RunApart(threads, 8, 2)
		require.LessOrEqual(t, runtime.NumGoroutine()-before, 2*threads) // one a helper and nothing's, and as many that are about to end
	}
	require.EqualValues(t, 28000, sum.Load())
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, time.Minute, time.Millisecond)
}

// Helpers that have worked stay, are taken again, and leave after a while.
func TestHelpersStayForAWhile(t *testing.T) {
	before := runtime.NumGoroutine()
	var begun atomic.Int64
	l := NewLoop(func(int, int) {
		begun.Add(1)
		for begun.Load() < 2 { // the helper works, too
			runtime.Gosched()
		}
	})
	other := NewLoop(l.f)
	stayed, stay, began := 0, runtime.GOMAXPROCS(0) > 1, time.Now()
	for turn := 0; turn < 200 || stay && stayed == 0 && time.Since(began) < time.Minute; turn++ { // where much else runs, seldom
		begun.Store(0)
		l.Run(2, 2)
		if lingering.Load() == 1 {
			stayed++
		}
		begun.Store(0)
		other.RunApart(2, 2, 0)
		require.LessOrEqual(t, runtime.NumGoroutine()-before, 4) // one of each loop, and nothing's
	}
	require.Equal(t, stay, stayed > 0)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 && lingering.Load() == 0 }, time.Minute, time.Millisecond)
	for i := range slots {
		require.Nil(t, slots[i].Load())
	}
}

func TestWhoComesWorksIfStillAsked(t *testing.T) {
	for state, want := range map[uint32]int{called: 3, revoked: 0} {
		parts := 0
		l := NewLoop(func(int, int) { parts++ })
		l.n = 3
		l.pending.Store(2)
		w := newWorker(l, 1)
		w.state.Store(state)
		if s := w.come(false); s != nil {
			require.Nil(t, s.await())
		}
		require.Equal(t, want, parts)
		require.Equal(t, away, w.state.Load())
	}
}

func TestLoopRunsAgainAfterAPanicAndAnExit(t *testing.T) {
	var exits atomic.Bool
	var began atomic.Int32
	l := NewLoop(func(worker, part int) {
		switch began.Add(1); {
		case exits.Load() && worker == 1:
			runtime.Goexit()
		case exits.Load():
			for began.Load() < 2 {
				runtime.Gosched()
			}
		case part == 5:
			panic("part 5")
		}
	})
	for range 50 {
		exits.Store(false)
		require.PanicsWithValue(t, "part 5", func() { l.Run(2, 9) })
		began.Store(0)
		exits.Store(true)
		l.Run(2, 2)
	}
}

func TestLoopAllocatesNothing(t *testing.T) {
	l := NewLoop(func(int, int) {})
	for name, run := range runs {
		run(l, 3, 9)
		require.Zero(t, testing.AllocsPerRun(200, func() { run(l, 3, 9) }), name)
	}
}
